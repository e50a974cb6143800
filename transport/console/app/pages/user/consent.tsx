/** What somebody agreed to, recorded and withdrawn. */
import { useState } from 'preact/hooks';
import { Button } from '../../../../pages/app/parts/button.tsx';
import { Confirm } from '../../../../pages/app/parts/confirm.tsx';
import { Dialog } from '../../../../pages/app/parts/dialog.tsx';
import { Checkbox, Field, Form } from '../../../../pages/app/parts/form.tsx';
import { Empty, Problem, Skeleton } from '../../../../pages/app/parts/states.tsx';
import { tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import { may } from '../../api/session.ts';
import type { Consent, ConsentOverview, User } from '../../api/wire.ts';
import { Badge } from '../../parts/badge.tsx';
import { Card } from '../../parts/page.tsx';
import { When } from '../../parts/time.tsx';
import { t } from '../../words/words.ts';

export function Consents({ user, reload }: { readonly user: User; readonly reload: () => void }) {
  const id = user.user_id;
  const consents = useResource<ConsentOverview>(`/v1/consent/${id}`, {}, { watch: ['user'], id });
  const [recording, setRecording] = useState(false);
  const [withdrawing, setWithdrawing] = useState<Consent | null>(null);
  const rows = consents.data?.consents;
  const changed = (text: string): void => {
    tell(text);
    consents.reload();
    reload();
  };
  return (
    <Card
      title={t('user.consent')}
      actions={may('operator') && <Button press={() => setRecording(true)}>{t('consent.record')}</Button>}
    >
      {rows === undefined &&
        (consents.refusal === null ? (
          <Skeleton />
        ) : (
          <Problem refusal={consents.refusal} retry={consents.reload} />
        ))}
      {rows?.length === 0 && (
        <Empty icon="audit" title={t('consent.none')}>
          {t('consent.about')}
        </Empty>
      )}
      <ul class="things">
        {rows?.map((consent) => (
          <li key={consent.consent_type}>
            <span>
              <strong dir="auto">{consent.consent_type}</strong>
              <span class="faint">
                {t('consent.version', { version: consent.version })} ·{' '}
                <When at={consent.withdrawn_at ?? consent.granted_at} />
              </span>
            </span>
            <Badge state={consent.status} />
            {consent.status === 'granted' && may('operator') && (
              <Button press={() => setWithdrawing(consent)}>{t('consent.withdraw')}</Button>
            )}
          </li>
        ))}
      </ul>
      {recording && (
        <Dialog title={t('consent.record')} close={() => setRecording(false)}>
          <Form
            action={t('consent.record.action')}
            cancel={() => setRecording(false)}
            submit={async (entered) => {
              await call('POST', '/v1/consent', { body: { user_id: id, channel: 'console', ...entered } });
              setRecording(false);
              changed(t('consent.recorded'));
            }}
          >
            <Field
              name="consent_type"
              label={t('consent.type')}
              hint={t('consent.type.hint')}
              value="biometric"
              required
              ltr
            />
            <Field name="version" label={t('consent.version.label')} required ltr />
          </Form>
        </Dialog>
      )}
      {withdrawing !== null && (
        <Confirm
          title={t('consent.withdraw.title')}
          text={t('consent.withdraw.text')}
          action={t('consent.withdraw')}
          close={() => setWithdrawing(null)}
          run={async ({ erase }) => {
            const body = { user_id: id, consent_type: withdrawing.consent_type, erase: erase !== undefined };
            await call('POST', '/v1/consent/withdraw', { body });
            changed(t('consent.withdrawn'));
          }}
        >
          <Checkbox name="erase" label={t('consent.erase')} hint={t('consent.erase.hint')} />
        </Confirm>
      )}
    </Card>
  );
}
