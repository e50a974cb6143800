/** Changes of one user's row: each decided on the row as it is, and committed only if it still is. */
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { AuditEntry, CommitResult, PalmLogEntry, Write } from '../../engine/ports.ts';
import type { UserRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { type Emission, nothingEmitted } from '../webhook/emit.ts';

export interface UserChange<T> {
  /** The row's version rises with every change, also with one that only adds other rows of the user. */
  readonly set: Partial<UserRecord>;
  readonly audit: readonly AuditEntry[];
  readonly writes?: readonly Write[];
  readonly palmLog?: readonly PalmLogEntry[];
  readonly emission?: Emission;
  readonly value: T;
}

export interface Changed<T> {
  readonly user: UserRecord;
  readonly value: T;
  /** Null when there was nothing to change. */
  readonly committed: CommitResult | null;
}

/**
 * Reads the row, lets `decide` say what becomes of it, and commits that against the version that was read; starts
 * over when somebody else was first. `decide` may read, and throws to refuse.
 * @throws ThenarError user_not_found for a user who is deleted, or what `decide` and the commit throw
 */
export async function changeUser<T>(
  context: Context,
  tenantId: string,
  userId: string,
  decide: (
    user: UserRecord,
    now: number,
  ) => Promise<UserChange<T> | { readonly unchanged: T }> | UserChange<T> | { readonly unchanged: T },
): Promise<Changed<T>> {
  for (let attempt = 1; ; attempt += 1) {
    const user = await context.store.get('users', { tenantId, userId, status: { not: 'deleted' } });
    if (user === null) throw new ThenarError('user_not_found', 'There is no such user.');
    const change = await decide(user, context.clock.now());
    if ('unchanged' in change) return { user, value: change.unchanged, committed: null };
    try {
      return await commitChange(context, user, change);
    } catch (error) {
      if (!isThenarError(error, 'version_conflict') || attempt >= limits.user_change_attempts_max)
        throw error;
    }
  }
}

async function commitChange<T>(
  context: Context,
  user: UserRecord,
  { set, audit, writes = [], palmLog = [], emission = nothingEmitted, value }: UserChange<T>,
): Promise<Changed<T>> {
  const { tenantId, userId, version, status } = user;
  const changes = { ...set, version: version + 1 };
  const committed = await context.store.commit({
    tenantId,
    writes: [
      // An erasure leaves the version alone: it decides on no other value than `deleted`.
      {
        update: 'users',
        where: { tenantId, userId, version, status },
        set: changes,
        otherwise: 'version_conflict',
      },
      ...writes,
      ...emission.writes,
    ],
    audit,
    palmLog,
  });
  context.views.forgetUser(tenantId, userId);
  emission.wake();
  return { user: { ...user, ...changes }, value, committed };
}
