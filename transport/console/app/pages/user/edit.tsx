import { Dialog } from '../../../../pages/app/parts/dialog.tsx';
import { Field, Form } from '../../../../pages/app/parts/form.tsx';
import { tell } from '../../../../pages/app/parts/toast.tsx';
import { call } from '../../api/client.ts';
import type { User } from '../../api/wire.ts';
import { t } from '../../words/words.ts';

/** Adds somebody, or changes what is known of them. */
export function EditUser({
  user,
  close,
  done,
}: {
  readonly user?: User;
  readonly close: () => void;
  readonly done: (user: User) => void;
}) {
  return (
    <Dialog title={t(user === undefined ? 'users.add' : 'user.edit')} close={close}>
      <Form
        action={t(user === undefined ? 'users.add.action' : 'save')}
        cancel={close}
        submit={async (entered) => {
          // A field that was emptied takes its value away.
          const emptied = { name: null, external_user_id: null, email: null, mobile: null };
          const { data } =
            user === undefined
              ? await call<User>('POST', '/v1/users', { body: entered })
              : await call<User>('PATCH', `/v1/users/${user.user_id}`, { body: { ...emptied, ...entered } });
          tell(t(user === undefined ? 'user.added' : 'saved'));
          close();
          done(data);
        }}
      >
        <Field name="name" label={t('name')} value={user?.name ?? ''} />
        <Field
          name="external_user_id"
          label={t('user.external')}
          hint={t('user.external.hint')}
          value={user?.external_user_id ?? ''}
          ltr
        />
        <Field name="email" label={t('email')} type="email" value={user?.email ?? ''} ltr />
        <Field name="mobile" label={t('user.mobile')} type="tel" value={user?.mobile ?? ''} ltr />
      </Form>
    </Dialog>
  );
}
