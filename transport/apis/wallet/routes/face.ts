/** The face that sensitive operations ask for. */
import type { ErrorCode } from '../../../../engine/errors.ts';
import { limits } from '../../../../engine/limits.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  constant,
  defined,
  nullable,
  object,
  optional,
  string,
  time,
} from '../../../http/schema.ts';
import { faceFields, faceOf } from '../../../wire/face.ts';
import { timestamp } from '../../../wire/time.ts';

/** What may be wrong with a capture, or with whoever shows it. */
export const captureRefusals: readonly ErrorCode[] = [
  'face_scan_invalid',
  'face_quality_too_low',
  'face_liveness_failed',
  'user_not_found',
  'user_suspended',
  'consent_required',
  'kyc_required',
  'engine_busy',
  'deadline_exceeded',
];

/** What a request may be refused with that must show the user's face. */
export const faceRefusals: readonly ErrorCode[] = [
  ...captureRefusals,
  'face_not_registered',
  'face_mismatch',
  'face_locked',
  'version_conflict',
];

export const walletFaceRoutes = [
  route({
    method: 'POST',
    path: '/auth/face/register',
    operation: 'registerFace',
    summary: 'Register the face of the user, once.',
    auth: 'wallet',
    scope: 'wallet:write',
    status: 201,
    body: object(faceFields),
    bodyBytesMax: limits.scan_body_bytes_max,
    reply: object({ registered: constant(true), registered_at: time }),
    errors: [
      ...captureRefusals,
      'face_already_registered',
      'face_taken',
      'conflict',
      'too_many_attempts',
      'limit_reached',
    ],
    handle: async ({ api, call, body }) => {
      const registeredAt = await api.walletFace.register(call, faceOf(body));
      return { data: { registered: true as const, registered_at: timestamp(registeredAt) } };
    },
  }),
  route({
    method: 'GET',
    path: '/v2/face',
    operation: 'getFace',
    summary: 'Whether the user has a face registered, and until when it is locked.',
    auth: 'wallet',
    scope: 'wallet:read',
    reply: object({ registered: boolean, registered_at: optional(time), locked_until: optional(time) }),
    handle: async ({ api, call }) => {
      const { registered, registeredAt, lockedUntil } = await api.walletFace.status(call);
      const times = {
        registered_at: registeredAt === null ? undefined : timestamp(registeredAt),
        locked_until: lockedUntil === null ? undefined : timestamp(lockedUntil),
      };
      return { data: { registered, ...defined(times) } };
    },
  }),
  route({
    method: 'POST',
    path: '/v2/face/session',
    operation: 'startFaceSession',
    summary: 'What the SDK of the face vendor begins a capture with; null where it needs nothing.',
    auth: 'wallet',
    scope: 'wallet:write',
    body: object({ user_agent: faceFields.user_agent }),
    reply: object({ vendor: string, session_token: nullable(string) }),
    errors: ['deadline_exceeded'],
    handle: async ({ api, call, body }) => {
      const { vendor, sessionToken } = await api.walletFace.session(call, body.user_agent);
      return { data: { vendor, session_token: sessionToken } };
    },
  }),
];
