/** Whether a user may still be captured at the moment that counts: inside the commit. */
import { type ErrorCode, isThenarError, ThenarError } from '../../engine/errors.ts';
import type { Hand } from '../../engine/palm/types.ts';
import type { AuditEntry, Write } from '../../engine/ports.ts';
import type { JsonObject } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { assertCapturable, assertHandAllowed, capturableCheck } from './rules.ts';

export interface Captured {
  readonly tenantId: string;
  readonly userId: string;
  /** Those that are captured or matched; none where any will do. */
  readonly hands: readonly Hand[];
  /** How many palms the user must have; left out where that does not matter. */
  readonly palmCount?: number;
}

/**
 * Runs a commit that must hold `checks`; when the user lost the right meanwhile, throws what says so.
 * @throws ThenarError user_not_found, user_suspended, consent_required, kyc_required, palm_restricted, conflict when the
 *   user has another number of palms, or what `commit` throws
 */
export async function withStanding<T>(
  context: Context,
  { tenantId, userId, hands, palmCount }: Captured,
  commit: (check: Write) => Promise<T>,
): Promise<T> {
  const tenant = context.views.tenant(tenantId);
  try {
    return await commit(capturableCheck(tenant, userId, hands, palmCount));
  } catch (error) {
    if (!isThenarError(error, 'user_suspended')) throw error;
    // What memory holds of the user was wrong, or is by now.
    context.views.forgetUser(tenantId, userId);
    const user = await context.store.get('users', { tenantId, userId, status: { not: 'deleted' } });
    if (user === null) throw new ThenarError('user_not_found', 'There is no such user.');
    assertCapturable(tenant, user);
    for (const hand of hands) assertHandAllowed(user, hand);
    if (palmCount !== undefined && user.palmCount !== palmCount) {
      throw new ThenarError('conflict', 'The palms of this user have just changed.');
    }
    throw error;
  }
}

/** Refusals that the audit log keeps: somebody's palm was asked for and not given. */
const refusals: Partial<Readonly<Record<ErrorCode, string>>> = {
  consent_required: 'consent_refused',
  kyc_required: 'kyc_refused',
  palm_restricted: 'palm_restriction_refused',
};

/** The audit record of a refusal; null for errors that are none. */
export function refusalEntry(
  error: unknown,
  facts: { readonly actor: string; readonly userId: string; readonly details: JsonObject },
): AuditEntry | null {
  const eventType = isThenarError(error) ? refusals[error.code] : undefined;
  return eventType === undefined ? null : { eventType, severity: 'warning', ...facts };
}

/** Runs `work`; a refusal is answered once it is on record. */
export async function recordingRefusal<T>(
  context: Context,
  facts: {
    readonly tenantId: string;
    readonly actor: string;
    readonly userId: string;
    readonly details: JsonObject;
  },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { tenantId, ...about } = facts;
    const entry = refusalEntry(error, about);
    if (entry !== null) await context.store.commit({ tenantId, writes: [], audit: [entry] });
    throw error;
  }
}
