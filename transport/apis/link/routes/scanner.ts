/** The device plane over REST: what the scanner socket does too, for devices that poll. */
import { limits } from '../../../../engine/limits.ts';
import { route } from '../../../http/route.ts';
import { defined, freeform, list, object, optional, text, uuid } from '../../../http/schema.ts';
import {
  challengeOpenSchema,
  challengeOpenWire,
  completionSchema,
  completionWire,
} from '../../../wire/challenge.ts';
import { enrolledSchema, enrolledWire, transactionSchema, transactionWire } from '../../../wire/device.ts';
import { exactlyOneScan, scanFields, scanOf, scanSchema, scansOf } from '../../../wire/scan.ts';
import {
  signupStartedSchema,
  signupStartedWire,
  signupStartSchema,
  signupVerifiedSchema,
  signupVerifiedWire,
  signupVerifySchema,
} from '../../../wire/signup.ts';
import { captureErrors, settledErrors } from '../refusals.ts';

const idempotencyKey = text({ max: limits.idempotency_key_bytes_max });
const bodyBytesMax = limits.scan_body_bytes_max;

export const scannerRoutes = [
  route({
    method: 'GET',
    path: '/v1/challenges/pending',
    operation: 'listPendingChallenges',
    summary: 'What waits for this device.',
    auth: 'device',
    reply: object({ challenges: list(challengeOpenSchema) }),
    handle: async ({ api, call }) => ({
      data: { challenges: (await api.challenges.pending(call)).map(challengeOpenWire) },
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/challenges/{id}/complete',
    operation: 'completeChallenge',
    summary: 'Answer a challenge with the palm that was scanned.',
    auth: 'device',
    params: { id: 'challenge_not_found' },
    bodyBytesMax,
    body: object(
      { ...scanFields, idempotency_key: optional(idempotencyKey) },
      { exactlyOne: [exactlyOneScan] },
    ),
    reply: completionSchema,
    errors: [...captureErrors, ...settledErrors, 'palm_already_enrolled', 'palm_not_enrolled'],
    handle: async ({ api, call, params, body }) => {
      const input = { challengeId: params.id ?? '', scans: scansOf(body) };
      const key = defined({ idempotencyKey: body.idempotency_key });
      return { data: completionWire(await api.challenges.complete(call, { ...input, ...key })) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/device/transactions',
    operation: 'createTransaction',
    summary: 'Identify a palm among all of the tenant (1:N) and get the decision to show.',
    auth: 'device',
    bodyBytesMax,
    body: object({ scan: scanSchema, context: optional(freeform), idempotency_key: idempotencyKey }),
    reply: transactionSchema,
    errors: [...captureErrors, 'idempotency_conflict'],
    handle: async ({ api, call, body }) => {
      const { context = {}, idempotency_key: key } = body;
      const input = { scan: scanOf(body.scan, 'scan'), context, idempotencyKey: key };
      return { data: transactionWire(await api.transactions.create(call, input)) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/device/enroll',
    operation: 'enrolAtDevice',
    summary: 'Enrol palms of a user whom the device knows.',
    auth: 'device',
    bodyBytesMax,
    body: object({ user_id: uuid, ...scanFields }, { exactlyOne: [exactlyOneScan] }),
    reply: enrolledSchema,
    errors: [...captureErrors, 'user_not_found', 'palm_already_enrolled'],
    handle: async ({ api, call, body }) => {
      const input = { userId: body.user_id, scans: scansOf(body) };
      return { data: enrolledWire(await api.palms.enrol(call, input)) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/device/signup',
    operation: 'startSignup',
    summary: 'Sign somebody up at this device: sends a code to the mobile number.',
    auth: 'device',
    body: signupStartSchema,
    reply: signupStartedSchema,
    errors: ['device_class_mismatch'],
    handle: async ({ api, call, body }) => ({ data: signupStartedWire(await api.signup.start(call, body)) }),
  }),
  route({
    method: 'POST',
    path: '/v1/device/signup/verify',
    operation: 'verifySignup',
    summary: 'Answer with the code: finds the user of the number, or makes one.',
    auth: 'device',
    body: signupVerifySchema,
    reply: signupVerifiedSchema,
    errors: [
      'device_class_mismatch',
      'challenge_not_found',
      'challenge_expired',
      'challenge_completed',
      'code_invalid',
      'too_many_attempts',
      'user_suspended',
    ],
    handle: async ({ api, call, body: { challenge_id: challengeId, code } }) => ({
      data: signupVerifiedWire(await api.signup.verify(call, { challengeId, code })),
    }),
  }),
];
