/** What a transaction writes: its row, the idempotency record of its key, and what must still stand. */
import { limits } from '../../engine/limits.ts';
import type { TraceContext, Write } from '../../engine/ports.ts';
import type { JsonObject, TenantRecord, TransactionRecord } from '../../engine/records.ts';
import type { CreateTransaction, TransactionReply } from '../api.ts';
import type { DeviceCall } from '../calls.ts';
import { capturableCheck } from '../palms/rules.ts';
import type { Recognised } from './recognise.ts';

/** One request of a device on its way to a decision. */
export interface Request {
  readonly call: DeviceCall;
  readonly input: CreateTransaction;
  /** SHA-256 of scan and context: what a repeat must share with the first. */
  readonly digest: Uint8Array;
  readonly recognised: Recognised;
  /** Of the decision: a service that is asked for it is told. */
  readonly trace: TraceContext | null;
}

/** What an idempotency record of a device holds: the answer, or that a service is being asked for it. */
export type KeptReply = { readonly asked: string } | TransactionReply;

export function scopeOf(deviceId: string): string {
  return `device/${deviceId}`;
}

/** Recognition, user and device still stand when this commits; the key is taken, or `idempotency_conflict`. */
export function transactionWrites(
  tenant: TenantRecord,
  { call, input, digest, recognised }: Request,
  record: TransactionRecord,
  kept: KeptReply,
): Write[] {
  const { tenantId, deviceId } = call;
  const { user, palmId } = recognised;
  const standing: Write[] =
    user === null
      ? []
      : [
          capturableCheck(tenant, user.userId, [input.scan.palmType]),
          {
            check: 'palms',
            where: { tenantId, userId: user.userId, palmId },
            otherwise: 'palm_not_enrolled',
          },
        ];
  return [
    ...standing,
    { check: 'devices', where: { tenantId, deviceId, status: 'paired' }, otherwise: 'device_revoked' },
    { insert: 'transactions', row: record },
    {
      insert: 'idempotency',
      row: {
        tenantId,
        scope: scopeOf(deviceId),
        key: input.idempotencyKey,
        requestDigest: digest,
        reply: kept as unknown as JsonObject,
        createdAt: record.createdAt,
        expiresAt: record.createdAt + limits.idempotency_life_ms,
      },
      conflict: 'idempotency_conflict',
    },
  ];
}

/** A key whose life is over may be used again. Goes before the writes that take it. */
export function forgetKey({ call, input }: Pick<Request, 'call' | 'input'>, now: number): Write {
  const where = { tenantId: call.tenantId, scope: scopeOf(call.deviceId), key: input.idempotencyKey };
  return { delete: 'idempotency', where: { ...where, expiresAt: { lte: now } } };
}
