import { useMemo, useState } from 'preact/hooks';
import { Button } from '../../../../pages/app/parts/button.tsx';
import { Dialog } from '../../../../pages/app/parts/dialog.tsx';
import { Icon } from '../../../../pages/app/parts/icon.tsx';
import { attempt } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { Device, PairingCode } from '../../api/wire.ts';
import { Qr } from '../../parts/qr.tsx';
import { remaining } from '../../parts/time.tsx';
import { t } from '../../words/words.ts';

/** The code a scanner is paired with, how long it works, and the moment it was used. */
export function Pairing({
  name,
  code: first,
  pairedBefore,
  close,
}: {
  readonly name: string;
  readonly code: PairingCode;
  /** When it was paired last: whoever is paired again is so already. */
  readonly pairedBefore: string | null;
  readonly close: () => void;
}) {
  const [code, setCode] = useState(first);
  const until = useMemo(() => Date.now() + code.expires_in * 1_000, [code]);
  const path = `/v1/devices/${code.device_id}`;
  const device = useResource<Device>(path, {}, { watch: ['device'], id: code.device_id });
  const paired = device.data?.paired_at ?? null;
  const done = paired !== null && paired !== pairedBefore;
  const left = remaining(until);
  const renew = (): void => {
    void attempt(async () => setCode((await call<PairingCode>('POST', `${path}/pairing-code`)).data));
  };
  return (
    <Dialog title={t('pairing.title', { name })} close={close}>
      {done ? (
        <p class="pairing-done" role="status">
          <Icon name="check" size={28} />
          {t('pairing.done')}
        </p>
      ) : (
        <div class="pairing">
          <p>{t('pairing.about')}</p>
          <Qr text={code.pairing_code} label={t('pairing.qr')} />
          <p class="pairing-code" dir="ltr">
            <span class="sr-only">{t('pairing.code')}</span>
            <output data-pairing-code>{code.pairing_code}</output>
          </p>
          {left === null ? (
            <p class="warned">{t('pairing.over')}</p>
          ) : (
            <p class="faint pairing-wait">
              <span class="spinner" aria-hidden="true" />
              {t('pairing.waiting')} · {t('pairing.left', { time: left })}
            </p>
          )}
        </div>
      )}
      <div class="form-actions">
        {!done && <Button press={renew}>{t('pairing.again')}</Button>}
        <Button kind="primary" press={close}>
          {t(done ? 'pairing.finish' : 'close')}
        </Button>
      </div>
    </Dialog>
  );
}
