/** What is around every view: where one is, whether it is live, and how the engine does. */

import { Field, Form } from '../../../pages/app/parts/form.tsx';
import { Lamp } from '../../../pages/app/parts/lamp.tsx';
import { Toasts } from '../../../pages/app/parts/toast.tsx';
import { LanguageSwitch } from '../../../pages/app/shell/language-switch.tsx';
import { Mark } from '../../../pages/app/shell/mark.tsx';
import { ThemeSwitch } from '../../../pages/app/shell/theme-switch.tsx';
import { number } from '../../../pages/app/words/speech.ts';
import { locked, unlock } from '../api/client.ts';
import { connected, live } from '../api/live.ts';
import { at, place, type ViewName, views } from '../place.ts';
import { t } from '../words/words.ts';
import { Actors } from './actors.tsx';
import { Connections } from './connections.tsx';
import { Letters } from './letters.tsx';
import { Shards } from './shards.tsx';

const components = { actors: Actors, shards: Shards, connections: Connections, letters: Letters } as const;

export function Inspector() {
  if (locked.value) return <Locked />;
  const { view } = place.value;
  const View = components[view];
  document.title = `${t(`view.${view}`)} · ${t('product')}`;
  return (
    <div class="page">
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        {t('skip')}
      </button>
      <header class="bar">
        <Mark />
        <h1 class="page-title">{t('title')}</h1>
        <nav class="views" aria-label={t('navigation')}>
          {views.map((name) => (
            <a key={name} href={at(name)} aria-current={name === view ? 'page' : undefined}>
              {t(`view.${name}`)}
              <Count of={name} />
            </a>
          ))}
        </nav>
        <span class="spring" />
        <Lamp on={connected.value}>{t(connected.value ? 'live.on' : 'live.off')}</Lamp>
        <LanguageSwitch />
        <ThemeSwitch />
      </header>
      <main id="main" class={`view-${view}`} tabIndex={-1}>
        <View />
      </main>
      <Toasts />
    </div>
  );
}

function Count({ of }: { readonly of: ViewName }) {
  const picture = live.value?.picture;
  if (picture === undefined || of === 'shards') return null;
  const counts = {
    actors: picture.counts.live ?? picture.listed,
    connections: picture.connections,
    letters: picture.dead_letters,
  };
  const bad = of === 'letters' && counts.letters > 0;
  return <span class={bad ? 'count bad' : 'count'}>{number(counts[of])}</span>;
}

function Locked() {
  return (
    <main class="sign-in">
      <section class="card">
        <Mark />
        <h1>{t('token.title')}</h1>
        <p class="about">{t('token.about')}</p>
        <Form action={t('token.action')} submit={async ({ token = '' }) => unlock(token)}>
          <Field name="token" label={t('token.label')} type="password" required ltr />
        </Form>
      </section>
      <div class="sign-in-switches">
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </main>
  );
}
