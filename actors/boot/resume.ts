/** What an engine that stopped in the middle left to be done. */
import { isThenarError } from '../../engine/errors.ts';
import { openStatuses } from '../../engine/identity/challenge.ts';
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { ChallengeRecord, UserRecord } from '../../engine/records.ts';
import { challengeKey, challengeKind } from '../challenge/protocol.ts';
import { newChallengeState } from '../challenge/state.ts';
import type { Context } from '../context.ts';
import { courierKind } from '../courier/protocol.ts';
import { linkedServiceKey, linkedServiceKind } from '../linked-service/protocol.ts';
import { finishErasure } from '../palms/remove.ts';
import { assertCapturable, assertHandAllowed, handsOf } from '../palms/rules.ts';
import { wake } from '../webhook/emit.ts';

/**
 * Open challenges are armed again: those past their time expire at once, the others when it comes. Those of users who
 * may not be captured any more are cancelled: the engine may have gone just before it did that.
 */
export async function rearmChallenges(context: Context): Promise<number> {
  let armed = 0;
  for await (const page of context.store.scan('challenges', { status: { in: openStatuses } })) {
    for (const challenge of page) {
      context.directory.adopt(challengeKind, challengeKey(challenge), newChallengeState(challenge));
      armed += 1;
    }
    await cancelForbidden(context, page);
  }
  return armed;
}

async function cancelForbidden(context: Context, challenges: readonly ChallengeRecord[]): Promise<void> {
  const userIds = [...new Set(challenges.map((challenge) => challenge.userId))];
  const users = await context.store.list('users', { where: { userId: { in: userIds } } });
  const byId = new Map(users.map((user) => [user.userId, user]));
  for (const challenge of challenges) {
    const reason = forbidden(context, challenge, byId.get(challenge.userId));
    if (reason === null) continue;
    const cancel = { type: 'cancel', reason, actor: 'engine' } as const;
    context.directory.tell(challengeKind, challengeKey(challenge), cancel);
  }
}

/** The code of the rule that forbids it; null when none does. */
function forbidden(
  context: Context,
  { tenantId, palmType }: ChallengeRecord,
  user: UserRecord | undefined,
): string | null {
  if (user === undefined) return 'user_deleted';
  try {
    assertCapturable(context.views.tenant(tenantId), user);
    if (palmType !== null) for (const hand of handsOf(palmType)) assertHandAllowed(user, hand);
    return null;
  } catch (error) {
    if (isThenarError(error)) return user.status === 'deleted' ? 'user_deleted' : error.code;
    throw error;
  }
}

/**
 * Open challenges long past their time, which no actor ends: committed by an engine that was gone before it knew, or
 * refused a place in memory. Each ends as soon as its actor is there to look at the clock.
 */
export async function expireOverdue(context: Context): Promise<void> {
  const before = context.clock.now() - limits.upkeep_interval_ms;
  const overdue = await context.store.list('challenges', {
    where: { status: { in: openStatuses }, expiresAt: { lt: before } },
    limit: limits.read_page_max,
  });
  for (const challenge of overdue) {
    context.directory.tell(challengeKind, challengeKey(challenge), { type: 'due' });
  }
}

/**
 * Active endpoints with deliveries waiting are woken: at start, and regularly for those whose time has come and that
 * nobody took up, because their wake was lost with the answer of a commit. Waking one that is awake does nothing.
 */
export async function resumeDeliveries(context: Context): Promise<void> {
  for (const [tenantId, webhooks] of context.views.webhooks) {
    for (const { webhookId, status } of webhooks) {
      if (status !== 'active') continue;
      const where = { tenantId, webhookId, status: 'pending' } as const;
      const [waiting] = await context.store.list('deliveries', { where, limit: 1 });
      if (waiting !== undefined) wake(context, tenantId, webhookId);
    }
  }
}

/** Linked services are checked after a start as they were before it, spread over one interval. */
export function watchServices(context: Context): void {
  for (const [tenantId, services] of context.views.linkedServices) {
    if (context.views.tenants.get(tenantId)?.status !== 'active') continue;
    for (const { serviceId } of services) {
      const spreadMs = limits.service_health_interval_ms;
      const key = linkedServiceKey(tenantId, serviceId);
      context.directory.tell(linkedServiceKind, key, { type: 'watch', spreadMs });
    }
  }
}

/** Messages that were not sent yet: their couriers look for them. */
export async function wakeCouriers(context: Context): Promise<void> {
  const waiting = new Set<string>();
  for await (const page of context.store.scan('messages', {})) {
    for (const { tenantId } of page) waiting.add(tenantId);
  }
  for (const tenantId of waiting) context.directory.tell(courierKind, tenantId, { type: 'wake' });
}

/** Tokens of clients that were deleted within the life of a token. */
export async function revokeDeletedClients(context: Context): Promise<void> {
  const now = context.clock.now();
  const since = now - (limits.access_token_life_s + 2 * limits.clock_skew_s) * 1000;
  for await (const page of context.store.scan('clients', { deletedAt: { gt: since } })) {
    for (const { clientId } of page) context.tokens.revokeClient(clientId, now);
  }
}

/** Erasures whose rows are gone but whose keys or files may still be there. */
export async function resumeErasures(context: Context): Promise<void> {
  for await (const page of context.store.scan('erasures', { status: 'pending' })) {
    for (const erasure of page) {
      await finishErasure(context, erasure).catch((error: unknown) => {
        context.log.warn({ erasureId: erasure.erasureId, error }, 'An erasure is still pending');
      });
    }
  }
}

/**
 * Loads the shards of tenants that have palms, as many as have room; the others are loaded when they are needed. Who
 * will be used most is not known: in order of their identifiers.
 */
export async function loadShards(context: Context): Promise<void> {
  for (const tenantId of context.views.tenants.keys()) {
    if (tenantId === PLATFORM_TENANT) continue;
    const palms = await context.store.count('palms', { tenantId });
    if (palms === 0) continue;
    await context.matcher.load(tenantId).catch((error: unknown) => {
      context.log.warn({ tenantId, error }, 'A shard could not be loaded yet');
    });
  }
}
