import type { DeviceCall } from '../../actors/calls.ts';
import type { SessionOpened } from '../../actors/device/protocol.ts';
import { limits } from '../../engine/limits.ts';
import type { Scan } from '../../engine/palm/types.ts';
import {
  boolean,
  defined,
  freeform,
  integer,
  list,
  object,
  optional,
  type Schema,
  string,
  type TypeOf,
  text,
  uuid,
} from '../http/schema.ts';
import { validator } from '../http/validate.ts';
import {
  challengeOpenSchema,
  challengeOpenWire,
  completionSchema,
  completionWire,
} from '../wire/challenge.ts';
import { consentFields, consentSchema, consentWire } from '../wire/consent.ts';
import {
  deviceSchema,
  deviceWire,
  enrolledSchema,
  enrolledWire,
  pairSchema,
  pairWire,
  transactionSchema,
  transactionWire,
} from '../wire/device.ts';
import { exactlyOneScan, scanFields, scanOf, scanSchema } from '../wire/scan.ts';
import {
  signupStartedSchema,
  signupStartedWire,
  signupStartSchema,
  signupVerifiedSchema,
  signupVerifiedWire,
  signupVerifySchema,
} from '../wire/signup.ts';
import type { PayloadParts } from './frames.ts';
import type { ScannerApi } from './services.ts';

/** What a scanner may call: published by the protocol's document, checked and answered by the session. */
export interface ScannerMethod {
  readonly summary: string;
  readonly params: Schema<unknown>;
  readonly result: Schema<unknown>;
  /** Checks the params and asks the engine; resolves to the result as it goes on the wire. */
  run(api: ScannerApi, call: DeviceCall, params: unknown, parts: PayloadParts): Promise<unknown>;
}

/** Checks the mapping against the schemas, then forgets the types. */
function method<P, R>(spec: {
  readonly summary: string;
  readonly params: Schema<P>;
  readonly result: Schema<R>;
  handle(api: ScannerApi, call: DeviceCall, params: P, parts: PayloadParts): Promise<R>;
}): ScannerMethod {
  const { summary, params, result } = spec;
  const validate = validator(params);
  return {
    summary,
    params,
    result,
    run: async (api, call, given, parts) => spec.handle(api, call, validate(given), parts),
  };
}

const idempotencyKey = text({ max: limits.idempotency_key_bytes_max });
const scanSet = object(scanFields, { exactlyOne: [exactlyOneScan] });

function scansOf(params: TypeOf<typeof scanSet>, parts: PayloadParts): Scan[] {
  if (params.scan !== undefined) return [scanOf(params.scan, 'scan', parts.get('scan'))];
  return (params.scans ?? []).map((scan, index) => {
    const path = `scans[${index}]`;
    return scanOf(scan, path, parts.get(path));
  });
}

/** The first call of every connection; `connection.ts` makes it, since it changes the connection's state. */
export const openMethod = 'session.open';

export const openParams = object({
  epoch: optional(text({ max: 128 })),
  last_seq: optional(integer({ min: 0 })),
});
const validateOpen = validator(openParams);

/** @throws ThenarError validation_failed */
export function readOpenParams(params: unknown): { epoch?: string; lastSeq?: number } {
  const { epoch, last_seq } = validateOpen(params);
  return defined({ epoch, lastSeq: last_seq });
}

export const openResult = object({
  session_id: string,
  epoch: string,
  last_seq: integer(),
  resumed: boolean,
  device: deviceSchema,
  heartbeat_s: integer(),
  model: string,
  pending: list(challengeOpenSchema),
});

export function renderOpened(opened: SessionOpened): TypeOf<typeof openResult> {
  return {
    session_id: opened.sessionId,
    epoch: opened.epoch,
    last_seq: opened.lastSeq,
    resumed: opened.resumed,
    device: deviceWire(opened.device),
    heartbeat_s: opened.heartbeatS,
    model: opened.model,
    pending: opened.pending.map(challengeOpenWire),
  };
}

