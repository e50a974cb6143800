/** Scanners that are connected, and the way to the actor of each. */
import { useState } from 'preact/hooks';
import { useRead } from '../api/read.ts';
import type { Connections as ConnectionsWire } from '../api/wire.ts';
import { at } from '../place.ts';
import { t } from '../words/words.ts';
import { EVERY_MS, List, PAGE_ROWS, Pages, Since, Tenant } from './lists.tsx';

export function Connections() {
  const [offset, setOffset] = useState(0);
  const read = useRead<ConnectionsWire>(`/connections?offset=${offset}&limit=${PAGE_ROWS}`, EVERY_MS);
  const rows = read.data?.connections ?? [];
  return (
    <List
      view="connections"
      about={t('connections.about')}
      read={read}
      rows={rows}
      keyOf={(each) => each.device_id}
      columns={[
        { name: t('tenant'), cell: (each) => <Tenant id={each.tenant_id} name={each.tenant_name} /> },
        {
          name: t('connection.device'),
          cell: ({ tenant_id: tenantId, device_id: deviceId }) => (
            <a href={at('actors', `device/${tenantId}/${deviceId}`)}>
              <code>{deviceId}</code>
            </a>
          ),
        },
        { name: t('connection.since'), cell: ({ since }) => <Since at={since} /> },
      ]}
      empty={{ icon: 'devices', title: t('connections.none') }}
    >
      {read.data !== undefined && rows.length > 0 && (
        <Pages offset={offset} shown={rows.length} total={read.data.total} go={setOffset} />
      )}
    </List>
  );
}
