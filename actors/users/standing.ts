/** What a user may do here: suspended or active, and with which hands. */
import type { PalmRestriction } from '../../engine/records.ts';
import { endSessionsWrites } from '../accounts/live-sessions.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { handsOf, isHandAllowed } from '../palms/rules.ts';
import { emit } from '../webhook/emit.ts';
import { cancelChallenges } from './challenges.ts';
import { changeUser } from './change.ts';

const changes = {
  suspended: { eventType: 'user_suspended', event: 'user.suspended' },
  active: { eventType: 'user_reactivated', event: 'user.reactivated' },
} as const;

/** The same status again changes nothing, and nobody is told twice. */
export async function setUserStatus(
  context: Context,
  call: TenantCall,
  userId: string,
  status: 'active' | 'suspended',
  reason: string | null,
): Promise<void> {
  const { tenantId, actor } = call;
  const { eventType, event } = changes[status];
  await changeUser(context, tenantId, userId, (user, now) => {
    if (user.status === status) return { unchanged: null };
    const { externalUserId } = user;
    return {
      set: { status },
      audit: [
        {
          eventType,
          severity: 'warning',
          actor,
          userId,
          details: reason === null ? {} : { reason },
        },
      ],
      writes: status === 'suspended' ? endSessionsWrites(tenantId, userId) : [],
      emission: emit(context, tenantId, event, { userId, externalUserId, reason, changedAt: now }),
      value: null,
    };
  });
  context.liveSessions.forget(tenantId, userId);
  if (status === 'suspended') cancelChallenges(context, tenantId, userId, 'user_suspended');
}

export async function restrictUser(
  context: Context,
  call: TenantCall,
  userId: string,
  palmRestriction: PalmRestriction,
): Promise<void> {
  const { tenantId, actor } = call;
  const { user } = await changeUser(context, tenantId, userId, (before) => {
    if (before.palmRestriction === palmRestriction) return { unchanged: null };
    const details = { restriction: palmRestriction, before: before.palmRestriction };
    return {
      set: { palmRestriction },
      audit: [{ eventType: 'palm_restriction_changed', severity: 'warning', actor, userId, details }],
      value: null,
    };
  });
  if (palmRestriction === 'all') return;
  // A challenge for any hand goes on while one is left.
  cancelChallenges(context, tenantId, userId, 'palm_restricted', ({ palmType }) =>
    palmType === null
      ? palmRestriction === 'disable'
      : handsOf(palmType).some((hand) => !isHandAllowed(user, hand)),
  );
}
