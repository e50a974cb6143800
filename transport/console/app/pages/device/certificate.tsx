import type { Device } from '../../api/wire.ts';
import { day, t } from '../../words/words.ts';

/** Scanners renew by themselves before this; one that is this close has not been here to do it. */
const SOON_MS = 14 * 86_400_000;

export function CertificateUntil({
  device: { certificate_expires_at: expires, status },
}: {
  readonly device: Device;
}) {
  if (expires === null || status === 'revoked') return <span class="faint">–</span>;
  const soon = new Date(expires).getTime() - Date.now() < SOON_MS;
  return (
    <span class={soon ? 'warned' : undefined}>
      <time dateTime={expires}>{day(expires)}</time>
      {soon && <span class="badge warn">{t('device.certificate.soon')}</span>}
    </span>
  );
}
