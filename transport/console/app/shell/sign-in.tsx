import { Field, Form } from '../../../pages/app/parts/form.tsx';
import { LanguageSwitch } from '../../../pages/app/shell/language-switch.tsx';
import { Mark } from '../../../pages/app/shell/mark.tsx';
import { ThemeSwitch } from '../../../pages/app/shell/theme-switch.tsx';
import { signIn } from '../api/client.ts';
import { t } from '../words/words.ts';

/** In place of everything while nobody is signed in; the address stays, so that signing in leads back to it. */
export function SignIn() {
  return (
    <main class="sign-in">
      <section class="card">
        <Mark />
        <h1>{t('signIn.title')}</h1>
        <p class="about">{t('signIn.about')}</p>
        <Form
          action={t('signIn.action')}
          submit={async ({ email = '', password = '' }) => signIn(email, password)}
        >
          <Field name="email" label={t('email')} required autocomplete="username" ltr />
          <Field
            name="password"
            label={t('password')}
            type="password"
            required
            autocomplete="current-password"
            ltr
          />
        </Form>
      </section>
      <div class="sign-in-switches">
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </main>
  );
}
