/** Who is signed in here, and on which tenant they act. */
import { computed, signal } from '@preact/signals';
import type { Me, Role } from './wire.ts';

const CSRF = 'thenar.csrf';
const TENANT = 'thenar.tenant';

/** Undefined until it is known; null when nobody is. */
export const me = signal<Me | null | undefined>(undefined);

/** Chosen by a platform administrator; everybody else acts on their own. */
const chosen = signal<string | null>(sessionStorage.getItem(TENANT));

export const tenantId = computed<string | null>(() => me.value?.tenant_id ?? chosen.value);

export const isPlatform = computed(() => me.value?.role === 'platform_admin');

export function actOn(tenant: string | null): void {
  if (tenant === null) sessionStorage.removeItem(TENANT);
  else sessionStorage.setItem(TENANT, tenant);
  chosen.value = tenant;
}

const rank: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, tenant_admin: 2, platform_admin: 3 };

/** Whether whoever is signed in may do what takes this role. What the engine says is what counts; this hides buttons. */
export function may(role: Role): boolean {
  const person = me.value;
  return person !== null && person !== undefined && rank[person.role] >= rank[role];
}

/** Shared by the tabs of a browser, as the cookie is. */
export const csrf = {
  read: (): string | null => localStorage.getItem(CSRF),
  keep: (token: string): void => localStorage.setItem(CSRF, token),
  forget: (): void => localStorage.removeItem(CSRF),
};

export function signedOut(): void {
  csrf.forget();
  actOn(null);
  me.value = null;
}
