import { ThenarError } from '../../engine/errors.ts';
import { isRowIdentity, maskIdentity, normalIdentity, rowFields } from '../../engine/identity/identities.ts';
import type { Write } from '../../engine/ports.ts';
import type { IdentityType, UserRecord } from '../../engine/records.ts';
import type { EngineApi } from '../api.ts';
import type { Context } from '../context.ts';
import { changeUser, type UserChange } from '../users/change.ts';
import {
  findIdentity,
  type Identity,
  identitiesOf,
  identityHash,
  sealedIdentity,
} from '../users/identities.ts';

/** Identities of a user: one a type, each value one user's in the tenant. */
export function identityCommands(context: Context): EngineApi['identities'] {
  return {
    async list(call, userId) {
      const { user } = await context.views.user(call.tenantId, { userId });
      const identities = await identitiesOf(context, user);
      return identities.map((each) => ({ ...each, value: maskIdentity(each.type, each.value) }));
    },
    async link(call, userId, { type, value: given }) {
      const value = normalIdentity(type, given);
      const linked = await changeUser<Identity>(context, call.tenantId, userId, async (user, now) => {
        const current = await findIdentity(context, user, type);
        if (current?.value === value) return { unchanged: current };
        if (current !== null) {
          throw new ThenarError('identity_linked', `This user has another identity of type ${type}.`, {
            details: { type },
          });
        }
        await refuseTaken(context, user, type, value);
        return {
          ...linkChange(context, user, type, value, now),
          audit: [{ eventType: 'identity_linked', actor: call.actor, userId, details: { type } }],
          value: { type, value, linkedAt: isRowIdentity(type) ? null : now },
        };
      });
      return { identity: linked.value, created: linked.committed !== null };
    },
    async unlink(call, userId, type) {
      await changeUser<null>(context, call.tenantId, userId, async (user) => {
        if ((await findIdentity(context, user, type)) === null) {
          throw new ThenarError('identity_not_found', `This user has no identity of type ${type}.`);
        }
        const { tenantId } = user;
        return {
          set: isRowIdentity(type) ? { [rowFields[type]]: null } : {},
          writes: isRowIdentity(type) ? [] : [{ delete: 'identities', where: { tenantId, userId, type } }],
          audit: [{ eventType: 'identity_unlinked', actor: call.actor, userId, details: { type } }],
          value: null,
        };
      });
    },
  };
}

function linkChange(
  context: Context,
  user: UserRecord,
  type: IdentityType,
  value: string,
  now: number,
): Pick<UserChange<Identity>, 'set' | 'writes'> {
  if (isRowIdentity(type)) return { set: { [rowFields[type]]: value } };
  const insert: Write = { insert: 'identities', row: sealedIdentity(context, user, type, value, now) };
  return { set: {}, writes: [insert] };
}

/** Says so in the words of identities; two who link at once are told apart by the unique indexes all the same. */
async function refuseTaken(
  context: Context,
  { tenantId, userId }: UserRecord,
  type: IdentityType,
  value: string,
): Promise<void> {
  const taken = isRowIdentity(type)
    ? await context.store.count('users', {
        tenantId,
        userId: { not: userId },
        status: { not: 'deleted' },
        [rowFields[type]]: value,
      })
    : await context.store.count('identities', {
        tenantId,
        type,
        valueHash: identityHash(context, tenantId, type, value),
      });
  if (taken === 0) return;
  throw new ThenarError('identity_taken', 'This identity is another user’s.', { details: { type } });
}
