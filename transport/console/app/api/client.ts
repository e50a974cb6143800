/** Calls of the public interface, as a console session makes them. */
import { Refusal, refusalOf, unreachable } from '../../../pages/app/api/refusal.ts';
import { csrf, isPlatform, me, signedOut, tenantId } from './session.ts';
import type { Me } from './wire.ts';

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Pagination {
  readonly page: number;
  readonly page_size: number;
  readonly total: number;
}

export interface Reply<T> {
  readonly data: T;
  readonly pagination?: Pagination;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

interface Options {
  readonly query?: Query;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

/** What every call carries; the cookie comes by itself. */
export function callHeaders(method: Method, hasBody = false): Record<string, string> {
  const headers: Record<string, string> = {};
  if (hasBody) headers['content-type'] = 'application/json';
  const token = csrf.read();
  if (method !== 'GET' && token !== null) headers['x-csrf-token'] = token;
  if (isPlatform.value && tenantId.value !== null) headers['x-tenant-id'] = tenantId.value;
  return headers;
}

export function withQuery(path: string, query: Query = {}): string {
  const kept = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  if (kept.length === 0) return path;
  return `${path}?${new URLSearchParams(kept.map(([name, value]) => [name, String(value)]))}`;
}

/** @throws Refusal */
export async function call<T>(method: Method, path: string, options: Options = {}): Promise<Reply<T>> {
  const { query, body, signal } = options;
  const response = await fetch(withQuery(path, query), {
    method,
    headers: callHeaders(method, body !== undefined),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw unreachable();
  });
  if (response.ok) return (await response.json()) as Reply<T>;
  const refusal = await refusalOf(response);
  // A session that was there is over: what is on screen stays where it is until somebody signed in again.
  if (refusal.code === 'unauthenticated' || refusal.code === 'csrf_token_invalid') signedOut();
  throw refusal;
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<Reply<T>> =>
  call<T>('GET', path, {
    ...(query === undefined ? {} : { query }),
    ...(signal === undefined ? {} : { signal }),
  });

export async function signIn(email: string, password: string): Promise<void> {
  const { data } = await call<{ readonly csrf_token: string }>('POST', '/v1/console/login', {
    body: { email, password },
  });
  csrf.keep(data.csrf_token);
  me.value = (await get<Me>('/v1/console/me')).data;
}

export async function signOut(): Promise<void> {
  await call('POST', '/v1/console/logout').catch(() => undefined);
  signedOut();
}

/** Finds out at the start whether the cookie still opens a session, and whether we may change anything with it. */
export async function resume(): Promise<void> {
  if (csrf.read() === null) {
    me.value = null;
    return;
  }
  try {
    me.value = (await get<Me>('/v1/console/me')).data;
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 401) me.value = null;
  }
}
