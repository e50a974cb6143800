/** Whoever is signed in: who they are here, and their password. */
import { useState } from 'preact/hooks';
import { Refusal } from '../../../pages/app/api/refusal.ts';
import { Field, Form } from '../../../pages/app/parts/form.tsx';
import { tell } from '../../../pages/app/parts/toast.tsx';
import { call } from '../api/client.ts';
import { me } from '../api/session.ts';
import { Card, Facts, Page } from '../parts/page.tsx';
import { said, t } from '../words/words.ts';

export default function Account() {
  const person = me.value;
  // Changed once, the fields begin anew.
  const [turn, setTurn] = useState(0);
  if (person === null || person === undefined) return null;
  return (
    <Page title={t('account.title')} about={t('account.about')}>
      <Card>
        <Facts
          rows={[
            [t('name'), person.name],
            [t('email'), <bdi key="email">{person.email}</bdi>],
            [t('role'), said('role', person.role)],
          ]}
        />
      </Card>
      <Card title={t('account.password')} about={t('account.password.about')}>
        <Form
          key={turn}
          action={t('account.password')}
          submit={async ({ current_password, new_password, again }) => {
            if (new_password !== again) {
              const message = t('account.password.differ');
              throw new Refusal('validation_failed', message, { fields: [{ field: 'again', message }] });
            }
            await call('POST', '/v1/console/password', { body: { current_password, new_password } });
            tell(t('account.password.done'));
            setTurn(turn + 1);
          }}
        >
          <Field
            name="current_password"
            label={t('account.password.current')}
            type="password"
            autocomplete="current-password"
            required
            ltr
          />
          <Field
            name="new_password"
            label={t('account.password.next')}
            type="password"
            autocomplete="new-password"
            required
            ltr
          />
          <Field
            name="again"
            label={t('account.password.again')}
            type="password"
            autocomplete="new-password"
            required
            ltr
          />
        </Form>
      </Card>
    </Page>
  );
}
