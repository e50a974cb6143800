import { then } from '../../../../engine/eventually.ts';
import { remembered } from '../../../../engine/remembered.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  defined,
  freeform,
  list,
  nullable,
  object,
  oneOf,
  optional,
  text,
} from '../../../http/schema.ts';
import { pageAnswer, pageFields, pageOf } from '../../../wire/paging.ts';
import {
  consentStatusSchema,
  erasureSchema,
  erasureWire,
  kycStatusSchema,
  userSchema,
  userStatusSchema,
  userWire,
} from '../../../wire/user.ts';
import { operators, readers } from '../roles.ts';

const shown = remembered(userWire);
const params = { id: 'user_not_found' } as const;
const email = text({ format: 'email' });
// E.164 with the separators people type.
const mobile = text({ max: 32, pattern: '^\\+?[0-9][0-9 ().-]{3,30}$' });
const sorts = {
  created_at: 'createdAt',
  name: 'name',
  external_user_id: 'externalUserId',
  status: 'status',
} as const;
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
      email: optional(email),
      mobile: optional(mobile),
      name: optional(text()),
      metadata: optional(nullable(freeform)),
    }),
    reply: userSchema,
    errors: ['identity_taken'],
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
    params,
    reply: userSchema,
    handle: ({ api, call, params }) =>
      then(api.users.get(call, { userId: params.id ?? '' }), (user) => ({
        data: shown(user),
        lasting: true,
      })),
  }),
  route({
    method: 'GET',
    path: '/v1/users',
    operation: 'listUsers',
    summary: 'Users of the tenant; `search` looks into name, e-mail, mobile and external_user_id.',
    auth: 'session',
    roles: readers,
    envelope: 'list',
    query: object({
      ...pageFields,
      search: optional(text()),
      status: optional(userStatusSchema),
      kyc_status: optional(kycStatusSchema),
      consent_status: optional(consentStatusSchema),
      palm_enrolled: optional(boolean),
      sort: optional(oneOf('created_at', 'name', 'external_user_id', 'status')),
      order: optional(oneOf('asc', 'desc')),
    }),
    reply: list(userSchema),
    handle: async ({ api, call, query }) => {
      const page = pageOf(query);
      const { search, status, order } = query;
      const filters = defined({
        search,
        status,
        order,
        kycStatus: query.kyc_status,
        consentStatus: query.consent_status,
        palmEnrolled: query.palm_enrolled,
        sort: query.sort === undefined ? undefined : sorts[query.sort],
      });
      return pageAnswer(await api.users.list(call, { ...page, ...filters }), page, userWire);
    },
  }),
  route({
    method: 'PATCH',
    path: '/v1/users/{id}',
    operation: 'updateUser',
    summary: 'Change any of a user’s fields; null takes a value away.',
    auth: 'client_or_session',
    scope: 'users:write',
    roles: operators,
    params,
    body: object({
      external_user_id: optional(nullable(text())),
      email: optional(nullable(email)),
      mobile: optional(nullable(mobile)),
      name: optional(nullable(text())),
      metadata: optional(nullable(freeform)),
    }),
    reply: userSchema,
    errors: ['external_user_id_taken', 'identity_taken'],
    handle: async ({ api, call, params, body }) => {
      const { external_user_id: externalUserId, email, mobile, name, metadata } = body;
      const input = defined({ externalUserId, email, mobile, name, metadata });
      return { data: userWire(await api.users.update(call, params.id ?? '', input)) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/users/{id}',
    operation: 'deleteUser',
    summary: 'Erase a user: palms, keys and personal fields. Answers the erasure receipt.',
    auth: 'client_or_session',
    scope: 'users:write',
    roles: operators,
    params,
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
