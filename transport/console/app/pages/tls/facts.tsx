import { Copyable } from '../../../../pages/app/parts/copy.tsx';
import type { Certificate } from '../../api/wire-platform.ts';
import { day, t } from '../../words/words.ts';

/** Less than this, and it is time to renew; the engine's own readiness says so too. */
const SOON_DAYS = 14;

export function certificateFacts(certificate: Certificate) {
  const { days_remaining: days } = certificate;
  const ltr = (text: string) => <bdi dir="ltr">{text}</bdi>;
  return [
    [t('certificate.subject'), ltr(certificate.subject)],
    [t('certificate.issuer'), ltr(certificate.issuer)],
    [t('certificate.names'), ltr(certificate.names.join(', '))],
    [
      t('certificate.expiry'),
      <span key="expiry" class={days < SOON_DAYS ? 'warned' : undefined}>
        {t(days < 0 ? 'certificate.over' : 'certificate.days', { day: day(certificate.expiry), count: days })}
      </span>,
    ],
    [t('certificate.type'), ltr(certificate.key_type)],
    [t('certificate.fingerprint'), <Copyable key="fingerprint" text={certificate.fingerprint} />],
  ] as const;
}
