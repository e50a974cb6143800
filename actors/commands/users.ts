import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { type Eventually, then } from '../../engine/eventually.ts';
import { normalEmail, normalMobile } from '../../engine/identity/contact.ts';
import { newUser } from '../../engine/identity/user.ts';
import type { UserRecord } from '../../engine/records.ts';
import { remembered } from '../../engine/remembered.ts';
import { loginWrites } from '../accounts/live-sessions.ts';
import type { EngineApi, UpdateUser, UserReference, UserView } from '../api.ts';
import type { Context } from '../context.ts';
import { changeUser } from '../users/change.ts';
import { eraseUser } from '../users/erase.ts';
import { exportUser } from '../users/export.ts';
import { listUsers } from '../users/list.ts';
import { restrictUser, setUserStatus } from '../users/standing.ts';
import type { UserEntry } from '../views.ts';

/** Users of a tenant: create or map, read, search, change, erase. */
export function userCommands(context: Context): EngineApi['users'] {
  const { clock, random, store, views } = context;

  function view(tenantId: string, reference: UserReference): Eventually<UserView> {
    return then(views.user(tenantId, reference), viewOf);
  }

  return {
    async create(call, input) {
      const { tenantId } = call;
      const { externalUserId } = input;
      if (externalUserId !== undefined) {
        const existing = await known(() => view(tenantId, { externalUserId }));
        if (existing !== null) return { user: existing, created: false };
      }
      const facts = { userId: random.uuid(), tenantId, createdAt: clock.now() };
      const user = newUser({ ...normal(input), ...facts });
      try {
        await views.newUser(user, () =>
          store.commit({
            tenantId,
            writes: [{ insert: 'users', row: user }],
            audit: [{ eventType: 'user_created', actor: call.actor, userId: user.userId }],
          }),
        );
      } catch (error) {
        // Somebody mapped the same identifier at the same moment: it is the same user for both.
        if (!isThenarError(error, 'external_user_id_taken') || externalUserId === undefined)
          throw taken(error);
        return { user: await view(tenantId, { externalUserId }), created: false };
      }
      return { user: { ...user, palms: [] }, created: true };
    },
    get: (call, reference) => view(call.tenantId, reference),
    list: (call, query) => listUsers(context, call, query),
    async update(call, userId, input) {
      const set = normal(input);
      await changeUser(context, call.tenantId, userId, (user) => {
        const changed = Object.keys(set).filter((field) => differs(user, set, field as keyof UpdateUser));
        if (changed.length === 0) return { unchanged: null };
        const details = { fields: changed.map((field) => fieldNames[field as keyof UpdateUser]) };
        return {
          set,
          writes:
            set.email !== undefined && changed.includes('email')
              ? loginWrites(call.tenantId, userId, set.email)
              : [],
          audit: [{ eventType: 'user_updated', actor: call.actor, userId, details }],
          value: null,
        };
      }).catch((error: unknown) => {
        throw taken(error);
      });
      return view(call.tenantId, { userId });
    },
    async setStatus(call, userId, status, reason) {
      await setUserStatus(context, call, userId, status, reason);
      return view(call.tenantId, { userId });
    },
    async restrict(call, userId, restriction) {
      await restrictUser(context, call, userId, restriction);
      return view(call.tenantId, { userId });
    },
    export: (call, userId) => exportUser(context, call, userId),
    async remove(call, reference) {
      const { user } = await views.user(call.tenantId, reference);
      return eraseUser(context, call, user.userId);
    },
    async erasure(call, erasureId) {
      const erasure = await store.get('erasures', { tenantId: call.tenantId, erasureId });
      if (erasure === null) throw new ThenarError('not_found', 'There is no such erasure.');
      return erasure;
    },
  };
}

/** The entry is another one when the user changed. */
const viewOf = remembered(({ user, palms }: UserEntry): UserView => ({ ...user, palms }));

async function known<T>(find: () => Eventually<T>): Promise<T | null> {
  try {
    return await find();
  } catch (error) {
    if (isThenarError(error, 'user_not_found')) return null;
    throw error;
  }
}

/** As the audit log names what changed; what it changed to is personal and stays out of it. */
const fieldNames: Readonly<Record<keyof UpdateUser, string>> = {
  externalUserId: 'external_user_id',
  email: 'email',
  mobile: 'mobile',
  name: 'name',
  metadata: 'metadata',
};

/** Contact values in their one way of writing; metadata is never null in a row. */
function normal({ email, mobile, metadata, ...rest }: UpdateUser) {
  return {
    ...rest,
    ...(email === undefined ? {} : { email: email === null ? null : normalEmail(email) }),
    ...(mobile === undefined ? {} : { mobile: mobile === null ? null : normalMobile(mobile) }),
    ...(metadata === undefined ? {} : { metadata: metadata ?? {} }),
  };
}

function differs(user: UserRecord, set: UpdateUser, field: keyof UpdateUser): boolean {
  return field === 'metadata'
    ? JSON.stringify(user.metadata) !== JSON.stringify(set.metadata)
    : user[field] !== set[field];
}

/** A unique index speaks of itself; callers are told what to change. */
function taken(error: unknown): unknown {
  if (isThenarError(error, 'identity_taken')) {
    return new ThenarError('identity_taken', 'This e-mail address or mobile number is another user’s.');
  }
  if (isThenarError(error, 'external_user_id_taken')) {
    return new ThenarError('external_user_id_taken', 'This external_user_id is another user’s.');
  }
  return error;
}
