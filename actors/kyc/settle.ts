/** Commits what happened to a check: the session, the user's status, the audit record and the event, once. */
import { isThenarError } from '../../engine/errors.ts';
import { kycExpired } from '../../engine/kyc/session.ts';
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT, type Write } from '../../engine/ports.ts';
import type { KycSessionRecord, UserRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { emit, nothingEmitted } from '../webhook/emit.ts';

/** @throws ThenarError kyc_session_over when it has moved on meanwhile; user_not_found; what `also` refuses with */
export async function settleSession(
  context: Context,
  before: KycSessionRecord,
  next: KycSessionRecord,
  actor: string,
  also: readonly Write[] = [],
): Promise<KycSessionRecord> {
  const { tenantId, userId, sessionId } = next;
  const user = await context.store.get('users', { tenantId, userId, status: { not: 'deleted' } });
  // A check that no provider took is nobody's news: the user is where they were.
  const news = next.startedAt !== null && user !== null;
  const emission = news
    ? emit(context, tenantId, 'kyc.status', eventOf(user, next, context.clock.now()))
    : nothingEmitted;
  const { status, reference, random, redirectUrl, reason, startedAt, expiresAt, completedAt, version } = next;
  await context.store.commit({
    tenantId,
    writes: [
      ...also,
      {
        update: 'kycSessions',
        where: { tenantId, sessionId, version: before.version, status: 'pending' },
        set: { status, reference, random, redirectUrl, reason, startedAt, expiresAt, completedAt, version },
        otherwise: 'kyc_session_over',
      },
      ...(news ? [userUpdate(user, next)] : []),
      ...emission.writes,
    ],
    audit: [
      {
        eventType: next.status === 'pending' ? 'kyc_initiated' : `kyc_${next.status}`,
        actor,
        userId,
        details: {
          session_id: sessionId,
          provider: next.provider,
          ...(next.reason === null ? {} : { reason: next.reason }),
        },
      },
    ],
  });
  context.views.forgetUser(tenantId, userId);
  emission.wake();
  return next;
}

function userUpdate({ tenantId, userId }: UserRecord, { status }: KycSessionRecord): Write {
  return {
    update: 'users',
    where: { tenantId, userId, status: { not: 'deleted' } },
    set: { kycStatus: status },
    otherwise: 'user_not_found',
  };
}

function eventOf({ userId, externalUserId }: UserRecord, session: KycSessionRecord, updatedAt: number) {
  const { sessionId, provider, status } = session;
  return { userId, externalUserId, sessionId, provider, status, updatedAt };
}

/** Ends a check whose time is over; harmless when something else ended it first. */
export async function expireSession(context: Context, session: KycSessionRecord): Promise<void> {
  try {
    const next = kycExpired(session, 'no_answer', context.clock.now());
    await settleSession(context, session, next, 'engine');
  } catch (error) {
    if (!isThenarError(error, 'kyc_session_over')) throw error;
  }
}

/** Regular work: checks without an answer end, and callbacks that nobody could repeat any more are forgotten. */
export async function expireOverdueSessions(context: Context): Promise<void> {
  const { clock, store } = context;
  const now = clock.now();
  for (;;) {
    const overdue = await store.list('kycSessions', {
      where: { status: 'pending', expiresAt: { lte: now } },
      limit: limits.read_page_max,
    });
    for (const session of overdue) await expireSession(context, session);
    if (overdue.length < limits.read_page_max) break;
  }
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [{ delete: 'kycCallbacks', where: { expiresAt: { lt: now } } }],
  });
}
