/** All scanners of the tenant. The example of how a list is written. */
import { useState } from 'preact/hooks';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Lamp } from '../../../pages/app/parts/lamp.tsx';
import { Empty } from '../../../pages/app/parts/states.tsx';
import { at } from '../address.ts';
import { useResource } from '../api/resource.ts';
import { may } from '../api/session.ts';
import type { Device } from '../api/wire.ts';
import { Badge } from '../parts/badge.tsx';
import { Filter, useFilters } from '../parts/filters.tsx';
import { Card, Page } from '../parts/page.tsx';
import { type Column, Pager, Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import { said, t } from '../words/words.ts';
import { CertificateUntil } from './device/certificate.tsx';
import { RegisterDevice } from './device/register.tsx';

export const deviceClasses = ['pos', 'gate', 'kiosk', 'personal'] as const;

export default function Devices() {
  const filters = useFilters();
  const [registering, setRegistering] = useState(false);
  const list = useResource<readonly Device[]>('/v1/devices', filters.query, { watch: ['device'] });
  const filtered = ['status', 'online', 'device_class'].some((name) => filters.values[name] !== undefined);
  const register = may('operator') && (
    <Button kind="primary" icon="plus" press={() => setRegistering(true)}>
      {t('devices.register')}
    </Button>
  );
  return (
    <Page title={t('devices.title')} about={t('devices.about')} actions={register}>
      <div class="filters">
        <Filter
          filters={filters}
          name="status"
          label={t('status')}
          options={(['registered', 'paired', 'suspended', 'revoked'] as const).map((each) => [
            each,
            said('status', each),
          ])}
        />
        <Filter
          filters={filters}
          name="online"
          label={t('device.connection')}
          options={[
            ['true', t('device.online')],
            ['false', t('device.offline')],
          ]}
        />
        <Filter
          filters={filters}
          name="device_class"
          label={t('device.class')}
          options={deviceClasses.map((each) => [each, said('class', each)])}
        />
      </div>
      <Card flush>
        <Table
          caption={t('devices.title')}
          columns={columns()}
          list={list}
          keyOf={({ device_id: id }) => id}
          go={({ device_id: id }) => at(`/devices/${id}`)}
          empty={
            filtered ? (
              <Empty icon="search" title={t('devices.none')}>
                {t('devices.none.about')}
              </Empty>
            ) : (
              <Empty icon="devices" title={t('devices.empty')} action={register}>
                {t('devices.empty.about')}
              </Empty>
            )
          }
        />
        <Pager pagination={list.pagination} turn={filters.turn} />
      </Card>
      {registering && <RegisterDevice close={() => setRegistering(false)} />}
    </Page>
  );
}

function columns(): readonly Column<Device>[] {
  return [
    { name: t('device.name'), cell: ({ device_name: name }) => <bdi>{name}</bdi> },
    { name: t('device.connection'), cell: (device) => <Presence device={device} /> },
    { name: t('status'), cell: ({ status }) => <Badge state={status} /> },
    { name: t('device.location'), cell: ({ location }) => <bdi>{location}</bdi>, wide: true },
    { name: t('device.class'), cell: (device) => said('class', device.device_class), wide: true },
    { name: t('device.seen'), cell: ({ last_seen_at: seen }) => <Ago at={seen} />, wide: true },
    {
      name: t('device.certificate.until'),
      cell: (device) => <CertificateUntil device={device} />,
      wide: true,
    },
  ];
}

/** A revoked scanner is not even offline. */
export function Presence({ device: { online = false, status } }: { readonly device: Device }) {
  if (status === 'revoked' || status === 'registered') return <span class="faint">–</span>;
  return <Lamp on={online}>{t(online ? 'device.online' : 'device.offline')}</Lamp>;
}
