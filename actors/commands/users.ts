import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { openStatuses } from '../../engine/identity/challenge.ts';
import { normalEmail, normalMobile } from '../../engine/identity/contact.ts';
import { newUser } from '../../engine/identity/user.ts';
import { limits } from '../../engine/limits.ts';
import type { IndexedTemplate } from '../../engine/ports.ts';
import type { ErasureRecord } from '../../engine/records.ts';
import type { EngineApi, UserReference, UserView } from '../api.ts';
import type { TenantCall } from '../calls.ts';
import { challengeKey, challengeKind } from '../challenge/protocol.ts';
import type { Context } from '../context.ts';
import { inLane } from '../enrolment/lane.ts';
import {
  finishErasure,
  forgetMigrated,
  removalEntries,
  removalsIndexed,
  removalWrites,
} from '../palms/remove.ts';

/** Users of a tenant: create or map, read, erase. */
export function userCommands(context: Context): EngineApi['users'] {
  const { clock, random, store, views } = context;

  async function view(tenantId: string, reference: UserReference): Promise<UserView> {
    const { user, palms } = await views.user(tenantId, reference);
    return { ...user, palms };
  }

  return {
    async create(call, input) {
      const { tenantId } = call;
      const { externalUserId } = input;
      if (externalUserId !== undefined) {
        const existing = await known(() => view(tenantId, { externalUserId }));
        if (existing !== null) return { user: existing, created: false };
      }
      const { email, mobile, ...rest } = input;
      const user = newUser({
        ...rest,
        ...(email === undefined ? {} : { email: normalEmail(email) }),
        ...(mobile === undefined ? {} : { mobile: normalMobile(mobile) }),
        userId: random.uuid(),
        tenantId,
        createdAt: clock.now(),
      });
      try {
        await store.commit({
          tenantId,
          writes: [{ insert: 'users', row: user }],
          audit: [{ eventType: 'user_created', actor: call.actor, userId: user.userId }],
        });
      } catch (error) {
        // Somebody mapped the same identifier at the same moment: it is the same user for both.
        if (!isThenarError(error, 'external_user_id_taken') || externalUserId === undefined) throw error;
        return { user: await view(tenantId, { externalUserId }), created: false };
      }
      return { user: { ...user, palms: [] }, created: true };
    },
    get: (call, reference) => view(call.tenantId, reference),
    async remove(call, reference) {
      const { user } = await views.user(call.tenantId, reference);
      const erasure = await eraseUser(context, call, user.userId);
      finishErasure(context, erasure).catch((error: unknown) => {
        context.log.warn({ erasureId: erasure.erasureId, error }, 'An erasure will be finished later');
      });
      return erasure;
    },
    async erasure(call, erasureId) {
      const erasure = await store.get('erasures', { tenantId: call.tenantId, erasureId });
      if (erasure === null) throw new ThenarError('not_found', 'There is no such erasure.');
      return erasure;
    },
  };
}

async function known<T>(find: () => Promise<T>): Promise<T | null> {
  try {
    return await find();
  } catch (error) {
    if (isThenarError(error, 'user_not_found')) return null;
    throw error;
  }
}

/** Takes personal fields and palms away in one commit; keys and files follow (`finishErasure`). */
async function eraseUser(context: Context, call: TenantCall, userId: string): Promise<ErasureRecord> {
  const { tenantId } = call;
  const { clock, store } = context;
  const erasure = await inLane(context, tenantId, 'erase', call.deadline, async (position) => {
    const palms = await store.list('palms', { where: { tenantId, userId }, limit: limits.read_page_max });
    const now = clock.now();
    const log = removalEntries(palms);
    const record: ErasureRecord = {
      erasureId: context.random.uuid(),
      tenantId,
      userId,
      palmIds: palms.map((palm) => palm.palmId),
      status: 'pending',
      palmPosition: position + log.length,
      requestedAt: now,
      completedAt: null,
    };
    const committed = await store.commit({
      tenantId,
      writes: [
        {
          update: 'users',
          where: { tenantId, userId, status: { not: 'deleted' } },
          set: {
            status: 'deleted',
            externalUserId: null,
            email: null,
            mobile: null,
            name: null,
            metadata: {},
            deletedAt: now,
          },
          otherwise: 'user_not_found',
        },
        ...removalWrites(tenantId, palms),
        forgetMigrated(tenantId, userId),
        { insert: 'erasures', row: record },
      ],
      palmLog: log,
      audit: [
        {
          eventType: 'user_deleted',
          severity: 'warning',
          actor: call.actor,
          userId,
          details: { erasure_id: record.erasureId, palms: palms.length },
        },
      ],
    });
    context.views.forgetUser(tenantId, userId);
    await unindex(context, tenantId, removalsIndexed(log, committed.palmPosition));
    return { value: record, position: log.length === 0 ? null : committed.palmPosition + log.length - 1 };
  });
  cancelChallenges(context, tenantId, userId).catch((error: unknown) => {
    // No harm but a prompt at a scanner: completing a challenge looks the user up.
    context.log.warn({ userId, error }, 'Challenges of an erased user stay until they expire');
  });
  return erasure;
}

/** A committed erasure is acknowledged whatever the index says: the shard reads the log and catches up. */
async function unindex(
  context: Context,
  tenantId: string,
  removed: readonly IndexedTemplate[],
): Promise<void> {
  if (removed.length === 0) return;
  try {
    await context.matcher.apply(tenantId, removed);
  } catch (error) {
    context.log.warn({ tenantId, error }, 'An erased palm waits for the shard to read the log');
  }
}

async function cancelChallenges(context: Context, tenantId: string, userId: string): Promise<void> {
  const open = await context.store.list('challenges', {
    where: { tenantId, userId, status: { in: openStatuses } },
  });
  for (const challenge of open) {
    context.directory.tell(challengeKind, challengeKey(challenge), {
      type: 'cancel',
      reason: 'user_deleted',
      actor: 'engine',
    });
  }
}
