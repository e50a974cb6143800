/** What a migration decided, user by user. */

import { Copyable } from '../../../../pages/app/parts/copy.tsx';
import { Empty } from '../../../../pages/app/parts/states.tsx';
import { useResource } from '../../api/resource.ts';
import type { MigrationOutcome, PalmMigration } from '../../api/wire-platform.ts';
import { Badge } from '../../parts/badge.tsx';
import { Filter, useFilters } from '../../parts/filters.tsx';
import { Card } from '../../parts/page.tsx';
import { type Column, Pager, Table } from '../../parts/table.tsx';
import { When } from '../../parts/time.tsx';
import { said, t } from '../../words/words.ts';

export function Outcomes({ migration }: { readonly migration: PalmMigration }) {
  const filters = useFilters();
  const list = useResource<readonly MigrationOutcome[]>('/v1/admin/palm/migration', filters.query, {
    watch: ['model'],
  });
  return (
    <Card flush title={t('outcomes.title')}>
      <div class="filters inside">
        <Filter
          filters={filters}
          name="outcome"
          label={t('outcome')}
          options={(['migrated', 'needs_reenrolment'] as const).map((each) => [each, said('outcome', each)])}
        />
      </div>
      <Table
        // Another migration, or a step of this one, is another list.
        key={`${migration.migration_id} ${migration.status}`}
        caption={t('outcomes.title')}
        columns={columns()}
        list={list}
        keyOf={({ user_id: id }) => id}
        empty={<Empty icon="palms" title={t('outcomes.none')} />}
      />
      <Pager pagination={list.pagination} turn={filters.turn} />
    </Card>
  );
}

function columns(): readonly Column<MigrationOutcome>[] {
  return [
    { name: t('outcome.user'), cell: ({ user_id: id }) => <Copyable text={id} /> },
    { name: t('outcome'), cell: ({ outcome }) => <Badge state={outcome} word="outcome" /> },
    {
      name: t('migration.reason'),
      cell: ({ reason }) => <bdi dir="ltr">{reason ?? '–'}</bdi>,
    },
    { name: t('created'), cell: ({ decided_at: at }) => <When at={at} />, wide: true },
  ];
}
