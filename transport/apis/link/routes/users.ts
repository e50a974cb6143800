import type { UserView } from '../../../../actors/api.ts';
import type { ErasureRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  defined,
  freeform,
  integer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type TypeOf,
  text,
  time,
  uuid,
} from '../../../http/schema.ts';
import { timestamp, timestampOrNull } from '../../../wire/time.ts';
import { operators, readers } from '../roles.ts';

export const userSchema = object({
  user_id: uuid,
  external_user_id: nullable(string),
  status: oneOf('active', 'suspended', 'deleted'),
  palm_enrolled: boolean,
  palms: list(
    object({
      feature_id: string,
      palm_type: oneOf('left', 'right'),
      model: string,
      samples: integer(),
      created_at: time,
    }),
  ),
  palm_restriction: oneOf('all', 'left', 'right', 'disable'),
  consent_status: oneOf('none', 'granted', 'withdrawn'),
  kyc_status: oneOf('not_started', 'pending', 'verified', 'rejected', 'expired'),
  email: nullable(string),
  mobile: nullable(string),
  name: nullable(string),
  metadata: freeform,
  created_at: time,
});

export function userWire(user: UserView): TypeOf<typeof userSchema> {
  return {
    user_id: user.userId,
    external_user_id: user.externalUserId,
    status: user.status,
    palm_enrolled: user.palms.length > 0,
    palms: user.palms.map((palm) => ({
      feature_id: palm.palmId,
      palm_type: palm.hand,
      model: palm.model,
      samples: palm.samples,
      created_at: timestamp(palm.createdAt),
    })),
    palm_restriction: user.palmRestriction,
    consent_status: user.consentStatus,
    kyc_status: user.kycStatus,
    email: user.email,
    mobile: user.mobile,
    name: user.name,
    metadata: user.metadata,
    created_at: timestamp(user.createdAt),
  };
}

const erasureSchema = object({
  erasure_id: uuid,
  user_id: uuid,
  feature_ids: list(string),
  status: oneOf('pending', 'complete'),
  requested_at: time,
  completed_at: nullable(time),
});

function erasureWire(erasure: ErasureRecord): TypeOf<typeof erasureSchema> {
  return {
    erasure_id: erasure.erasureId,
    user_id: erasure.userId,
    feature_ids: erasure.palmIds,
    status: erasure.status,
    requested_at: timestamp(erasure.requestedAt),
    completed_at: timestampOrNull(erasure.completedAt),
  };
}

export const userRoutes = [
  route({
    method: 'POST',
    path: '/v1/users',
    operation: 'createUser',
    summary: 'Create a user, or find the one with the same external_user_id (200).',
    auth: 'client_or_session',
    scope: 'users:write',
    roles: operators,
    status: 201,
    body: object({
      external_user_id: optional(text()),
      email: optional(text({ format: 'email' })),
      // E.164 with the separators people type.
      mobile: optional(text({ max: 32, pattern: '^\\+?[0-9][0-9 ().-]{3,30}$' })),
      name: optional(text()),
      metadata: optional(nullable(freeform)),
    }),
    reply: userSchema,
    handle: async ({ api, call, body }) => {
      const { external_user_id: externalUserId, email, mobile, name } = body;
      const metadata = body.metadata ?? undefined;
      const input = defined({ externalUserId, email, mobile, name, metadata });
      const { user, created } = await api.users.create(call, input);
      return { data: userWire(user), status: created ? 201 : 200 };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/users/{id}',
    operation: 'getUser',
    summary: 'A user with palms and consent.',
    auth: 'client_or_session',
    scope: 'users:read',
    roles: readers,
    params: { id: 'user_not_found' },
    reply: userSchema,
    handle: async ({ api, call, params }) => ({
      data: userWire(await api.users.get(call, { userId: params.id ?? '' })),
    }),
  }),
  route({
    method: 'DELETE',
    path: '/v1/users/{id}',
    operation: 'deleteUser',
    summary: 'Erase a user: palms, keys and personal fields. Answers the erasure receipt.',
    auth: 'client_or_session',
    scope: 'users:write',
    roles: operators,
    params: { id: 'user_not_found' },
    reply: erasureSchema,
    handle: async ({ api, call, params }) => ({
      data: erasureWire(await api.users.remove(call, { userId: params.id ?? '' })),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/erasures/{id}',
    operation: 'getErasure',
    summary: 'An erasure receipt; complete once no index file holds the palms.',
    auth: 'client_or_session',
    scope: 'users:read',
    roles: readers,
    params: { id: 'not_found' },
    reply: erasureSchema,
    handle: async ({ api, call, params }) => ({
      data: erasureWire(await api.users.erasure(call, params.id ?? '')),
    }),
  }),
];
