/** Device-initiated transactions: scan, 1:N identification, decision in band. */
import { createHash } from 'node:crypto';
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { assertDeviceUsable } from '../../engine/identity/device.ts';
import { limits } from '../../engine/limits.ts';
import type { MatchResult } from '../../engine/palm/types.ts';
import type { Write } from '../../engine/ports.ts';
import type {
  DeviceRecord,
  JsonObject,
  TenantRecord,
  TransactionRecord,
  UserRecord,
} from '../../engine/records.ts';
import type { CreateTransaction, EngineApi, TransactionReply } from '../api.ts';
import type { DeviceCall } from '../calls.ts';
import { refusalError } from '../challenge/complete.ts';
import type { Context } from '../context.ts';
import { assertModelFits, identificationResult, reportedResult } from '../palms/match.ts';
import { assertCapturable, assertHandAllowed, assertScanAcceptable } from '../palms/rules.ts';
import { digestScans } from './challenges.ts';

interface Recognised {
  readonly user: UserRecord | null;
  readonly palmId: string | null;
  readonly result: MatchResult;
}

/** The device learns a decision and a text, never who it was. */
export function transactionCommands(context: Context): EngineApi['transactions'] {
  const { store } = context;
  /** Same device and key under way at once: one decision for all of them. */
  const underWay = new Map<
    string,
    { readonly digest: Uint8Array; readonly reply: Promise<TransactionReply> }
  >();

  return {
    async create(call, input) {
      const digest = requestDigest(input);
      const id = `${call.deviceId}/${input.idempotencyKey}`;
      const running = underWay.get(id);
      if (running !== undefined) {
        if (Buffer.compare(running.digest, digest) !== 0) throw differentBody();
        return running.reply;
      }
      const reply = decideOnce(call, input, digest);
      underWay.set(id, { digest, reply });
      try {
        return await reply;
      } finally {
        underWay.delete(id);
      }
    },
  };

  async function decideOnce(
    call: DeviceCall,
    input: CreateTransaction,
    digest: Uint8Array,
  ): Promise<TransactionReply> {
    try {
      return await decideNow(call, input, digest);
    } catch (error) {
      // A repeat is found by its failure, whichever it was, so that the first request of a key, which nearly all are,
      // is spared the question. The key holds the answer of the request that committed it.
      const first = await stored(call, input.idempotencyKey, digest);
      if (first !== null) return first;
      throw error;
    }
  }

  async function decideNow(
    call: DeviceCall,
    input: CreateTransaction,
    digest: Uint8Array,
  ): Promise<TransactionReply> {
    const device = await readDevice(context, call);
    const recognised = await recognise(context, call, input);
    const reply = decide(device, recognised);
    try {
      await commit(context, call, input, digest, recognised, reply, []);
    } catch (error) {
      if (!isThenarError(error, 'idempotency_conflict')) throw error;
      if ((await stored(call, input.idempotencyKey, digest)) !== null) throw error;
      // The key's life is over: it may be used again.
      await commit(context, call, input, digest, recognised, reply, [forgetKey(context, call, input)]);
    }
    return reply;
  }

  async function stored(call: DeviceCall, key: string, digest: Uint8Array): Promise<TransactionReply | null> {
    const record = await store.get('idempotency', { tenantId: call.tenantId, scope: scopeOf(call), key });
    if (record === null || record.expiresAt <= context.clock.now()) return null;
    if (Buffer.compare(record.requestDigest, digest) !== 0) throw differentBody();
    return record.reply as unknown as TransactionReply;
  }
}

async function recognise(
  context: Context,
  call: DeviceCall,
  { scan }: CreateTransaction,
): Promise<Recognised> {
  const tenant = context.views.activeTenant(call.tenantId);
  assertModelFits(context, scan);
  assertScanAcceptable(tenant, null, scan);
  const startedAt = context.clock.monotonic();
  if (scan.format === 'result') {
    const palm = await context.store.get('palms', { tenantId: call.tenantId, reference: scan.featureId });
    const result = reportedResult(context, tenant, scan, palm?.palmId ?? null, startedAt);
    return admit(context, tenant, scan.palmType, result, palm?.userId ?? null, palm?.palmId ?? null);
  }
  const found = await context.matcher.identify(call.tenantId, scan, call.deadline);
  if (!found.ok) throw refusalError(found);
  const { winner, result } = identificationResult(context, tenant, found.value, startedAt);
  return admit(context, tenant, scan.palmType, result, winner?.userId ?? null, winner?.palmId ?? null);
}

