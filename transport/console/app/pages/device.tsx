/** One scanner. The example of how a page of one thing is written. */

import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso/router';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../pages/app/parts/confirm.tsx';
import { Copyable } from '../../../pages/app/parts/copy.tsx';
import { Problem, Skeleton } from '../../../pages/app/parts/states.tsx';
import { attempt, tell } from '../../../pages/app/parts/toast.tsx';
import { at } from '../address.ts';
import { call } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { may } from '../api/session.ts';
import type { Device, PairingCode } from '../api/wire.ts';
import { Badge } from '../parts/badge.tsx';
import { Card, Facts, Page } from '../parts/page.tsx';
import { Ago, When } from '../parts/time.tsx';
import { said, t } from '../words/words.ts';
import { History } from './challenge/history.tsx';
import { CertificateUntil } from './device/certificate.tsx';
import { EditDevice } from './device/edit.tsx';
import { Pairing } from './device/pairing.tsx';
import { Presence } from './devices.tsx';

type Asking = 'edit' | 'suspend' | 'revoke';

export default function DevicePage() {
  const { id = '' } = useRoute().params;
  const path = `/v1/devices/${id}`;
  const { data: device, refusal, reload } = useResource<Device>(path, {}, { watch: ['device'], id });
  const [asking, setAsking] = useState<Asking | null>(null);
  const [code, setCode] = useState<PairingCode | null>(null);
  const back = { href: at('/devices'), name: t('devices.title') };
  const close = (): void => setAsking(null);
  if (device === undefined) {
    return (
      <Page title={t('device.name')} back={back}>
        <Card>
          {refusal === null ? <Skeleton lines={6} /> : <Problem refusal={refusal} retry={reload} />}
        </Card>
      </Page>
    );
  }
  const { device_name: name, status } = device;
  const reactivate = (): void => {
    void attempt(() => call('POST', `${path}/reactivate`), t('device.reactivated', { name })).then(reload);
  };
  const pair = (): void => {
    void attempt(async () => setCode((await call<PairingCode>('POST', `${path}/pairing-code`)).data));
  };
  const actions = may('operator') && status !== 'revoked' && (
    <>
      <Button press={() => setAsking('edit')}>{t('edit')}</Button>
      {status === 'suspended' ? (
        <Button press={reactivate}>{t('device.reactivate')}</Button>
      ) : (
        <Button press={pair} icon="key">
          {t('pairing.again')}
        </Button>
      )}
      {status === 'paired' && <Button press={() => setAsking('suspend')}>{t('device.suspend')}</Button>}
      <Button kind="danger" press={() => setAsking('revoke')}>
        {t('device.revoke')}
      </Button>
    </>
  );
  return (
    <Page title={name} about={device.location} back={back} actions={actions}>
      <Card title={t('device.facts')}>
        <Facts rows={factsOf(device)} />
      </Card>
      <History of={{ device_id: id }} title={t('device.recent')} />
      {asking === 'edit' && <EditDevice device={device} close={close} />}
      {asking === 'suspend' && (
        <Confirm
          title={t('device.suspend.title', { name })}
          text={t('device.suspend.text')}
          action={t('device.suspend')}
          close={close}
          run={async () => {
            await call('POST', `${path}/suspend`);
            tell(t('device.suspended', { name }));
            reload();
          }}
        />
      )}
      {asking === 'revoke' && (
        <Confirm
          title={t('device.revoke.title', { name })}
          text={t('device.revoke.text')}
          action={t('device.revoke')}
          close={close}
          run={async () => {
            await call('DELETE', path);
            tell(t('device.revoked', { name }));
            reload();
          }}
        />
      )}
      {code !== null && (
        <Pairing name={name} code={code} pairedBefore={device.paired_at} close={() => setCode(null)} />
      )}
    </Page>
  );
}

function factsOf(device: Device) {
  const plain = (text: string | null) => text !== null && <bdi>{text}</bdi>;
  return [
    [t('status'), <Badge key="status" state={device.status} />],
    [t('device.connection'), <Presence key="presence" device={device} />],
    [t('device.seen'), <Ago key="seen" at={device.last_seen_at} />],
    [t('device.certificate.until'), <CertificateUntil key="certificate" device={device} />],
    [t('device.paired'), <When key="paired" at={device.paired_at} />],
    [t('created'), <When key="created" at={device.created_at} />],
    [t('device.class'), said('class', device.device_class)],
    [t('device.hardware'), plain(device.hardware_id)],
    [t('device.model'), plain(device.model)],
    [t('device.firmware'), plain(device.firmware)],
    [t('device.serial'), plain(device.serial)],
    [t('device.product'), plain(device.bound_product)],
    [t('device.action'), plain(device.bound_action)],
    [t('device.identifier'), <Copyable key="identifier" text={device.device_id} />],
  ] as const;
}
