import type { DeviceCall } from '../../actors/calls.ts';
import type { SessionOpened } from '../../actors/device/protocol.ts';
import { limits } from '../../engine/limits.ts';
import type { Scan } from '../../engine/palm/types.ts';
import {
  defined,
  freeform,
  integer,
  object,
  optional,
  type Schema,
  type TypeOf,
  text,
  uuid,
} from '../http/schema.ts';
import { validator } from '../http/validate.ts';
import { challengeOpenWire, completionWire } from '../wire/challenge.ts';
import { deviceWire, pairWire, transactionWire } from '../wire/device.ts';
import { exactlyOneScan, scanFields, scanOf, scanSchema } from '../wire/scan.ts';
import type { PayloadParts } from './frames.ts';
import type { ScannerApi } from './services.ts';

/** Checks the params and asks the engine; resolves to the result as it goes on the wire. */
export type ScannerCall = (
  api: ScannerApi,
  call: DeviceCall,
  params: unknown,
  parts: PayloadParts,
) => Promise<unknown>;

function method<T>(
  schema: Schema<T>,
  handle: (api: ScannerApi, call: DeviceCall, params: T, parts: PayloadParts) => Promise<unknown>,
): ScannerCall {
  const validate = validator(schema);
  return async (api, call, params, parts) => handle(api, call, validate(params), parts);
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

const validateOpen = validator(
  object({ epoch: optional(text({ max: 128 })), last_seq: optional(integer({ min: 0 })) }),
);

/** @throws ThenarError validation_failed */
export function readOpenParams(params: unknown): { epoch?: string; lastSeq?: number } {
  const { epoch, last_seq } = validateOpen(params);
  return defined({ epoch, lastSeq: last_seq });
}

export function renderOpened(opened: SessionOpened): object {
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
export const scannerCalls: Readonly<Record<string, ScannerCall>> = {
  __proto__: null as never,

  'challenge.list': method(object({}), async (api, call) => ({
    challenges: (await api.challenges.pending(call)).map(challengeOpenWire),
  })),

  'challenge.accept': method(object({ challenge_id: uuid }), async (api, call, { challenge_id }) =>
    challengeOpenWire(await api.challenges.accept(call, challenge_id)),
  ),

  'challenge.reject': method(
    object({ challenge_id: uuid, reason: text({ max: limits.reject_reason_length_max }) }),
    async (api, call, { challenge_id, reason }) =>
      challengeOpenWire(await api.challenges.reject(call, challenge_id, reason)),
  ),

  'challenge.complete': method(
    object(
      { challenge_id: uuid, ...scanFields, idempotency_key: optional(idempotencyKey) },
      { exactlyOne: [exactlyOneScan] },
    ),
    async (api, call, params, parts) =>
      completionWire(
        await api.challenges.complete(call, {
          challengeId: params.challenge_id,
          scans: scansOf(params, parts),
          ...defined({ idempotencyKey: params.idempotency_key }),
        }),
      ),
  ),

  'transaction.create': method(
    object({ scan: scanSchema, context: optional(freeform), idempotency_key: idempotencyKey }),
    async (api, call, { scan, context = {}, idempotency_key }, parts) =>
      transactionWire(
        await api.transactions.create(call, {
          scan: scanOf(scan, 'scan', parts.get('scan')),
          context,
          idempotencyKey: idempotency_key,
        }),
      ),
  ),

  'palm.enroll': method(
    object({ user_id: uuid, ...scanFields }, { exactlyOne: [exactlyOneScan] }),
    async (api, call, params, parts) => {
      const scans = scansOf(params, parts);
      const enrolled = await api.palms.enrol(call, { userId: params.user_id, scans });
      const { featureIds, consentStatus } = enrolled;
      return { palm_enrolled: true, feature_ids: featureIds, consent_status: consentStatus };
    },
  ),

  'certificate.renew': method(
    object({ csr: text({ max: limits.csr_bytes_max }) }),
    async (api, call, { csr }) => pairWire(await api.devices.renew(call, { csr })),
  ),

  'device.report': method(freeform, async (api, call, report) => {
    await api.devices.report(call, report);
    return {};
  }),
};
