/**
 * The broker: a linked service decides, and nobody is charged twice.
 *
 * The question is committed before the service hears it, under the transaction's identifier, which is the key the
 * service gets. Whatever ends in between (the engine, the connection, the commit of the answer), the question is
 * still there: the device's repeat or the next start asks the same again under the same key, and the service answers
 * what it answered. The answer takes the question's place in one commit, and only one answer can.
 */
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { TraceContext } from '../../engine/ports.ts';
import type {
  DeviceRecord,
  JsonObject,
  LinkedServiceRecord,
  TransactionIntentRecord,
} from '../../engine/records.ts';
import { type Decision, decideByVerdict } from '../../engine/services/decision.ts';
import { contextOf, questionBody } from '../../engine/services/question.ts';
import type { TransactionReply } from '../api.ts';
import type { Context } from '../context.ts';
import {
  type Asked,
  type LinkedServiceMessage,
  linkedServiceKey,
  linkedServiceKind,
} from '../linked-service/protocol.ts';
import type { RecognisedUser } from './recognise.ts';
import { forgetKey, type Request, scopeOf, transactionWrites } from './record.ts';

/** Commits the question. @param keyFree its key was used before and its life is over */
export async function openIntent(
  context: Context,
  request: Request & { readonly recognised: RecognisedUser },
  device: DeviceRecord,
  service: LinkedServiceRecord,
  keyFree: boolean,
): Promise<TransactionIntentRecord> {
  const { call, input, recognised } = request;
  const { tenantId, deviceId } = call;
  const { user, result } = recognised;
  const now = context.clock.now();
  const transactionId = context.random.uuid();
  const { productKey, serviceId } = service;
  const intent: TransactionIntentRecord = {
    transactionId,
    tenantId,
    deviceId,
    serviceId,
    userId: user.userId,
    idempotencyKey: input.idempotencyKey,
    request: questionBody({
      transactionId,
      tenantId,
      productKey,
      user,
      device,
      context: input.context,
      at: now,
    }),
    createdAt: now,
  };
  const writes = transactionWrites(
    context.views.tenant(tenantId),
    request,
    {
      transactionId,
      tenantId,
      deviceId,
      userId: user.userId,
      state: 'asked',
      decision: null,
      decidedBy: null,
      reason: null,
      productKey,
      productReference: null,
      result,
      context: input.context,
      createdAt: now,
      decidedAt: null,
    },
    { asked: transactionId },
  );
  await context.store.commit({
    tenantId,
    writes: [
      ...(keyFree ? [forgetKey(request, now)] : []),
      ...writes,
      { insert: 'transactionIntents', row: intent },
    ],
    audit: [
      {
        eventType: 'palm_transaction_asked',
        actor: call.actor,
        userId: user.userId,
        details: { transaction_id: transactionId, device_id: deviceId, product_key: productKey },
      },
    ],
  });
  return intent;
}

/**
 * Asks for somebody who waits: where the service cannot be asked, its `fail_mode` decides at once.
 * @param deadline `Clock.monotonic()` milliseconds of whoever waits
 * @param trace of whoever waits; the service is told of it
 * @throws ThenarError when the answer could not be committed or the engine is stopping: the question stays
 */
export async function resolveIntent(
  context: Context,
  intent: TransactionIntentRecord,
  deadline: number,
  trace: TraceContext | null,
): Promise<TransactionReply> {
  return answer(context, intent, await ask(context, intent, deadline, trace));
}

/**
 * Asks for nobody: a service that cannot be asked now may be back before the question is too old, and then says
 * whether it was charged.
 * @throws ThenarError as {@link resolveIntent}, and `unavailable` while the question stays open for that
 */
export async function settleIntent(
  context: Context,
  intent: TransactionIntentRecord,
  deadline: number,
): Promise<void> {
  const asked = await ask(context, intent, deadline, null);
  const { verdict } = asked;
  const final =
    verdict.kind !== 'unavailable' || verdict.reason === 'service_missing' || verdict.reason === 'abandoned';
  if (!final) throw new ThenarError('unavailable', `The service was not asked: ${verdict.reason}.`);
  await answer(context, intent, asked);
}

