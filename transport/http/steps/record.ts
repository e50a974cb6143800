import type { ThenarError } from '../../../engine/errors.ts';
import type { Exchange } from '../exchange.ts';
import type { HttpReply } from '../message.ts';
import { callerName } from './throttle.ts';

/**
 * Counts and logs what was answered. Facts of the audit chain are committed by the engine with what they describe;
 * this is the access log: failures of ours loud, refused callers visible, the rest for debugging.
 */
export function record(exchange: Exchange, reply: HttpReply, failure: ThenarError | null): void {
  const { listener, matched, request, tenantId } = exchange;
  const elapsed = listener.clock.monotonic() - exchange.startedAt;
  const operation = matched?.operation ?? 'unmatched';
  listener.metrics.record(operation, reply.status, elapsed);
  const fields = {
    requestId: exchange.requestId,
    method: request.method,
    operation,
    status: reply.status,
    ms: Math.round(elapsed * 100) / 100,
    actor: callerName(exchange),
    address: request.address,
    ...(tenantId === null ? {} : { tenantId }),
    ...(failure === null ? {} : { code: failure.code }),
  };
  if (failure?.code === 'internal') listener.log.error({ ...fields, err: failure.cause }, 'request failed');
  else if (reply.status >= 500) listener.log.warn(fields, 'request refused');
  else if (reply.status === 401 || reply.status === 403 || reply.status === 429)
    listener.log.info(fields, 'request refused');
  else listener.log.debug(fields, 'request');
}
