/** Everybody who uses this deployment, for those who look after it. */
import { useState } from 'preact/hooks';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../pages/app/parts/confirm.tsx';
import { Dialog } from '../../../pages/app/parts/dialog.tsx';
import { Field, Form } from '../../../pages/app/parts/form.tsx';
import { Empty } from '../../../pages/app/parts/states.tsx';
import { attempt, tell } from '../../../pages/app/parts/toast.tsx';
import { call } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import type { CreatedTenant, ListedTenant } from '../api/wire-admin.ts';
import { Badge } from '../parts/badge.tsx';
import { Filter, useFilters } from '../parts/filters.tsx';
import { Card, Page } from '../parts/page.tsx';
import { Secrets } from '../parts/secret.tsx';
import { type Column, Pager, Table } from '../parts/table.tsx';
import { When } from '../parts/time.tsx';
import { number, said, t } from '../words/words.ts';

type Asking = readonly [what: 'suspend' | 'deactivate', tenant: ListedTenant];

/** How each ending is asked for, and what is said of it. */
const endings = {
  suspend: {
    title: 'tenant.suspend.title',
    text: 'tenant.suspend.text',
    action: 'tenant.suspend',
    done: 'tenant.suspended',
  },
  deactivate: {
    title: 'tenant.deactivate.title',
    text: 'tenant.deactivate.text',
    action: 'tenant.deactivate',
    done: 'tenant.deactivated',
  },
} as const;

export default function Tenants() {
  const filters = useFilters();
  const list = useResource<readonly ListedTenant[]>('/v1/admin/tenants', filters.query, {
    watch: ['tenant'],
  });
  const [creating, setCreating] = useState(false);
  const [asking, setAsking] = useState<Asking | null>(null);
  const reactivate = ({ tenant_id: id, name }: ListedTenant): void => {
    const path = `/v1/admin/tenants/${id}/reactivate`;
    void attempt(() => call('POST', path), t('tenant.reactivated', { name })).then(list.reload);
  };
  const create = (
    <Button kind="primary" icon="plus" press={() => setCreating(true)}>
      {t('tenants.create')}
    </Button>
  );
  return (
    <Page title={t('tenants.title')} about={t('tenants.about')} actions={create}>
      <div class="filters">
        <Filter
          filters={filters}
          name="status"
          label={t('status')}
          options={(['active', 'suspended', 'deactivating', 'deleted'] as const).map((each) => [
            each,
            said('status', each),
          ])}
        />
      </div>
      <Card flush>
        <Table
          caption={t('tenants.title')}
          columns={columns(setAsking, reactivate)}
          list={list}
          keyOf={({ tenant_id: id }) => id}
          empty={<Empty icon="tenants" title={t('tenants.none')} action={create} />}
        />
        <Pager pagination={list.pagination} turn={filters.turn} />
      </Card>
      {creating && <CreateTenant close={() => setCreating(false)} done={list.reload} />}
      {asking !== null && <End asking={asking} close={() => setAsking(null)} done={list.reload} />}
    </Page>
  );
}

function columns(
  ask: (asking: Asking) => void,
  reactivate: (tenant: ListedTenant) => void,
): readonly Column<ListedTenant>[] {
  return [
    { name: t('name'), cell: ({ name }) => <bdi>{name}</bdi> },
    { name: t('status'), cell: ({ status }) => <Badge state={status} /> },
    { name: t('tenant.people'), cell: ({ identity_count: count }) => number(count), numeric: true },
    { name: t('tenant.region'), cell: ({ region }) => <bdi>{region ?? '–'}</bdi>, wide: true },
    { name: t('created'), cell: ({ created_at: at }) => <When at={at} />, wide: true },
    {
      name: t('actions'),
      cell: (tenant) => (
        <span class="row-actions">
          {tenant.status === 'active' && (
            <Button press={() => ask(['suspend', tenant])}>{t('tenant.suspend')}</Button>
          )}
          {(tenant.status === 'suspended' || tenant.status === 'deactivating') && (
            <Button press={() => reactivate(tenant)}>{t('tenant.reactivate')}</Button>
          )}
          {(tenant.status === 'active' || tenant.status === 'suspended') && (
            <Button kind="danger" press={() => ask(['deactivate', tenant])}>
              {t('tenant.deactivate')}
            </Button>
          )}
        </span>
      ),
    },
  ];
}

interface Leave {
  readonly close: () => void;
  readonly done: () => void;
}

function CreateTenant({ close, done }: Leave) {
  const [made, setMade] = useState<CreatedTenant | null>(null);
  if (made !== null) {
    return (
      <Secrets
        title={t('tenant.created', { name: made.name })}
        secrets={[
          { name: t('email'), text: made.admin.email },
          { name: t('password'), text: made.admin.password },
        ]}
        close={close}
      />
    );
  }
  return (
    <Dialog title={t('tenants.create')} close={close}>
      <Form
        action={t('tenants.create.action')}
        cancel={close}
        submit={async (body) => {
          setMade((await call<CreatedTenant>('POST', '/v1/admin/tenants', { body })).data);
          done();
        }}
      >
        <Field name="name" label={t('name')} required />
        <Field name="admin_email" type="email" label={t('tenant.admin')} required ltr />
        <Field name="region" label={t('tenant.region')} />
      </Form>
    </Dialog>
  );
}

function End({ asking: [what, { name, tenant_id: id }], close, done }: Leave & { readonly asking: Asking }) {
  const words = endings[what];
  return (
    <Confirm
      title={t(words.title, { name })}
      text={t(words.text)}
      action={t(words.action)}
      close={close}
      run={async () => {
        const path = `/v1/admin/tenants/${id}`;
        await call('POST', `${path}/${what}`);
        tell(t(words.done, { name }));
        done();
      }}
    />
  );
}
