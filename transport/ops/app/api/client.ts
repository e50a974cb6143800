/** Calls of the ops listener, with the operator's token where it has one. */
import { signal } from '@preact/signals';
import { type Refusal, refusalOf, unreachable } from '../../../pages/app/api/refusal.ts';

/** For as long as the tab lives, and in no other one. */
const KEPT = 'thenar.operator';

/** Whether the listener wants a token that we do not have. */
export const locked = signal(false);
/** Rises when a token was entered, so that whatever was refused is asked again. */
export const unlocked = signal(0);

function headers(): Record<string, string> {
  const token = sessionStorage.getItem(KEPT);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Opens a stream of events; null when a token is needed first. */
export async function open(path: string, signal: AbortSignal): Promise<Response | null> {
  const response = await fetch(path, { headers: headers(), signal });
  if (response.status !== 401) return response;
  locked.value = true;
  return null;
}

/** @throws Refusal */
export async function call<T>(method: 'GET' | 'POST', path: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(path, {
    method,
    // A form on another page cannot send this one.
    headers: { ...headers(), ...(method === 'POST' ? { 'x-thenar-ops': '1' } : {}) },
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw unreachable();
  });
  if (response.ok) return (await response.json()) as T;
  const refusal: Refusal = await refusalOf(response);
  if (refusal.status === 401) locked.value = true;
  throw refusal;
}

/** Keeps the token when the listener takes it. @throws Refusal when it does not */
export async function unlock(token: string): Promise<void> {
  sessionStorage.setItem(KEPT, token);
  try {
    await call('GET', '/actors?limit=1');
  } catch (error) {
    sessionStorage.removeItem(KEPT);
    throw error;
  }
  locked.value = false;
  unlocked.value += 1;
}
