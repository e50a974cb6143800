/** The people of the tenant. */
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Empty } from '../../../pages/app/parts/states.tsx';
import { at } from '../address.ts';
import { useResource } from '../api/resource.ts';
import { may } from '../api/session.ts';
import type { User } from '../api/wire.ts';
import { Badge } from '../parts/badge.tsx';
import { Filter, Search, useFilters } from '../parts/filters.tsx';
import { Card, Page } from '../parts/page.tsx';
import { type Column, Pager, Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import { said, t } from '../words/words.ts';
import { EditUser } from './user/edit.tsx';
import { nameOf } from './user/picker.tsx';

const closed = {
  status: ['active', 'suspended', 'deleted'],
  consent_status: ['granted', 'withdrawn', 'none'],
  kyc_status: ['not_started', 'pending', 'verified', 'rejected', 'expired'],
} as const;

export default function Users() {
  const filters = useFilters();
  const { route } = useLocation();
  const [adding, setAdding] = useState(false);
  const list = useResource<readonly User[]>('/v1/users', filters.query, { watch: ['user'] });
  const filtered = ['search', 'palm_enrolled', ...Object.keys(closed)].some(
    (name) => filters.values[name] !== undefined,
  );
  const add = may('operator') && (
    <Button kind="primary" icon="plus" press={() => setAdding(true)}>
      {t('users.add')}
    </Button>
  );
  return (
    <Page title={t('users.title')} about={t('users.about')} actions={add}>
      <div class="filters">
        <Search filters={filters} label={t('users.search')} />
        {(['status', 'consent_status', 'kyc_status'] as const).map((name) => (
          <Filter
            key={name}
            filters={filters}
            name={name}
            label={t(name === 'status' ? 'status' : name === 'kyc_status' ? 'user.kyc' : 'user.consent')}
            options={closed[name].map((each) => [each, said('status', each)])}
          />
        ))}
        <Filter
          filters={filters}
          name="palm_enrolled"
          label={t('user.palms')}
          options={[
            ['true', t('user.palms.some')],
            ['false', t('user.palms.none')],
          ]}
        />
      </div>
      <Card flush>
        <Table
          caption={t('users.title')}
          columns={columns()}
          list={list}
          keyOf={({ user_id: id }) => id}
          go={({ user_id: id }) => at(`/users/${id}`)}
          empty={
            filtered ? (
              <Empty icon="search" title={t('users.none')}>
                {t('users.none.about')}
              </Empty>
            ) : (
              <Empty icon="users" title={t('users.empty')} action={add}>
                {t('users.empty.about')}
              </Empty>
            )
          }
        />
        <Pager pagination={list.pagination} turn={filters.turn} />
      </Card>
      {adding && (
        <EditUser close={() => setAdding(false)} done={({ user_id: id }) => route(at(`/users/${id}`))} />
      )}
    </Page>
  );
}

function columns(): readonly Column<User>[] {
  return [
    { name: t('name'), cell: (user) => <bdi>{nameOf(user)}</bdi> },
    { name: t('status'), cell: ({ status }) => <Badge state={status} /> },
    {
      name: t('user.external'),
      cell: ({ external_user_id: external }) => external !== null && <code dir="ltr">{external}</code>,
      wide: true,
    },
    { name: t('user.palms'), cell: handsOf },
    { name: t('user.consent'), cell: (user) => <Badge state={user.consent_status} />, wide: true },
    { name: t('user.kyc'), cell: (user) => <Badge state={user.kyc_status} />, wide: true },
    {
      name: t('created'),
      cell: ({ created_at: created }) => <Ago at={created} />,
      numeric: true,
      wide: true,
    },
  ];
}

function handsOf({ palms }: User) {
  const hands = new Set(palms.map(({ palm_type: hand }) => hand));
  if (hands.size === 0) return <span class="faint">{t('user.palms.none')}</span>;
  return hands.size === 2 ? t('hand.both') : said('hand', [...hands][0] ?? '');
}
