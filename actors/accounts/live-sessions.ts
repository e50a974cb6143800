/** Which sign-ins of a user stand, read once from their rows: every request of a user's token asks. */
import { limits } from '../../engine/limits.ts';
import type { Store, Write } from '../../engine/ports.ts';
import { RecentMap } from '../../engine/recent.ts';

export class LiveSessions {
  readonly #live = new RecentMap<string, ReadonlySet<string>>(limits.user_sessions_cached_max);
  readonly #store: Store;
  #forgets = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  async has(tenantId: string, userId: string, sessionId: string): Promise<boolean> {
    const key = `${tenantId}/${userId}`;
    const known = this.#live.get(key);
    if (known !== undefined) return known.has(sessionId);
    const forgets = this.#forgets;
    const rows = await this.#store.list('userSessions', { where: { tenantId, userId } });
    const live = new Set(rows.map((row) => row.sessionId));
    // Something ended or began while we read: what we hold may be from before it, so it serves this call only.
    if (forgets === this.#forgets) this.#live.set(key, live);
    return live.has(sessionId);
  }

  /** After every commit that began or ended a sign-in of the user. */
  forget(tenantId: string, userId: string): void {
    this.#forgets += 1;
    this.#live.delete(`${tenantId}/${userId}`);
  }
}

/** Part of a commit after which the user must sign in again everywhere; then {@link LiveSessions.forget}. */
export function endSessionsWrites(tenantId: string, userId: string): Write[] {
  return [{ delete: 'userSessions', where: { tenantId, userId } }];
}

/** Part of the commit that gives a user another e-mail address, or none: with it they sign in, and with no other. */
export function loginWrites(tenantId: string, userId: string, email: string | null): Write[] {
  return [
    email === null
      ? { delete: 'userCredentials', where: { tenantId, userId } }
      : { update: 'userCredentials', where: { tenantId, userId }, set: { email } },
    { delete: 'accountLinks', where: { tenantId, userId } },
  ];
}
