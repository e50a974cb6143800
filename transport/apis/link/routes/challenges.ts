/** Enrolment and verification from the integrator's side. */
import type { CreateEnrolment } from '../../../../actors/api.ts';
import { then } from '../../../../engine/eventually.ts';
import { limits } from '../../../../engine/limits.ts';
import type { HandSelection } from '../../../../engine/palm/types.ts';
import type { JsonObject } from '../../../../engine/records.ts';
import { remembered } from '../../../../engine/remembered.ts';
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
  uuid,
} from '../../../http/schema.ts';
import {
  challengeCreatedSchema,
  challengeCreatedWire,
  challengeSchema,
  challengeWire,
} from '../../../wire/challenge.ts';
import { pageAnswer, pageFields, pageOf } from '../../../wire/paging.ts';
import { deviceFields, deviceOf, oneDevice, oneUser, userFields, userOf } from '../reference.ts';
import { askErrors } from '../refusals.ts';
import { operators, readers } from '../roles.ts';

const shown = remembered(challengeWire);
const palmType = oneOf('left', 'right', 'both');
const common = {
  ...userFields,
  ...deviceFields,
  expires_in: optional(integer({ min: limits.challenge_life_min_s, max: limits.challenge_life_max_s })),
  metadata: optional(nullable(freeform)),
};
const exactlyOne = [oneUser, oneDevice];
const enrolled = 'Enrollment challenge created.';

interface EnrolmentBody {
  readonly user_id?: string | undefined;
  readonly external_user_id?: string | undefined;
  readonly device_id?: string | undefined;
  readonly hardware_id?: string | undefined;
  readonly replace?: boolean | undefined;
  readonly expires_in?: number | undefined;
  readonly metadata?: JsonObject | null | undefined;
}

function enrolmentOf(body: EnrolmentBody, hands: HandSelection): CreateEnrolment {
  const { replace, metadata, expires_in: expiresInS } = body;
  return {
    user: userOf(body),
    device: deviceOf(body),
    palmType: hands,
    ...defined({ replace, expiresInS, metadata }),
  };
}

export const challengeRoutes = [
  route({
    method: 'POST',
    path: '/v1/enroll',
    operation: 'createEnrolment',
    summary: 'Ask a scanner to enrol one palm or both of a user.',
    auth: 'client_or_session',
    scope: 'challenges:write',
    roles: operators,
    status: 201,
    body: object({ ...common, palm_type: palmType, replace: optional(boolean) }, { exactlyOne }),
    reply: challengeCreatedSchema,
    errors: [...askErrors, 'palm_already_enrolled'],
    handle: async ({ api, call, body }) => {
      const challenge = await api.challenges.enrol(call, enrolmentOf(body, body.palm_type));
      return { data: challengeCreatedWire(challenge), message: enrolled };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/enroll/both',
    operation: 'createEnrolmentOfBoth',
    summary: 'Ask a scanner to enrol both palms of a user.',
    auth: 'client_or_session',
    scope: 'challenges:write',
    roles: operators,
    status: 201,
    body: object({ ...common, replace: optional(boolean) }, { exactlyOne }),
    reply: challengeCreatedSchema,
    errors: [...askErrors, 'palm_already_enrolled'],
    handle: async ({ api, call, body }) => {
      const challenge = await api.challenges.enrol(call, enrolmentOf(body, 'both'));
      return { data: challengeCreatedWire(challenge), message: enrolled };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/verify',
    operation: 'createVerification',
    summary: 'Ask a scanner to verify a user by palm (1:1).',
    auth: 'client_or_session',
    scope: 'challenges:write',
    roles: operators,
    status: 201,
    body: object({ ...common, palm_type: optional(palmType) }, { exactlyOne }),
    reply: challengeCreatedSchema,
    errors: [...askErrors, 'palm_not_enrolled'],
    handle: async ({ api, call, body }) => {
      const { metadata, palm_type: hands, expires_in: expiresInS } = body;
      const input = {
        user: userOf(body),
        device: deviceOf(body),
        ...defined({ palmType: hands, expiresInS, metadata }),
      };
      const challenge = await api.challenges.verify(call, input);
      return { data: challengeCreatedWire(challenge), message: 'Verification challenge created.' };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/challenges',
    operation: 'listChallenges',
    summary: 'Challenges of the tenant, newest first.',
    auth: 'client_or_session',
    scope: 'challenges:read',
    roles: readers,
    envelope: 'list',
    query: object({
      ...pageFields,
      status: optional(
        oneOf('pending', 'presented', 'accepted', 'completed', 'failed', 'expired', 'cancelled'),
      ),
      type: optional(oneOf('enroll', 'verify')),
      device_id: optional(uuid),
      user_id: optional(uuid),
    }),
    reply: list(challengeSchema),
    handle: async ({ api, call, query }) => {
      const { status, type, device_id: deviceId, user_id: userId } = query;
      const page = pageOf(query);
      const found = await api.challenges.list(call, {
        ...page,
        ...defined({ status, type, deviceId, userId }),
      });
      return pageAnswer(found, page, challengeWire);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/challenges/{id}',
    operation: 'getChallenge',
    summary: 'A challenge, with its result once there is one.',
    auth: 'client_or_session',
    scope: 'challenges:read',
    roles: readers,
    params: { id: 'challenge_not_found' },
    reply: challengeSchema,
    handle: ({ api, call, params }) =>
      then(api.challenges.get(call, params.id ?? ''), (record) => ({ data: shown(record), lasting: true })),
  }),
];
