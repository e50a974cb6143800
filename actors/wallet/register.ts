/** The user that a token's subject is from now on. */
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { newUser } from '../../engine/identity/user.ts';
import type { Write } from '../../engine/ports.ts';
import type { WalletUserRecord } from '../../engine/records.ts';
import type { SubjectCall } from '../calls.ts';
import type { Context } from '../context.ts';

export interface Registered {
  readonly user: WalletUserRecord;
  readonly created: boolean;
}

/**
 * The subject of a provider becomes a new user; one of our own is the user it names already. Whoever else registers
 * the same subject meanwhile gets the same user.
 */
export async function registerUser(
  context: Context,
  call: SubjectCall,
  displayName: string | null,
): Promise<Registered> {
  const { store, clock, random, deployment } = context;
  const { tenantId, issuer, subject } = call;
  const known = await store.get('walletUsers', { tenantId, issuer, subject });
  if (known !== null) return { user: known, created: false };
  const own = issuer === deployment.issuer;
  const userId = own ? subject : random.uuid();
  const user: WalletUserRecord = { tenantId, issuer, subject, userId, createdAt: clock.now() };
  const person: Write = own
    ? {
        check: 'users',
        where: { tenantId, userId, status: { not: 'deleted' } },
        otherwise: 'user_not_found',
      }
    : { insert: 'users', row: newUser({ userId, tenantId, name: displayName, createdAt: user.createdAt }) };
  const actor = `user/${userId}`;
  try {
    await store.commit({
      tenantId,
      writes: [person, { insert: 'walletUsers', row: user, conflict: 'conflict' }],
      audit: [
        ...(own ? [] : [{ eventType: 'user_created', actor, userId }]),
        { eventType: 'wallet_user_registered', actor, userId },
      ],
    });
    return { user, created: true };
  } catch (error) {
    if (!isThenarError(error, 'conflict')) throw error;
    const first = await store.get('walletUsers', { tenantId, issuer, subject });
    if (first === null) throw new ThenarError('version_conflict', 'The registration was erased meanwhile.');
    return { user: first, created: false };
  }
}
