/** OAuth clients: how a tenant's own systems are known. */
import { useState } from 'preact/hooks';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../pages/app/parts/confirm.tsx';
import { Copyable } from '../../../pages/app/parts/copy.tsx';
import { Dialog } from '../../../pages/app/parts/dialog.tsx';
import { Field, Form } from '../../../pages/app/parts/form.tsx';
import { Empty } from '../../../pages/app/parts/states.tsx';
import { tell } from '../../../pages/app/parts/toast.tsx';
import { call } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { may } from '../api/session.ts';
import type { ClientSecret, OAuthClient } from '../api/wire-admin.ts';
import { Choices, choicesOf } from '../parts/choices.tsx';
import { useFilters } from '../parts/filters.tsx';
import { Card, Page } from '../parts/page.tsx';
import { Secrets } from '../parts/secret.tsx';
import { type Column, Pager, Table } from '../parts/table.tsx';
import { When } from '../parts/time.tsx';
import { t } from '../words/words.ts';

/** The names that tokens carry (RFC 6749 section 3.3): the same in every language. */
const scopes = ['users', 'devices', 'challenges', 'consent', 'kyc', 'webhooks'].flatMap((subject) => [
  `${subject}:read`,
  `${subject}:write`,
]);

type Asking = readonly [what: 'regenerate' | 'delete', client: OAuthClient];
type Shown = ClientSecret & { readonly name: string };

export default function Clients() {
  const filters = useFilters();
  const list = useResource<readonly OAuthClient[]>('/v1/clients', filters.query, { watch: ['client'] });
  const [creating, setCreating] = useState(false);
  const [asking, setAsking] = useState<Asking | null>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const create = may('tenant_admin') && (
    <Button kind="primary" icon="plus" press={() => setCreating(true)}>
      {t('clients.create')}
    </Button>
  );
  return (
    <Page title={t('clients.title')} about={t('clients.about')} actions={create}>
      <Card flush>
        <Table
          caption={t('clients.title')}
          columns={columns(setAsking)}
          list={list}
          keyOf={({ client_id: id }) => id}
          empty={
            <Empty icon="clients" title={t('clients.empty')} action={create}>
              {t('clients.empty.about')}
            </Empty>
          }
        />
        <Pager pagination={list.pagination} turn={filters.turn} />
      </Card>
      {creating && (
        <CreateClient
          close={() => setCreating(false)}
          created={(secret) => {
            setCreating(false);
            setShown(secret);
            list.reload();
          }}
        />
      )}
      {asking !== null && (
        <Ask asking={asking} close={() => setAsking(null)} reload={list.reload} show={setShown} />
      )}
      {shown !== null && (
        <Secrets
          title={t('client.secret.title', { name: shown.name })}
          secrets={[
            { name: t('client.identifier'), text: shown.client_id },
            { name: t('client.secret'), text: shown.client_secret },
          ]}
          close={() => setShown(null)}
        />
      )}
    </Page>
  );
}

function columns(ask: (asking: Asking) => void): readonly Column<OAuthClient>[] {
  return [
    { name: t('name'), cell: ({ name }) => <bdi>{name}</bdi> },
    { name: t('client.identifier'), cell: ({ client_id: id }) => <Copyable text={id} /> },
    {
      name: t('client.scopes'),
      cell: ({ scopes: granted }) => (
        <span title={granted.join(' ')}>{t('client.scopes.some', { count: granted.length })}</span>
      ),
      wide: true,
    },
    { name: t('created'), cell: ({ created_at: at }) => <When at={at} />, wide: true },
    ...(may('tenant_admin')
      ? [
          {
            name: t('actions'),
            cell: (client: OAuthClient) => (
              <span class="row-actions">
                <Button press={() => ask(['regenerate', client])}>{t('client.regenerate')}</Button>
                <Button kind="danger" press={() => ask(['delete', client])}>
                  {t('client.delete')}
                </Button>
              </span>
            ),
          },
        ]
      : []),
  ];
}

function CreateClient({
  close,
  created,
}: {
  readonly close: () => void;
  readonly created: (shown: Shown) => void;
}) {
  return (
    <Dialog title={t('clients.create')} close={close}>
      <Form
        action={t('clients.create.action')}
        cancel={close}
        submit={async (entered) => {
          const [chosen, rest] = choicesOf(entered, 'scopes');
          const body = { ...rest, scopes: chosen };
          created((await call<Shown>('POST', '/v1/clients', { body })).data);
        }}
      >
        <Field name="name" label={t('name')} hint={t('client.name.hint')} required />
        <Choices
          name="scopes"
          label={t('client.scopes')}
          options={scopes.map((scope) => [scope, scope])}
          chosen={scopes}
        />
      </Form>
    </Dialog>
  );
}

function Ask({
  asking: [what, client],
  close,
  reload,
  show,
}: {
  readonly asking: Asking;
  readonly close: () => void;
  readonly reload: () => void;
  readonly show: (shown: Shown) => void;
}) {
  const { name } = client;
  const path = `/v1/clients/${client.client_id}`;
  if (what === 'regenerate') {
    return (
      <Confirm
        title={t('client.regenerate.title', { name })}
        text={t('client.regenerate.text')}
        action={t('client.regenerate')}
        close={close}
        run={async () => show((await call<Shown>('POST', `${path}/regenerate`)).data)}
      />
    );
  }
  return (
    <Confirm
      title={t('client.delete.title', { name })}
      text={t('client.delete.text')}
      action={t('client.delete')}
      close={close}
      run={async () => {
        await call('DELETE', path);
        tell(t('client.deleted', { name }));
        reload();
      }}
    />
  );
}
