/** Device-initiated transactions: scan, 1:N identification, decision in band. */
import { createHash } from 'node:crypto';
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import type { DeviceRecord, TransactionRecord } from '../../engine/records.ts';
import { inSpan } from '../../engine/trace/spans.ts';
import type { CreateTransaction, EngineApi, TransactionReply } from '../api.ts';
import type { DeviceCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { callingDevice } from '../device/calling.ts';
import { assertTimeToAsk, openIntent, resolveIntent } from '../transactions/broker.ts';
import { nobody, type Recognised, recognise } from '../transactions/recognise.ts';
import {
  forgetKey,
  type KeptReply,
  type Request,
  scopeOf,
  transactionWrites,
} from '../transactions/record.ts';
import { digestScans } from './challenges.ts';

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
      const first = await kept(call, input.idempotencyKey, digest);
      if (first === null) throw error;
      return 'asked' in first ? askAgain(call, first.asked, input, digest, error) : first;
    }
  }

  async function decideNow(
    call: DeviceCall,
    input: CreateTransaction,
    digest: Uint8Array,
  ): Promise<TransactionReply> {
    const { device, tenant } = await callingDevice(context, call, 'transaction');
    const recognised = await recognise(context, tenant, call, input.scan);
    try {
      return await inSpan(context.traces.start('decision', 'internal', call.span.context), (span) => {
        span.set('thenar.matched', recognised.user !== null);
        return settleOnce({ call, input, digest, recognised, trace: span.context }, device);
      });
    } catch (error) {
      const { user } = recognised;
      if (user === null || !isThenarError(error, 'user_suspended', 'palm_not_enrolled')) throw error;
      // Suspended, restricted, withdrawn or erased while we looked: somebody we do not recognise.
      context.views.forgetUser(call.tenantId, user.userId);
      return settleOnce(
        { call, input, digest, recognised: nobody(recognised.result, null), trace: null },
        device,
      );
    }
  }

  async function settleOnce(request: Request, device: DeviceRecord): Promise<TransactionReply> {
    const { call, input, digest } = request;
    try {
      return await settle(request, device, false);
    } catch (error) {
      if (!isThenarError(error, 'idempotency_conflict')) throw error;
      if ((await kept(call, input.idempotencyKey, digest)) !== null) throw error;
      // The key's life is over: it may be used again.
      return settle(request, device, true);
    }
  }

  /** Recognition alone decides, in one commit, unless a service is there to be asked. */
  async function settle(request: Request, device: DeviceRecord, keyFree: boolean): Promise<TransactionReply> {
    const { call, recognised } = request;
    const { boundProduct } = device;
    const service = boundProduct === null ? null : context.views.serviceOf(call.tenantId, boundProduct);
    if (recognised.user === null || service === null) {
      return decideAlone(context, request, boundProduct, keyFree);
    }
    assertTimeToAsk(context, call.deadline);
    const intent = await openIntent(context, { ...request, recognised }, device, service, keyFree);
    return resolveIntent(context, intent, call.deadline, request.trace);
  }

  /** A repeat of a question that has no answer yet: asked again under the key it has. */
  async function askAgain(
    call: DeviceCall,
    transactionId: string,
    input: CreateTransaction,
    digest: Uint8Array,
    error: unknown,
  ): Promise<TransactionReply> {
    const { tenantId, deviceId } = call;
    const intent = await store.get('transactionIntents', { tenantId, deviceId, transactionId });
    if (intent !== null) return resolveIntent(context, intent, call.deadline, call.span.context);
    // Answered between the two reads.
    const answer = await kept(call, input.idempotencyKey, digest);
    if (answer === null || 'asked' in answer) throw error;
    return answer;
  }

  async function kept(call: DeviceCall, key: string, digest: Uint8Array): Promise<KeptReply | null> {
    const { tenantId, deviceId } = call;
    const record = await store.get('idempotency', { tenantId, scope: scopeOf(deviceId), key });
    if (record === null || record.expiresAt <= context.clock.now()) return null;
    if (Buffer.compare(record.requestDigest, digest) !== 0) throw differentBody();
    return record.reply as unknown as KeptReply;
  }
}

/** Nobody recognised, nothing bound, or a product that no service decides for: that is `fail_mode` deny. */
function answerAlone({ user }: Recognised, boundProduct: string | null) {
  const by = (
    decision: TransactionReply['decision'],
    displayMessage: string,
    decidedBy: 'recognition' | 'fail_mode' = 'recognition',
  ) => ({
    reply: { decision, displayMessage, productReference: null, status: 'completed' } as const,
    decidedBy,
    reason: decidedBy === 'fail_mode' ? 'service_missing' : null,
  });
  if (user === null) return by('not_recognized', 'Palm not recognised');
  return boundProduct === null ? by('allow', 'Approved') : by('deny', 'Service unavailable', 'fail_mode');
}

async function decideAlone(
  context: Context,
  request: Request,
  productKey: string | null,
  keyFree: boolean,
): Promise<TransactionReply> {
  const { call, input, recognised } = request;
  const { tenantId, deviceId } = call;
  const { reply, decidedBy, reason } = answerAlone(recognised, productKey);
  const now = context.clock.now();
  const record: TransactionRecord = {
    transactionId: context.random.uuid(),
    tenantId,
    deviceId,
    userId: recognised.user?.userId ?? null,
    state: 'decided',
    decision: reply.decision,
    decidedBy,
    reason,
    productKey,
    productReference: null,
    result: recognised.result,
    context: input.context,
    createdAt: now,
    decidedAt: now,
  };
  await context.store.commit({
    tenantId,
    writes: [
      ...(keyFree ? [forgetKey(request, now)] : []),
      ...transactionWrites(context.views.tenant(tenantId), request, record, reply),
    ],
    audit: [
      ...(recognised.refusal === null ? [] : [recognised.refusal]),
      {
        eventType: 'palm_transaction',
        actor: call.actor,
        userId: record.userId,
        details: {
          transaction_id: record.transactionId,
          device_id: deviceId,
          decision: reply.decision,
          decided_by: decidedBy,
        },
      },
    ],
  });
  return reply;
}

function requestDigest(input: CreateTransaction): Uint8Array {
  const hash = createHash('sha256').update(digestScans([input.scan]));
  return hash.update(JSON.stringify(input.context)).digest();
}

function differentBody(): ThenarError {
  return new ThenarError('idempotency_conflict', 'This idempotency_key was used with a different body.');
}
