/** Which user an address belongs to, and a new one when it belongs to nobody. */
import type { CodeTarget } from '../../engine/accounts/target.ts';
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { newUser } from '../../engine/identity/user.ts';
import { limits } from '../../engine/limits.ts';
import type { AuditEntry, Write } from '../../engine/ports.ts';
import type { UserRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';

/** The user who carries that address; null when nobody does. */
export function ownerOf(context: Context, tenantId: string, target: CodeTarget): Promise<UserRecord | null> {
  return context.store.get('users', { tenantId, ...target, status: { not: 'deleted' } });
}

export interface Found {
  readonly user: UserRecord;
  readonly created: boolean;
}

/** What else the commit holds that takes the user up: it is made for one user and tried with another after a race. */
export type Taking = (found: Found) => {
  readonly writes: readonly Write[];
  readonly audit: readonly AuditEntry[];
};

/**
 * Finds the owner of an address that was proven, or makes a user for it, and commits what depends on it in the same
 * transaction. Two sign-ups of one address at the same moment both find nobody; then the address lets only one of
 * them in, and the other looks again and finds the user that the first made.
 */
export async function findOrCreate(
  context: Context,
  tenantId: string,
  target: CodeTarget,
  more: { readonly name: string | null; readonly actor: string },
  taking: Taking,
): Promise<Found> {
  for (let tries = 1; ; tries += 1) {
    const owner = await ownerOf(context, tenantId, target);
    if (owner !== null) return takeUp(context, { user: owner, created: false }, taking);
    try {
      return await create(context, tenantId, target, more, taking);
    } catch (error) {
      if (!isThenarError(error, 'identity_taken') || tries >= limits.find_or_create_tries_max) throw error;
    }
  }
}

async function takeUp(context: Context, found: Found, taking: Taking): Promise<Found> {
  const { tenantId, userId, status } = found.user;
  if (status !== 'active') throw new ThenarError('user_suspended', `This user is ${status}.`);
  const { writes, audit } = taking(found);
  await context.store.commit({
    tenantId,
    writes: [
      { check: 'users', where: { tenantId, userId, status: 'active' }, otherwise: 'user_suspended' },
      ...writes,
    ],
    audit,
  });
  return found;
}

async function create(
  context: Context,
  tenantId: string,
  target: CodeTarget,
  more: { readonly name: string | null; readonly actor: string },
  taking: Taking,
): Promise<Found> {
  const { clock, random, store } = context;
  const userId = random.uuid();
  const user = newUser({ userId, tenantId, createdAt: clock.now(), name: more.name, ...target });
  const found = { user, created: true };
  const { writes, audit } = taking(found);
  await context.views.newUser(user, () =>
    store.commit({
      tenantId,
      writes: [{ insert: 'users', row: user }, ...writes],
      audit: [{ eventType: 'user_created', actor: more.actor, userId, details: { by: 'signup' } }, ...audit],
    }),
  );
  return found;
}