/** Every other call of a scanner. Params and results are the bodies of the REST routes (CONTRACT). */
export const scannerCalls: Readonly<Record<string, ScannerMethod>> = {
  __proto__: null as never,

  'challenge.list': method({
    summary: 'What waits for this scanner.',
    params: object({}),
    result: object({ challenges: list(challengeOpenSchema) }),
    handle: async (api, call) => ({
      challenges: (await api.challenges.pending(call)).map(challengeOpenWire),
    }),
  }),

  'challenge.accept': method({
    summary: 'Say that a person has come; optional.',
    params: object({ challenge_id: uuid }),
    result: challengeOpenSchema,
    handle: async (api, call, { challenge_id }) =>
      challengeOpenWire(await api.challenges.accept(call, challenge_id)),
  }),

  'challenge.reject': method({
    summary: 'Say that nobody will show a palm.',
    params: object({ challenge_id: uuid, reason: text({ max: limits.reject_reason_length_max }) }),
    result: challengeOpenSchema,
    handle: async (api, call, { challenge_id, reason }) =>
      challengeOpenWire(await api.challenges.reject(call, challenge_id, reason)),
  }),

  'challenge.complete': method({
    summary: 'Answer a challenge with the palm that was scanned.',
    params: object(
      { challenge_id: uuid, ...scanFields, idempotency_key: optional(idempotencyKey) },
      { exactlyOne: [exactlyOneScan] },
    ),
    result: completionSchema,
    handle: async (api, call, params, parts) =>
      completionWire(
        await api.challenges.complete(call, {
          challengeId: params.challenge_id,
          scans: scansOf(params, parts),
          ...defined({ idempotencyKey: params.idempotency_key }),
        }),
      ),
  }),

  'transaction.create': method({
    summary: 'Identify a palm among all of the tenant (1:N) and get the decision to show.',
    params: object({ scan: scanSchema, context: optional(freeform), idempotency_key: idempotencyKey }),
    result: transactionSchema,
    handle: async (api, call, { scan, context = {}, idempotency_key }, parts) =>
      transactionWire(
        await api.transactions.create(call, {
          scan: scanOf(scan, 'scan', parts.get('scan')),
          context,
          idempotencyKey: idempotency_key,
        }),
      ),
  }),

  'palm.enroll': method({
    summary: 'Enrol palms of a user whom the device knows.',
    params: object({ user_id: uuid, ...scanFields }, { exactlyOne: [exactlyOneScan] }),
    result: enrolledSchema,
    handle: async (api, call, params, parts) => {
      const scans = scansOf(params, parts);
      return enrolledWire(await api.palms.enrol(call, { userId: params.user_id, scans }));
    },
  }),

  'consent.record': method({
    summary: 'Record consent given at the device by the user in front of it.',
    params: object({ user_id: uuid, ...consentFields }),
    result: consentSchema,
    handle: async (api, call, { user_id, consent_type: consentType, version }) =>
      consentWire(await api.consent.grantAtDevice(call, user_id, { consentType, version })),
  }),

  'signup.start': method({
    summary: 'Sign somebody up: sends a code to the mobile number.',
    params: signupStartSchema,
    result: signupStartedSchema,
    handle: async (api, call, params) => signupStartedWire(await api.signup.start(call, params)),
  }),

  'signup.verify': method({
    summary: 'Answer with the code: finds the user of the number, or makes one.',
    params: signupVerifySchema,
    result: signupVerifiedSchema,
    handle: async (api, call, { challenge_id, code }) =>
      signupVerifiedWire(await api.signup.verify(call, { challengeId: challenge_id, code })),
  }),

  'certificate.renew': method({
    summary: 'Renew the certificate with a new key.',
    params: object({ csr: text({ max: limits.csr_bytes_max }) }),
    result: pairSchema,
    handle: async (api, call, { csr }) => pairWire(await api.devices.renew(call, { csr })),
  }),

  'device.report': method({
    summary: 'Tell how the device is: firmware, battery, temperature, …',
    params: freeform,
    result: object({}),
    handle: async (api, call, report) => {
      await api.devices.report(call, report);
      return {};
    },
  }),
};
