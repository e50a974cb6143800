/** Who may sign in to the console of this tenant. */
import { useState } from 'preact/hooks';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../pages/app/parts/confirm.tsx';
import { Dialog } from '../../../pages/app/parts/dialog.tsx';
import { Field, Form, type Options, Select } from '../../../pages/app/parts/form.tsx';
import { Empty } from '../../../pages/app/parts/states.tsx';
import { tell } from '../../../pages/app/parts/toast.tsx';
import { call } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import type { Person } from '../api/wire-admin.ts';
import { useFilters } from '../parts/filters.tsx';
import { Card, Page } from '../parts/page.tsx';
import { type Column, Pager, Table } from '../parts/table.tsx';
import { When } from '../parts/time.tsx';
import { said, t } from '../words/words.ts';

type Asking = readonly [what: 'edit' | 'remove', person: Person];

const roles = (): Options =>
  (['viewer', 'operator', 'tenant_admin'] as const).map((role) => [role, said('role', role)]);

export default function People() {
  const filters = useFilters();
  const list = useResource<readonly Person[]>('/v1/console/users', filters.query, { watch: ['person'] });
  const [inviting, setInviting] = useState(false);
  const [asking, setAsking] = useState<Asking | null>(null);
  const close = (): void => setAsking(null);
  const invite = (
    <Button kind="primary" icon="plus" press={() => setInviting(true)}>
      {t('people.invite')}
    </Button>
  );
  return (
    <Page title={t('people.title')} about={t('people.about')} actions={invite}>
      <Card flush>
        <Table
          caption={t('people.title')}
          columns={columns(setAsking)}
          list={list}
          keyOf={({ console_user_id: id }) => id}
          empty={<Empty icon="people" title={t('people.none')} />}
        />
        <Pager pagination={list.pagination} turn={filters.turn} />
      </Card>
      {inviting && <Invite close={() => setInviting(false)} done={list.reload} />}
      {asking?.[0] === 'edit' && <ChangeRole person={asking[1]} close={close} done={list.reload} />}
      {asking?.[0] === 'remove' && <Remove person={asking[1]} close={close} done={list.reload} />}
    </Page>
  );
}

function columns(ask: (asking: Asking) => void): readonly Column<Person>[] {
  return [
    { name: t('email'), cell: ({ email }) => <bdi dir="ltr">{email}</bdi> },
    { name: t('name'), cell: ({ name }) => <bdi>{name}</bdi>, wide: true },
    { name: t('role'), cell: ({ role }) => said('role', role) },
    { name: t('created'), cell: ({ created_at: at }) => <When at={at} />, wide: true },
    {
      name: t('actions'),
      cell: (person) => (
        <span class="row-actions">
          <Button press={() => ask(['edit', person])}>{t('person.edit')}</Button>
          <Button kind="danger" press={() => ask(['remove', person])}>
            {t('person.remove')}
          </Button>
        </span>
      ),
    },
  ];
}

interface Leave {
  readonly close: () => void;
  readonly done: () => void;
}

function Invite({ close, done }: Leave) {
  return (
    <Dialog title={t('people.invite')} close={close}>
      <Form
        action={t('people.invite.action')}
        cancel={close}
        submit={async (body) => {
          await call('POST', '/v1/console/users', { body });
          tell(t('people.invited'));
          close();
          done();
        }}
      >
        <Field name="email" type="email" label={t('email')} required ltr />
        <Field name="name" label={t('name')} />
        <Select name="role" label={t('role')} required options={roles()} />
      </Form>
    </Dialog>
  );
}

function ChangeRole({ person, close, done }: Leave & { readonly person: Person }) {
  return (
    <Dialog title={t('person.edit')} close={close}>
      <Form
        action={t('save')}
        cancel={close}
        submit={async (body) => {
          await call('PATCH', `/v1/console/users/${person.console_user_id}`, { body });
          tell(t('saved'));
          close();
          done();
        }}
      >
        <Select name="role" label={t('role')} value={person.role} required options={roles()} />
      </Form>
    </Dialog>
  );
}

function Remove({ person, close, done }: Leave & { readonly person: Person }) {
  const name = person.name ?? person.email;
  return (
    <Confirm
      title={t('person.remove.title', { name })}
      text={t('person.remove.text')}
      action={t('person.remove')}
      close={close}
      run={async () => {
        await call('DELETE', `/v1/console/users/${person.console_user_id}`);
        tell(t('person.removed', { name }));
        done();
      }}
    />
  );
}
