/** What scanners were asked, newest first. */
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Empty } from '../../../pages/app/parts/states.tsx';
import { at } from '../address.ts';
import { useResource } from '../api/resource.ts';
import { may } from '../api/session.ts';
import type { Challenge, Device } from '../api/wire.ts';
import { Filter, useFilters } from '../parts/filters.tsx';
import { Card, Page } from '../parts/page.tsx';
import { Pager, Table } from '../parts/table.tsx';
import { said, t } from '../words/words.ts';
import { challengeColumns } from './challenge/columns.tsx';
import { CreateChallenge } from './challenge/create.tsx';

const statuses = ['pending', 'presented', 'accepted', 'completed', 'failed', 'expired', 'cancelled'] as const;
const types = ['verify', 'enroll'] as const;
/** Scanners offered by name; a tenant with more narrows by their page. */
const DEVICES_OFFERED = 200;

export default function Challenges() {
  const filters = useFilters();
  const { route } = useLocation();
  const [creating, setCreating] = useState(false);
  const list = useResource<readonly Challenge[]>('/v1/challenges', filters.query, { watch: ['challenge'] });
  const devices = useResource<readonly Device[]>('/v1/devices', { page_size: DEVICES_OFFERED });
  const filtered = ['status', 'type', 'device_id', 'user_id'].some(
    (name) => filters.values[name] !== undefined,
  );
  const create = may('operator') && (
    <Button kind="primary" icon="plus" press={() => setCreating(true)}>
      {t('challenges.create')}
    </Button>
  );
  return (
    <Page title={t('challenges.title')} about={t('challenges.about')} actions={create}>
      <div class="filters">
        <Filter
          filters={filters}
          name="status"
          label={t('status')}
          options={statuses.map((each) => [each, said('status', each)])}
        />
        <Filter
          filters={filters}
          name="type"
          label={t('challenge.type')}
          options={types.map((each) => [each, said('type', each)])}
        />
        <Filter
          filters={filters}
          name="device_id"
          label={t('challenge.device')}
          options={(devices.data ?? []).map((each) => [each.device_id, each.device_name])}
        />
      </div>
      <Card flush>
        <Table
          caption={t('challenges.title')}
          columns={challengeColumns()}
          list={list}
          keyOf={({ challenge_id: id }) => id}
          go={({ challenge_id: id }) => at(`/challenges/${id}`)}
          empty={
            filtered ? (
              <Empty icon="search" title={t('challenges.none')}>
                {t('challenges.none.about')}
              </Empty>
            ) : (
              <Empty icon="challenges" title={t('challenges.empty')} action={create}>
                {t('challenges.empty.about')}
              </Empty>
            )
          }
        />
        <Pager pagination={list.pagination} turn={filters.turn} />
      </Card>
      {creating && (
        <CreateChallenge close={() => setCreating(false)} created={(id) => route(at(`/challenges/${id}`))} />
      )}
    </Page>
  );
}
