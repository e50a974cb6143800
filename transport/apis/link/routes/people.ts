/** One user in full: export, suspension, identities, palm restriction. */
import type { Identity, UserExport } from '../../../../actors/api.ts';
import { ThenarError } from '../../../../engine/errors.ts';
import { identityTypes, isIdentityType } from '../../../../engine/identity/identities.ts';
import { limits } from '../../../../engine/limits.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  list,
  named,
  nullable,
  object,
  oneOf,
  optional,
  type Required,
  string,
  type TypeOf,
  text,
  time,
  uuid,
} from '../../../http/schema.ts';
import { portable } from '../../../wire/portable.ts';
import { timestamp, timestampOrNull } from '../../../wire/time.ts';
import { restrictionSchema, userSchema, userWire } from '../../../wire/user.ts';
import { administrators, operators, readers } from '../roles.ts';

const params = { id: 'user_not_found' } as const;
const reasonBody = object({
  reason: optional(nullable(text({ max: limits.status_reason_length_max }))),
});
const restrictionReply = object({ user_id: uuid, restriction: restrictionSchema });
const identityType = oneOf(...identityTypes);
const identitySchema = named(
  'Identity',
  object({ type: identityType, value: string, linked_at: nullable(time) }),
);

function identityWire({ type, value, linkedAt }: Identity): TypeOf<typeof identitySchema> {
  return { type, value, linked_at: timestampOrNull(linkedAt) };
}

/** Named members, and one list for each kind of thing that is held. */
const members = object({ exported_at: time, user: userSchema, incomplete: list(string) });
const exportSchema: Required<TypeOf<typeof members>> = {
  ...members,
  json: {
    ...members.json,
    additionalProperties: { type: 'array', items: { type: 'object', additionalProperties: true } },
  },
};

function exportWire({ exportedAt, user, sections, incomplete }: UserExport): TypeOf<typeof exportSchema> {
  return {
    ...Object.fromEntries(Object.entries(sections).map(([name, rows]) => [name, rows.map(portable)])),
    exported_at: timestamp(exportedAt),
    user: userWire(user),
    incomplete,
  };
}

export const peopleRoutes = [
  route({
    method: 'GET',
    path: '/v1/users/{id}/data',
    operation: 'exportUser',
    summary: 'Everything held about a user as one document, without secrets and templates.',
    auth: 'client_or_session',
    scope: 'users:read',
    roles: operators,
    params,
    reply: exportSchema,
    handle: async ({ api, call, params }) => ({
      data: exportWire(await api.users.export(call, params.id ?? '')),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/users/{id}/suspend',
    operation: 'suspendUser',
    summary: 'Suspend a user: open challenges are cancelled, palms are not recognised. Again: no change.',
    auth: 'session',
    roles: administrators,
    params,
    body: reasonBody,
    bodyOptional: true,
    reply: userSchema,
    handle: async ({ api, call, params, body }) => ({
      data: userWire(await api.users.setStatus(call, params.id ?? '', 'suspended', body.reason ?? null)),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/users/{id}/reactivate',
    operation: 'reactivateUser',
    summary: 'Reactivate a suspended user. Again: no change.',
    auth: 'session',
    roles: administrators,
    params,
    body: reasonBody,
    bodyOptional: true,
    reply: userSchema,
    handle: async ({ api, call, params, body }) => ({
      data: userWire(await api.users.setStatus(call, params.id ?? '', 'active', body.reason ?? null)),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/users/{id}/identities',
    operation: 'listIdentities',
    summary: 'Identities of a user; national identifiers are masked.',
    auth: 'client_or_session',
    scope: 'users:read',
    roles: readers,
    params,
    reply: list(identitySchema),
    handle: async ({ api, call, params }) => ({
      data: (await api.identities.list(call, params.id ?? '')).map(identityWire),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/users/{id}/identities',
    operation: 'linkIdentity',
    summary: 'Link an identity: one of each type, and each value is one user’s in the tenant.',
    auth: 'client_or_session',
    scope: 'users:write',
    roles: operators,
    status: 201,
    params,
    body: object({ type: identityType, value: text() }),
    reply: identitySchema,
    errors: ['identity_linked', 'identity_taken'],
    handle: async ({ api, call, params, body }) => {
      const { identity, created } = await api.identities.link(call, params.id ?? '', body);
      return { data: identityWire(identity), status: created ? 201 : 200 };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/users/{id}/identities/{type}',
    operation: 'unlinkIdentity',
    summary: 'Unlink the identity of that type.',
    auth: 'client_or_session',
    scope: 'users:write',
    roles: operators,
    params,
    words: ['type'],
    reply: object({ user_id: uuid, type: identityType, deleted: boolean }),
    errors: ['identity_not_found'],
    handle: async ({ api, call, params: { id = '', type = '' } }) => {
      if (!isIdentityType(type)) {
        throw new ThenarError('identity_not_found', `There is no type of identity called ${type}.`);
      }
      await api.identities.unlink(call, id, type);
      return { data: { user_id: id, type, deleted: true } };
    },
  }),
  route({
    method: 'PUT',
    path: '/v1/users/{user_id}/palm-restriction',
    operation: 'setPalmRestriction',
    summary: 'Say which hands of a user may be captured and matched.',
    auth: 'session',
    roles: operators,
    params: { user_id: 'user_not_found' },
    body: object({ restriction: restrictionSchema }),
    reply: restrictionReply,
    handle: async ({ api, call, params, body }) => {
      const user = await api.users.restrict(call, params.user_id ?? '', body.restriction);
      return { data: { user_id: user.userId, restriction: user.palmRestriction } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/users/{user_id}/palm-restriction',
    operation: 'getPalmRestriction',
    summary: 'Which hands of a user may be captured and matched.',
    auth: 'session',
    roles: readers,
    params: { user_id: 'user_not_found' },
    reply: restrictionReply,
    handle: async ({ api, call, params }) => {
      const user = await api.users.get(call, { userId: params.user_id ?? '' });
      return { data: { user_id: user.userId, restriction: user.palmRestriction } };
    },
  }),
];
