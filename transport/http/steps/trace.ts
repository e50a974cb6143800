import { readTraceparent } from '../../../engine/trace/spans.ts';
import { type Exchange, routeOf } from '../exchange.ts';

/**
 * Begins the span of a request. A known caller may go on with a trace of its own (`traceparent`); of anybody else's
 * word nothing depends, least of all what is kept. Requests that were turned away before have no span: metrics count
 * them, and a flood of them shall not fill the queue of spans.
 */
export function trace(exchange: Exchange): void {
  const { listener, request, caller, startedAt, tenantId } = exchange;
  const { operation, fullPath } = routeOf(exchange);
  const parent = caller.kind === 'anonymous' ? null : readTraceparent(request.headers.traceparent);
  const span = listener.tracer.start(operation, 'server', parent, startedAt);
  exchange.span = span;
  span.set('http.request.method', request.method);
  span.set('http.route', fullPath);
  if (tenantId !== null) span.set('thenar.tenant_id', tenantId);
}
