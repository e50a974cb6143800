/** Questions that an engine left unanswered: asked again under their keys, or given up when too old. */
import { limits } from '../../engine/limits.ts';
import type { TransactionIntentRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { settleIntent } from './broker.ts';

/** Every question that is there at a start: nobody else is at work on any of them yet. */
export async function resumeIntents(context: Context): Promise<void> {
  for await (const page of context.store.scan('transactionIntents', {})) await resolveAll(context, page);
}

/** Questions whose answer was not committed while the engine ran on; those under way are younger than this. */
export async function resolveOverdueIntents(context: Context): Promise<void> {
  const before = context.clock.now() - limits.service_intent_sweep_ms;
  const overdue = await context.store.list('transactionIntents', {
    where: { createdAt: { lt: before } },
    order: [['createdAt', 'asc']],
    limit: limits.read_page_max,
  });
  await resolveAll(context, overdue);
}

async function resolveAll(context: Context, intents: readonly TransactionIntentRecord[]): Promise<void> {
  for (let from = 0; from < intents.length; from += limits.service_intents_at_once) {
    const some = intents.slice(from, from + limits.service_intents_at_once);
    await Promise.all(some.map((intent) => resolveOne(context, intent)));
  }
}

async function resolveOne(context: Context, intent: TransactionIntentRecord): Promise<void> {
  const { transactionId, tenantId } = intent;
  try {
    await settleIntent(context, intent, context.clock.monotonic() + limits.request_deadline_ms);
  } catch (error) {
    context.log.warn({ transactionId, tenantId, error }, 'A transaction has no answer yet');
  }
}
