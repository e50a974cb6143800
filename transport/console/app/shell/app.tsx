import { LocationProvider, Route, Router } from 'preact-iso/router';
import { LinkButton } from '../../../pages/app/parts/button.tsx';
import { Empty, Skeleton } from '../../../pages/app/parts/states.tsx';
import { Toasts } from '../../../pages/app/parts/toast.tsx';
import { at, BASE } from '../address.ts';
import { isPlatform, may, me, tenantId } from '../api/session.ts';
import { type PageRow, pages } from '../pages.tsx';
import { t } from '../words/words.ts';
import { Keys } from './keys.tsx';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';

export function App() {
  return (
    <LocationProvider scope={BASE}>
      <Content />
      <Toasts />
    </LocationProvider>
  );
}

function Content() {
  const person = me.value;
  if (person === undefined) return <Skeleton lines={1} />;
  if (person === null) return <SignIn />;
  return (
    <Shell>
      <Keys />
      <Router>
        {pages.map((row) => (
          <Route key={row.path} path={at(row.path)} component={guarded(row)} />
        ))}
        <Route default component={Nowhere} />
      </Router>
    </Shell>
  );
}

const guards = new Map<PageRow, ReturnType<typeof guard>>();

/** One component a row for good: a new one at each drawing would be a new page each time. */
function guarded(row: PageRow): ReturnType<typeof guard> {
  const known = guards.get(row) ?? guard(row);
  guards.set(row, known);
  return known;
}

/** The page, for whoever may see it and has a tenant to see it of. */
function guard({ component: Shown, role, platform }: PageRow) {
  return function Guarded(props: object) {
    if (!may(role)) return <Nowhere />;
    if (isPlatform.value && tenantId.value === null && platform !== true) return <NoTenant />;
    // Whatever a page holds is of one tenant; of another one it is another page.
    return <Shown key={platform === true ? '' : tenantId.value} {...props} />;
  };
}

function NoTenant() {
  return (
    <Empty icon="tenants" title={t('tenant.none')}>
      {t('tenant.none.about')}
    </Empty>
  );
}

function Nowhere() {
  return (
    <Empty
      icon="search"
      title={t('nowhere')}
      action={<LinkButton href={at('/')}>{t('dashboard.title')}</LinkButton>}
    />
  );
}
