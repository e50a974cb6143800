/** What is around every page: navigation, whose tenant it is, and who is signed in. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { IconButton } from '../../../pages/app/parts/button.tsx';
import { Icon } from '../../../pages/app/parts/icon.tsx';
import { LanguageSwitch } from '../../../pages/app/shell/language-switch.tsx';
import { Mark } from '../../../pages/app/shell/mark.tsx';
import { ThemeSwitch } from '../../../pages/app/shell/theme-switch.tsx';
import { at, BASE } from '../address.ts';
import { signOut } from '../api/client.ts';
import { isPlatform, may, me } from '../api/session.ts';
import { type PageRow, pages } from '../pages.tsx';
import { said, t } from '../words/words.ts';
import { LiveLamp } from './live-lamp.tsx';
import { TenantChoice } from './tenant-choice.tsx';

export function Shell({ children }: { readonly children: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const { path } = useLocation();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    setOpen(false);
    // A page that was gone to is read from its beginning; the first one is where the browser put it.
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [path]);
  return (
    <div class={open ? 'shell nav-open' : 'shell'}>
      <a class="skip" href="#main">
        {t('skip')}
      </a>
      <header class="bar">
        <span class="menu-button">
          <IconButton icon="menu" label={t('menu')} press={() => setOpen(!open)} pressed={open} />
        </span>
        <a class="home" href={at('/')} aria-label={t('home')}>
          <Mark />
        </a>
        <span class="spring" />
        <LiveLamp />
        {isPlatform.value && <TenantChoice />}
        <LanguageSwitch />
        <ThemeSwitch />
      </header>
      <Navigation path={path} />
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Navigation({ path }: { readonly path: string }) {
  const shown = pages.filter(({ entry, role }) => entry !== undefined && may(role));
  return (
    <nav class="nav" aria-label={t('navigation')}>
      <div class="nav-column">
        {(['work', 'setup', 'platform'] as const).map((group) => {
          const rows = shown.filter(({ entry }) => entry?.group === group);
          if (rows.length === 0) return null;
          return (
            <div class="nav-group" key={group}>
              <p class="nav-title">{t(`group.${group}`)}</p>
              <ul>
                {rows.map((row) => (
                  <li key={row.path}>
                    <NavigationLink row={row} path={path} />
                  </li>
                ))}
              </ul>
            </div>
          );
        })}
        <span class="spring" />
        <Person path={path} />
      </div>
    </nav>
  );
}

function NavigationLink({ row, path }: { readonly row: PageRow; readonly path: string }) {
  const href = at(row.path);
  const here = row.path === '/' ? path === BASE : path === href || path.startsWith(`${href}/`);
  if (row.entry === undefined) return null;
  return (
    <a href={href} aria-current={here ? 'page' : undefined}>
      <Icon name={row.entry.icon} />
      {t(row.entry.word)}
    </a>
  );
}

function Person({ path }: { readonly path: string }) {
  const person = me.value;
  if (person === null || person === undefined) return null;
  return (
    <div class="person">
      <a href={at('/account')} aria-current={path === at('/account') ? 'page' : undefined}>
        <bdi>{person.name ?? person.email}</bdi>
        <small>{said('role', person.role)}</small>
      </a>
      <IconButton icon="signOut" label={t('signOut')} press={() => void signOut()} />
    </div>
  );
}
