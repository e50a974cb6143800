/** How long scanners are trusted, and when they are told to renew. */

import { Field, Form } from '../../../../pages/app/parts/form.tsx';
import { tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { DevicePolicy } from '../../api/wire-platform.ts';
import { Card } from '../../parts/page.tsx';
import { Until } from '../../parts/until.tsx';
import { t } from '../../words/words.ts';

const PATH = '/v1/admin/ssl/device-policy';

export function PolicyCard() {
  return (
    <Card title={t('tls.policy.title')} about={t('tls.policy.about')}>
      <Policy action={t('save')} />
    </Card>
  );
}

export function Policy({ action, done }: { readonly action: string; readonly done?: () => void }) {
  const resource = useResource<DevicePolicy>(PATH);
  return (
    <Until resource={resource} lines={2}>
      {(policy) => (
        <Form
          action={action}
          submit={async (entered) => {
            const numbers = Object.entries(entered).map(([name, value]) => [name, Number(value)]);
            await call('PUT', PATH, { body: Object.fromEntries(numbers) });
            tell(t('saved'));
            done?.();
          }}
        >
          <Field
            name="validity_days"
            type="number"
            label={t('tls.policy.validity')}
            value={String(policy.validity_days)}
            required
            ltr
          />
          <Field
            name="renewal_window_days"
            type="number"
            label={t('tls.policy.window')}
            hint={t('tls.policy.window.hint')}
            value={String(policy.renewal_window_days)}
            required
            ltr
          />
        </Form>
      )}
    </Until>
  );
}