async function answer(
  context: Context,
  intent: TransactionIntentRecord,
  { verdict, failMode }: Asked,
): Promise<TransactionReply> {
  const decision = decideByVerdict(verdict, failMode, contextOf(intent.request), intent.userId);
  try {
    await commitAnswer(context, intent, decision);
  } catch (error) {
    // Somebody else had its answer committed first, and that is the one that counts.
    if (!isThenarError(error, 'version_conflict')) throw error;
    const kept = await keptAnswer(context, intent);
    if (kept === null) throw error;
    return kept;
  }
  return replyOf(decision);
}

async function ask(
  context: Context,
  intent: TransactionIntentRecord,
  deadline: number,
  trace: TraceContext | null,
): Promise<Asked> {
  const { tenantId, serviceId, transactionId, request: body } = intent;
  const service = context.views.linkedServices.get(tenantId)?.find((each) => each.serviceId === serviceId);
  const failMode = service?.failMode ?? 'deny';
  const unavailable = (reason: 'service_missing' | 'abandoned' | 'busy' | 'timeout'): Asked => ({
    verdict: { kind: 'unavailable', reason },
    failMode,
  });
  if (service === undefined) return unavailable('service_missing');
  // The person has left long ago: nothing may be charged now that was not charged then.
  if (context.clock.now() - intent.createdAt > limits.service_intent_life_ms) return unavailable('abandoned');
  // A question without time would end as a timeout, and decide without the service: it waits for the next caller.
  assertTimeToAsk(context, deadline);
  const answerBy = deadline - limits.service_commit_reserve_ms;
  const patienceMs = answerBy - context.clock.monotonic();
  try {
    return await context.directory.ask<LinkedServiceMessage, Asked>(
      linkedServiceKind,
      linkedServiceKey(tenantId, serviceId),
      // The actor ends its questions itself; this is for one that cannot be reached at all.
      answerBy + limits.service_commit_reserve_ms / 2,
      (reply) => ({ type: 'ask', transactionId, body, patienceMs, trace, reply }),
    );
  } catch (error) {
    if (isThenarError(error, 'engine_busy')) return unavailable('busy');
    if (isThenarError(error, 'deadline_exceeded')) return unavailable('timeout');
    throw error;
  }
}

async function commitAnswer(
  context: Context,
  intent: TransactionIntentRecord,
  decision: Decision,
): Promise<void> {
  const { tenantId, transactionId, deviceId, idempotencyKey } = intent;
  const now = context.clock.now();
  const { decidedBy, reason, productReference } = decision;
  await context.store.commit({
    tenantId,
    writes: [
      { delete: 'transactionIntents', where: { tenantId, transactionId }, otherwise: 'version_conflict' },
      {
        update: 'transactions',
        where: { tenantId, transactionId, state: 'asked' },
        set: {
          state: 'decided',
          decision: decision.decision,
          decidedBy,
          reason,
          productReference,
          decidedAt: now,
        },
      },
      {
        update: 'idempotency',
        // Only the record that waits for this very answer: its key may have been taken anew after a day.
        where: { tenantId, scope: scopeOf(deviceId), key: idempotencyKey, reply: { asked: transactionId } },
        set: {
          reply: replyOf(decision) as unknown as JsonObject,
          expiresAt: now + limits.idempotency_life_ms,
        },
      },
    ],
    audit: [
      {
        eventType: 'palm_transaction',
        severity: decidedBy === 'fail_mode' ? 'warning' : 'info',
        actor: `device/${deviceId}`,
        userId: intent.userId,
        details: {
          transaction_id: transactionId,
          device_id: deviceId,
          decision: decision.decision,
          decided_by: decidedBy,
          reason,
          product_reference: productReference,
        },
      },
    ],
  });
}

async function keptAnswer(
  context: Context,
  { tenantId, deviceId, idempotencyKey: key }: TransactionIntentRecord,
): Promise<TransactionReply | null> {
  const kept = await context.store.get('idempotency', { tenantId, scope: scopeOf(deviceId), key });
  return kept === null || 'asked' in kept.reply ? null : (kept.reply as unknown as TransactionReply);
}

function replyOf({ decision, displayMessage, productReference }: Decision): TransactionReply {
  return { decision, displayMessage, productReference, status: 'completed' };
}

/** @throws ThenarError deadline_exceeded when there is no time left in which a service could answer */
export function assertTimeToAsk(context: Context, deadline: number): void {
  if (deadline - context.clock.monotonic() > 2 * limits.service_commit_reserve_ms) return;
  throw new ThenarError('deadline_exceeded', 'There was no time left to ask the service; try again.');
}
