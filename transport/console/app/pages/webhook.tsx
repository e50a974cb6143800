/** One webhook: what it hears, what it was sent, and its secret. */
import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso/router';
import { Button } from '../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../pages/app/parts/confirm.tsx';
import { Copyable } from '../../../pages/app/parts/copy.tsx';
import { Empty } from '../../../pages/app/parts/states.tsx';
import { attempt, tell } from '../../../pages/app/parts/toast.tsx';
import { at } from '../address.ts';
import { call } from '../api/client.ts';
import { useResource } from '../api/resource.ts';
import { may } from '../api/session.ts';
import type { Webhook } from '../api/wire-admin.ts';
import { Badge } from '../parts/badge.tsx';
import { Card, Facts, Page } from '../parts/page.tsx';
import { Secrets } from '../parts/secret.tsx';
import { When } from '../parts/time.tsx';
import { Until } from '../parts/until.tsx';
import { said, t } from '../words/words.ts';
import { Deliveries } from './webhook/deliveries.tsx';
import { EditWebhook } from './webhook/edit.tsx';

type Asking = 'edit' | 'regenerate' | 'delete';

export default function WebhookPage() {
  const { id = '' } = useRoute().params;
  // There is no route for one of them: a tenant has few.
  const list = useResource<readonly Webhook[]>('/v1/webhooks', {}, { watch: ['webhook'] });
  const webhook = list.data?.find(({ webhook_id: each }) => each === id);
  const back = { href: at('/webhooks'), name: t('webhooks.title') };
  if (webhook === undefined) {
    return (
      <Page title={t('webhooks.title')} back={back}>
        <Card>
          <Until resource={list}>{() => <Empty icon="webhooks" title={t('refusal.not_found')} />}</Until>
        </Card>
      </Page>
    );
  }
  return <Known webhook={webhook} back={back} reload={list.reload} />;
}

function Known({
  webhook,
  back,
  reload,
}: {
  readonly webhook: Webhook;
  readonly back: { readonly href: string; readonly name: string };
  readonly reload: () => void;
}) {
  const { route } = useLocation();
  const [asking, setAsking] = useState<Asking | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const { name, webhook_id: id } = webhook;
  const path = `/v1/webhooks/${id}`;
  const close = (): void => setAsking(null);
  return (
    <Page title={name} back={back} actions={<Actions webhook={webhook} ask={setAsking} reload={reload} />}>
      <Card title={t('webhook.facts')}>
        <Facts rows={factsOf(webhook)} />
      </Card>
      <Deliveries webhook={webhook} />
      {asking === 'edit' && <EditWebhook webhook={webhook} close={close} done={reload} />}
      {asking === 'regenerate' && (
        <Confirm
          title={t('webhook.regenerate.title', { name })}
          text={t('webhook.regenerate.text')}
          action={t('client.regenerate')}
          close={close}
          run={async () => {
            setSecret((await call<{ readonly secret: string }>('POST', `${path}/regenerate`)).data.secret);
            reload();
          }}
        />
      )}
      {asking === 'delete' && (
        <Confirm
          title={t('webhook.delete.title', { name })}
          text={t('webhook.delete.text')}
          action={t('client.delete')}
          close={close}
          run={async () => {
            await call('DELETE', path);
            tell(t('webhook.deleted', { name }));
            route(back.href);
          }}
        />
      )}
      {secret !== null && (
        <Secrets
          title={t('webhook.secret.title', { name })}
          secrets={[{ name: t('secret.signing'), text: secret }]}
          close={() => setSecret(null)}
        />
      )}
    </Page>
  );
}

function Actions({
  webhook: { name, status, webhook_id: id },
  ask,
  reload,
}: {
  readonly webhook: Webhook;
  readonly ask: (what: Asking) => void;
  readonly reload: () => void;
}) {
  const path = `/v1/webhooks/${id}`;
  const active = status === 'active';
  const turn = (): void => {
    const body = { status: active ? 'disabled' : 'active' };
    const done = t(active ? 'webhook.disabled' : 'webhook.enabled', { name });
    void attempt(() => call('PATCH', path, { body }), done).then(reload);
  };
  return (
    <>
      {may('operator') && active && (
        <Button
          kind="primary"
          press={() => void attempt(() => call('POST', `${path}/test`), t('webhook.tested'))}
        >
          {t('webhook.test')}
        </Button>
      )}
      {may('tenant_admin') && (
        <>
          <Button press={() => ask('edit')}>{t('edit')}</Button>
          <Button press={turn}>{t(active ? 'webhook.disable' : 'webhook.enable')}</Button>
          <Button press={() => ask('regenerate')}>{t('client.regenerate')}</Button>
          <Button kind="danger" press={() => ask('delete')}>
            {t('client.delete')}
          </Button>
        </>
      )}
    </>
  );
}

function factsOf(webhook: Webhook) {
  return [
    [t('status'), <Badge key="status" state={webhook.status} />],
    [
      t('webhook.endpoint'),
      <bdi key="endpoint" dir="ltr">
        {webhook.endpoint}
      </bdi>,
    ],
    [t('webhook.events'), webhook.events.map((event) => said('event', event)).join(' · ')],
    [t('created'), <When key="created" at={webhook.created_at} />],
    [t('webhook.secret.until'), <When key="until" at={webhook.previous_secret_until} />],
    [t('webhook.identifier'), <Copyable key="identifier" text={webhook.webhook_id} />],
  ] as const;
}
