/** One person: who they are to the engine, what they agreed to, their palms, and everything that ends. */
import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso/router';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../pages/app/parts/confirm.tsx';
import { Copyable } from '../../../pages/app/parts/copy.tsx';
import { Field } from '../../../pages/app/parts/form.tsx';
import { Problem, Skeleton } from '../../../pages/app/parts/states.tsx';
import { attempt, tell } from '../../../pages/app/parts/toast.tsx';
import { at } from '../address.ts';
import { call } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { may } from '../api/session.ts';
import type { Erasure, User } from '../api/wire.ts';
import { Badge } from '../parts/badge.tsx';
import { Card, Facts, Page } from '../parts/page.tsx';
import { When } from '../parts/time.tsx';
import { t } from '../words/words.ts';
import { CreateChallenge } from './challenge/create.tsx';
import { History } from './challenge/history.tsx';
import { Consents } from './user/consent.tsx';
import { EditUser } from './user/edit.tsx';
import { Receipt } from './user/erasure.tsx';
import { Palms } from './user/palms.tsx';
import { nameOf } from './user/picker.tsx';

type Asking = 'edit' | 'suspend' | 'erase' | 'challenge';

export default function UserPage() {
  const { id = '' } = useRoute().params;
  const { route } = useLocation();
  const path = `/v1/users/${id}`;
  const { data: user, refusal, reload } = useResource<User>(path, {}, { watch: ['user'], id });
  const [asking, setAsking] = useState<Asking | null>(null);
  const [erasure, setErasure] = useState<Erasure | null>(null);
  const back = { href: at('/users'), name: t('users.title') };
  const close = (): void => setAsking(null);
  // Whoever is erased is not found any more: the receipt is what is left to see.
  if (erasure !== null) {
    return (
      <Page title={t('erasure.title')} back={back}>
        <Receipt erasure={erasure} />
      </Page>
    );
  }
  if (user === undefined) {
    return (
      <Page title={t('user.title')} back={back}>
        <Card>
          {refusal === null ? <Skeleton lines={6} /> : <Problem refusal={refusal} retry={reload} />}
        </Card>
      </Page>
    );
  }
  const name = nameOf(user);
  const reactivate = (): void => {
    void attempt(
      () => call('POST', `${path}/reactivate`, { body: {} }),
      t('user.reactivated', { name }),
    ).then(reload);
  };
  return (
    <Page title={name} back={back} actions={<Actions user={user} ask={setAsking} reactivate={reactivate} />}>
      <Card title={t('user.facts')}>
        <Facts rows={factsOf(user)} />
      </Card>
      <div class="grid halves">
        <Palms user={user} reload={reload} />
        <Consents user={user} reload={reload} />
      </div>
      <History of={{ user_id: id }} title={t('user.history')} />
      {asking === 'edit' && <EditUser user={user} close={close} done={reload} />}
      {asking === 'challenge' && (
        <CreateChallenge
          user={user}
          close={close}
          created={(challenge) => route(at(`/challenges/${challenge}`))}
        />
      )}
      {asking === 'suspend' && (
        <Confirm
          title={t('user.suspend.title', { name })}
          text={t('user.suspend.text')}
          action={t('user.suspend')}
          close={close}
          run={async (entered) => {
            await call('POST', `${path}/suspend`, { body: entered });
            tell(t('user.suspended', { name }));
            reload();
          }}
        >
          <Field name="reason" label={t('user.suspend.reason')} />
        </Confirm>
      )}
      {asking === 'erase' && (
        <Confirm
          title={t('user.erase.title', { name })}
          text={t('user.erase.text')}
          action={t('user.erase')}
          close={close}
          run={async () => setErasure((await call<Erasure>('DELETE', path)).data)}
        />
      )}
    </Page>
  );
}

function Actions({
  user: { status },
  ask,
  reactivate,
}: {
  readonly user: User;
  readonly ask: (what: Asking) => void;
  readonly reactivate: () => void;
}) {
  if (!may('operator') || status === 'deleted') return null;
  return (
    <>
      {status === 'active' && (
        <Button kind="primary" icon="challenges" press={() => ask('challenge')}>
          {t('challenges.create')}
        </Button>
      )}
      <Button press={() => ask('edit')}>{t('edit')}</Button>
      {may('tenant_admin') && status === 'active' && (
        <Button press={() => ask('suspend')}>{t('user.suspend')}</Button>
      )}
      {may('tenant_admin') && status === 'suspended' && (
        <Button press={reactivate}>{t('user.reactivate')}</Button>
      )}
      <Button kind="danger" press={() => ask('erase')}>
        {t('user.erase')}
      </Button>
    </>
  );
}

function factsOf(user: User) {
  const ltr = (text: string | null) => text !== null && <bdi dir="ltr">{text}</bdi>;
  return [
    [t('status'), <Badge key="status" state={user.status} />],
    [t('user.kyc'), <Badge key="kyc" state={user.kyc_status} />],
    [t('user.consent'), <Badge key="consent" state={user.consent_status} />],
    [t('user.external'), ltr(user.external_user_id)],
    [t('email'), ltr(user.email)],
    [t('user.mobile'), ltr(user.mobile)],
    [t('created'), <When key="created" at={user.created_at} />],
    [t('user.identifier'), <Copyable key="identifier" text={user.user_id} />],
  ] as const;
}