/** A palm that matches but may not be used (suspended, no consent, restricted) is somebody we do not recognise. */
async function admit(
  context: Context,
  tenant: TenantRecord,
  hand: 'left' | 'right',
  result: MatchResult,
  userId: string | null,
  palmId: string | null,
): Promise<Recognised> {
  if (!result.matched || userId === null) return { user: null, palmId: null, result };
  try {
    const { user } = await context.views.user(tenant.tenantId, { userId });
    assertCapturable(tenant, user);
    assertHandAllowed(user, hand);
    return { user, palmId, result };
  } catch (error) {
    if (!isThenarError(error, 'user_not_found', 'user_suspended', 'consent_required', 'palm_restricted'))
      throw error;
    return { user: null, palmId: null, result: { ...result, matched: false, featureId: null } };
  }
}

/** Without a bound product recognition alone decides; a bound product without its service is `fail_mode` deny. */
function decide(device: DeviceRecord, { user }: Recognised): TransactionReply {
  if (user === null) {
    return {
      decision: 'not_recognized',
      displayMessage: 'Palm not recognised',
      productReference: null,
      status: 'completed',
    };
  }
  if (device.boundProduct === null) {
    return { decision: 'allow', displayMessage: 'Approved', productReference: null, status: 'completed' };
  }
  return {
    decision: 'deny',
    displayMessage: 'Service unavailable',
    productReference: null,
    status: 'completed',
  };
}

async function commit(
  context: Context,
  call: DeviceCall,
  input: CreateTransaction,
  digest: Uint8Array,
  { user, palmId, result }: Recognised,
  reply: TransactionReply,
  before: readonly Write[],
): Promise<void> {
  const now = context.clock.now();
  const { tenantId, deviceId } = call;
  const record: TransactionRecord = {
    transactionId: context.random.uuid(),
    tenantId,
    deviceId,
    userId: user?.userId ?? null,
    decision: reply.decision,
    result,
    context: input.context,
    createdAt: now,
  };
  const writes: Write[] = [
    { check: 'devices', where: { tenantId, deviceId, status: 'paired' }, otherwise: 'device_revoked' },
    { insert: 'transactions', row: record },
    ...before,
    {
      insert: 'idempotency',
      row: {
        tenantId,
        scope: scopeOf(call),
        key: input.idempotencyKey,
        requestDigest: digest,
        reply: reply as unknown as JsonObject,
        createdAt: now,
        expiresAt: now + limits.idempotency_life_ms,
      },
      conflict: 'idempotency_conflict',
    },
  ];
  if (user !== null && palmId !== null) {
    const { userId } = user;
    writes.unshift(
      { check: 'users', where: { tenantId, userId, status: 'active' }, otherwise: 'user_suspended' },
      { check: 'palms', where: { tenantId, userId, palmId }, otherwise: 'palm_not_enrolled' },
    );
  }
  await context.store.commit({
    tenantId,
    writes,
    audit: [
      {
        eventType: 'palm_transaction',
        actor: call.actor,
        userId: user?.userId ?? null,
        details: { transaction_id: record.transactionId, device_id: deviceId, decision: reply.decision },
      },
    ],
  });
}

function forgetKey(context: Context, call: DeviceCall, input: CreateTransaction): Write {
  const { tenantId } = call;
  const where = { tenantId, scope: scopeOf(call), key: input.idempotencyKey };
  return { delete: 'idempotency', where: { ...where, expiresAt: { lte: context.clock.now() } } };
}

async function readDevice(context: Context, call: DeviceCall): Promise<DeviceRecord> {
  const { tenantId, deviceId } = call;
  const device =
    context.views.devices.get(deviceId) ?? (await context.store.get('devices', { tenantId, deviceId }));
  if (device === null) throw new ThenarError('device_not_found', 'There is no such device.');
  assertDeviceUsable(device);
  return device;
}

function scopeOf(call: DeviceCall): string {
  return `device/${call.deviceId}`;
}

function requestDigest(input: CreateTransaction): Uint8Array {
  const hash = createHash('sha256').update(digestScans([input.scan]));
  return hash.update(JSON.stringify(input.context)).digest();
}

function differentBody(): ThenarError {
  return new ThenarError('idempotency_conflict', 'This idempotency_key was used with a different body.');
}
