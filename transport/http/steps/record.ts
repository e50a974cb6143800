import { overloaded } from '../../../engine/admission/overloaded.ts';
import type { ThenarError } from '../../../engine/errors.ts';
import { endFailed, traceIdOf } from '../../../engine/trace/spans.ts';
import type { Exchange } from '../exchange.ts';
import type { HttpReply } from '../message.ts';

/** Refused callers. */
const refusals: ReadonlySet<number> = new Set([401, 403, 429]);

/**
 * Counts and logs what was answered. Facts of the audit chain are committed by the engine with what they describe;
 * this is the access log: failures of ours loud, refused callers visible, the rest for debugging.
 */
export function record(exchange: Exchange, reply: HttpReply, failure: ThenarError | null): void {
  const { listener, matched, request, tenantId, span } = exchange;
  const elapsed = listener.clock.monotonic() - exchange.startedAt;
  const operation = matched?.operation ?? 'unmatched';
  listener.metrics.record(operation, reply.status, elapsed);
  span.set('http.response.status_code', reply.status);
  if (failure === null) span.end();
  else endFailed(span, failure);
  // The door says once that it refuses: a line for each would cost more than the refusal.
  const quiet = failure === overloaded;
  const loud = !quiet && (failure?.code === 'internal' || reply.status >= 500 || refusals.has(reply.status));
  if (!loud && listener.log.isLevelEnabled?.('debug') === false) return;
  const fields = {
    requestId: exchange.requestId,
    method: request.method,
    operation,
    status: reply.status,
    ms: Math.round(elapsed * 100) / 100,
    actor: exchange.actor,
    address: request.address,
    ...(tenantId === null ? {} : { tenantId }),
    ...(failure === null ? {} : { code: failure.code }),
    ...(span.context === null ? {} : { traceId: traceIdOf(span.context) }),
  };
  if (failure?.code === 'internal') listener.log.error({ ...fields, err: failure.cause }, 'request failed');
  else if (reply.status >= 500 && !quiet) listener.log.warn(fields, 'request refused');
  else if (refusals.has(reply.status)) listener.log.info(fields, 'request refused');
  else listener.log.debug(fields, 'request');
}
