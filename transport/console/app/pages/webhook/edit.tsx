/** A webhook's form, to make one and to change it. */
import { useState } from 'preact/hooks';
import { Dialog } from '../../../../pages/app/parts/dialog.tsx';
import { type Entered, Field, Form } from '../../../../pages/app/parts/form.tsx';
import { tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import type { Webhook } from '../../api/wire-admin.ts';
import { Choices, choicesOf } from '../../parts/choices.tsx';
import { Secrets } from '../../parts/secret.tsx';
import { said, t } from '../../words/words.ts';
import { webhookEvents } from './events.ts';

interface Leave {
  readonly close: () => void;
  readonly done: () => void;
}

export function CreateWebhook({ close, done }: Leave) {
  const [made, setMade] = useState<{ readonly name: string; readonly secret: string } | null>(null);
  if (made !== null) {
    return (
      <Secrets
        title={t('webhook.secret.title', { name: made.name })}
        secrets={[{ name: t('secret.signing'), text: made.secret }]}
        close={close}
      />
    );
  }
  return (
    <WebhookForm
      title={t('webhooks.create')}
      action={t('webhooks.create.action')}
      close={close}
      submit={async (body) => {
        setMade((await call<{ name: string; secret: string }>('POST', '/v1/webhooks', { body })).data);
        done();
      }}
    />
  );
}

export function EditWebhook({ webhook, close, done }: Leave & { readonly webhook: Webhook }) {
  return (
    <WebhookForm
      title={t('webhook.edit')}
      action={t('save')}
      webhook={webhook}
      close={close}
      submit={async (body) => {
        await call('PATCH', `/v1/webhooks/${webhook.webhook_id}`, { body });
        tell(t('saved'));
        close();
        done();
      }}
    />
  );
}

function WebhookForm({
  title,
  action,
  webhook,
  close,
  submit,
}: {
  readonly title: string;
  readonly action: string;
  readonly webhook?: Webhook;
  readonly close: () => void;
  readonly submit: (body: object) => Promise<void>;
}) {
  const bodyOf = (entered: Entered): object => {
    const [events, rest] = choicesOf(entered, 'events');
    return { ...rest, events };
  };
  return (
    <Dialog title={title} close={close}>
      <Form action={action} cancel={close} submit={(entered) => submit(bodyOf(entered))}>
        <Field name="name" label={t('name')} value={webhook?.name ?? ''} required />
        <Field
          name="endpoint"
          type="url"
          label={t('webhook.endpoint')}
          hint={t('webhook.endpoint.hint')}
          value={webhook?.endpoint ?? ''}
          required
          ltr
        />
        <Choices
          name="events"
          label={t('webhook.events')}
          options={webhookEvents.map((event) => [event, said('event', event)])}
          chosen={webhook?.events ?? webhookEvents}
        />
        <Field
          name="api_key"
          type="password"
          autocomplete="new-password"
          label={t('webhook.key')}
          hint={t('webhook.key.hint')}
          ltr
        />
      </Form>
    </Dialog>
  );
}
