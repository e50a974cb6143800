/** A linked service's form, to make one and to change it. */
import { useState } from 'preact/hooks';
import { Dialog } from '../../../../pages/app/parts/dialog.tsx';
import { type Entered, Field, Form, Select } from '../../../../pages/app/parts/form.tsx';
import { tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import type { LinkedService } from '../../api/wire-admin.ts';
import { Secrets } from '../../parts/secret.tsx';
import { said, t } from '../../words/words.ts';

/** Fields as they are typed to what the route takes. */
function bodyOf({ timeout_ms: timeout, ...entered }: Entered): object {
  return { ...entered, ...(timeout === undefined ? {} : { timeout_ms: Number(timeout) }) };
}

export function ServiceForm({
  service,
  close,
  done,
}: {
  /** The one to change; none to make one. */
  readonly service?: LinkedService;
  readonly close: () => void;
  readonly done: () => void;
}) {
  const [secret, setSecret] = useState<{ readonly product_key: string; readonly secret: string } | null>(
    null,
  );
  if (secret !== null) {
    return (
      <Secrets
        title={t('service.secret.title', { name: secret.product_key })}
        secrets={[{ name: t('secret.signing'), text: secret.secret }]}
        close={close}
      />
    );
  }
  const submit = async (entered: Entered): Promise<void> => {
    if (service === undefined) {
      const made = await call<{ product_key: string; secret: string }>('POST', '/v1/linked-services', {
        body: bodyOf(entered),
      });
      setSecret(made.data);
    } else {
      // A path that was emptied is not asked any more.
      const body = { health_path: null, ...bodyOf(entered) };
      await call('PATCH', `/v1/linked-services/${service.linked_service_id}`, { body });
      tell(t('saved'));
      close();
    }
    done();
  };
  return (
    <Dialog title={t(service === undefined ? 'services.create' : 'service.edit')} close={close}>
      <Form
        action={t(service === undefined ? 'services.create.action' : 'save')}
        cancel={close}
        submit={submit}
      >
        <Field
          name="product_key"
          label={t('service.product')}
          hint={t('service.product.hint')}
          value={service?.product_key ?? ''}
          required
          ltr
        />
        <Field
          name="base_url"
          type="url"
          label={t('service.address')}
          value={service?.base_url ?? ''}
          required
          ltr
        />
        <Field
          name="authorize_path"
          label={t('service.authorize')}
          value={service?.authorize_path ?? '/authorize'}
          required
          ltr
        />
        <Field name="health_path" label={t('service.health.path')} value={service?.health_path ?? ''} ltr />
        <Field
          name="timeout_ms"
          type="number"
          label={t('service.timeout')}
          value={service === undefined ? '' : String(service.timeout_ms)}
          required={service !== undefined}
          ltr
        />
        <Select
          name="fail_mode"
          label={t('service.failure')}
          value={service?.fail_mode ?? 'deny'}
          required
          options={(['deny', 'allow'] as const).map((mode) => [mode, said('failure', mode)])}
        />
      </Form>
    </Dialog>
  );
}
