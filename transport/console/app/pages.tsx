/**
 * Every page: its path, its name, who sees it. A row here is a place in the navigation (with `icon`) and a route; the
 * page's program is loaded when somebody goes there.
 */
import type { ComponentType } from 'preact';
import lazy from 'preact-iso/lazy';
import type { IconName } from '../../pages/app/parts/icon.tsx';
import type { Role } from './api/wire.ts';
import type { Word } from './words/words.ts';

export interface PageRow {
  /** Below /console, with preact-iso's parameters. */
  readonly path: string;
  readonly component: ComponentType;
  /** In the navigation, under this name and picture; others are reached from pages. */
  readonly entry?: {
    readonly word: Word;
    readonly icon: IconName;
    readonly group: 'work' | 'setup' | 'platform';
  };
  readonly role: Role;
  /** What the page shows is the deployment's: a platform administrator needs no tenant for it. */
  readonly platform?: true;
  /** `g`, then this letter, goes there. */
  readonly key?: string;
}

export const pages: readonly PageRow[] = [
  {
    path: '/',
    component: lazy(() => import('./pages/dashboard.tsx')),
    entry: { word: 'dashboard.title', icon: 'dashboard', group: 'work' },
    role: 'viewer',
    key: 'h',
  },
  {
    path: '/users',
    component: lazy(() => import('./pages/users.tsx')),
    entry: { word: 'users.title', icon: 'users', group: 'work' },
    role: 'viewer',
    key: 'u',
  },
  { path: '/users/:id', component: lazy(() => import('./pages/user.tsx')), role: 'viewer' },
  {
    path: '/devices',
    component: lazy(() => import('./pages/devices.tsx')),
    entry: { word: 'devices.title', icon: 'devices', group: 'work' },
    role: 'viewer',
    key: 'd',
  },
  { path: '/devices/:id', component: lazy(() => import('./pages/device.tsx')), role: 'viewer' },
  {
    path: '/challenges',
    component: lazy(() => import('./pages/challenges.tsx')),
    entry: { word: 'challenges.title', icon: 'challenges', group: 'work' },
    role: 'viewer',
    key: 'c',
  },
  { path: '/challenges/:id', component: lazy(() => import('./pages/challenge.tsx')), role: 'viewer' },
  {
    path: '/clients',
    component: lazy(() => import('./pages/clients.tsx')),
    entry: { word: 'clients.title', icon: 'clients', group: 'setup' },
    role: 'viewer',
  },
  {
    path: '/webhooks',
    component: lazy(() => import('./pages/webhooks.tsx')),
    entry: { word: 'webhooks.title', icon: 'webhooks', group: 'setup' },
    role: 'viewer',
    key: 'w',
  },
  { path: '/webhooks/:id', component: lazy(() => import('./pages/webhook.tsx')), role: 'viewer' },
  {
    path: '/services',
    component: lazy(() => import('./pages/services.tsx')),
    entry: { word: 'services.title', icon: 'services', group: 'setup' },
    role: 'viewer',
    key: 's',
  },
  {
    path: '/audit',
    component: lazy(() => import('./pages/audit.tsx')),
    entry: { word: 'audit.title', icon: 'audit', group: 'setup' },
    role: 'viewer',
    key: 'a',
  },
  {
    path: '/people',
    component: lazy(() => import('./pages/people.tsx')),
    entry: { word: 'people.title', icon: 'people', group: 'setup' },
    role: 'tenant_admin',
    key: 'p',
  },
  {
    path: '/settings',
    component: lazy(() => import('./pages/settings.tsx')),
    entry: { word: 'settings.title', icon: 'settings', group: 'setup' },
    role: 'tenant_admin',
  },
  {
    path: '/tenants',
    component: lazy(() => import('./pages/tenants.tsx')),
    entry: { word: 'tenants.title', icon: 'tenants', group: 'platform' },
    role: 'platform_admin',
    platform: true,
    key: 't',
  },
  {
    path: '/palm',
    component: lazy(() => import('./pages/palm.tsx')),
    entry: { word: 'palm.title', icon: 'palms', group: 'platform' },
    role: 'platform_admin',
    platform: true,
  },
  {
    path: '/tls',
    component: lazy(() => import('./pages/tls.tsx')),
    entry: { word: 'tls.title', icon: 'tls', group: 'platform' },
    role: 'platform_admin',
    platform: true,
  },
  {
    path: '/platform-audit',
    component: lazy(() => import('./pages/platform-audit.tsx')),
    entry: { word: 'audit.platform.title', icon: 'audit', group: 'platform' },
    role: 'platform_admin',
    platform: true,
  },
  {
    path: '/account',
    component: lazy(() => import('./pages/account.tsx')),
    role: 'viewer',
    platform: true,
  },
];
