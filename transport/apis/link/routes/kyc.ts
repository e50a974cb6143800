/** Identity checks: started by integrators, decided by what a provider signs. */
import { kycProviderNames } from '../../../../engine/kyc/provider.ts';
import { limits } from '../../../../engine/limits.ts';
import type { KycSessionRecord, UserRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  defined,
  list,
  named,
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
import { pageAnswer, pageFields, pageOf } from '../../../wire/paging.ts';
import { periodFields, periodOf } from '../../../wire/period.ts';
import { timestamp, timestampOrNull } from '../../../wire/time.ts';
import { oneUser, userFields, userOf } from '../reference.ts';
import { operators, readers } from '../roles.ts';

const provider = oneOf(...kycProviderNames);
const sessionStatus = oneOf('pending', 'verified', 'rejected', 'expired');

const sessionSchema = named(
  'KycSession',
  object({
    session_id: uuid,
    user_id: uuid,
    provider: string,
    status: sessionStatus,
    redirect_url: optional(string),
    /** The number that the user picks in the provider's app. */
    random: optional(string),
    reason: optional(string),
    created_at: time,
    expires_at: time,
    completed_at: nullable(time),
  }),
);

function sessionWire(session: KycSessionRecord): TypeOf<typeof sessionSchema> {
  return {
    session_id: session.sessionId,
    user_id: session.userId,
    provider: session.provider,
    status: session.status,
    ...defined({
      redirect_url: session.redirectUrl ?? undefined,
      random: session.random ?? undefined,
      reason: session.reason ?? undefined,
    }),
    created_at: timestamp(session.createdAt),
    expires_at: timestamp(session.expiresAt),
    completed_at: timestampOrNull(session.completedAt),
  };
}

const statusSchema = object({
  user_id: uuid,
  external_user_id: nullable(string),
  status: oneOf('not_started', 'pending', 'verified', 'rejected', 'expired'),
  /** The latest check. */
  session: nullable(sessionSchema),
});

function statusWire(user: UserRecord, session: KycSessionRecord | null): TypeOf<typeof statusSchema> {
  return {
    user_id: user.userId,
    external_user_id: user.externalUserId,
    status: user.kycStatus,
    session: session === null ? null : sessionWire(session),
  };
}

export const kycRoutes = [
  route({
    method: 'POST',
    path: '/v1/kyc/initiate',
    operation: 'initiateKyc',
    summary: 'Start the identity check of a user, or return the one that is open.',
    auth: 'client_or_session',
    scope: 'kyc:write',
    roles: operators,
    body: object(
      { ...userFields, provider: optional(provider), national_id: optional(text({ max: 32 })) },
      { exactlyOne: [oneUser] },
    ),
    reply: sessionSchema,
    errors: ['user_not_found', 'user_suspended', 'kyc_in_progress', 'kyc_provider_unset'],
    handle: async ({ api, call, body }) => {
      const { provider: name, national_id: nationalId } = body;
      const input = { user: userOf(body), ...defined({ provider: name, nationalId }) };
      return { data: sessionWire(await api.kyc.initiate(call, input)) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/kyc/status/{user_id}',
    operation: 'getKycStatus',
    summary: 'What is known of the identity of a user.',
    auth: 'client_or_session',
    scope: 'kyc:read',
    roles: readers,
    params: { user_id: 'user_not_found' },
    reply: statusSchema,
    handle: async ({ api, call, params }) => {
      const { user, session } = await api.kyc.status(call, params.user_id ?? '');
      return { data: statusWire(user, session) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/kyc/sessions',
    operation: 'listKycSessions',
    summary: 'Identity checks of the tenant, newest first.',
    auth: 'session',
    roles: readers,
    envelope: 'list',
    query: object({
      ...pageFields,
      ...periodFields,
      status: optional(sessionStatus),
      provider: optional(provider),
      user_id: optional(uuid),
    }),
    reply: list(sessionSchema),
    handle: async ({ api, call, query }) => {
      const page = pageOf(query);
      const found = await api.kyc.sessions(call, {
        ...page,
        ...periodOf(query.date_from, query.date_to),
        ...defined({ status: query.status, provider: query.provider, userId: query.user_id }),
      });
      return pageAnswer(found, page, sessionWire);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/kyc/callback/{provider}',
    operation: 'receiveKycCallback',
    summary: 'What a provider says of a check, signed over the bytes of the body.',
    auth: 'public',
    words: ['provider'],
    reply: object({ session_id: uuid, status: sessionStatus }),
    errors: [
      'malformed_body',
      'kyc_signature_invalid',
      'kyc_session_not_found',
      'kyc_callback_replayed',
      'kyc_session_over',
    ],
    handle: async ({ api, call, params, request }) => {
      // As it came: parsing and writing it again would be another text than the one that was signed.
      const body = await request.body(limits.kyc_callback_bytes_max);
      const signed = { headers: request.headers, body };
      const { sessionId, status } = await api.kyc.callback(call, params.provider ?? '', signed);
      return { data: { session_id: sessionId, status } };
    },
  }),
];
