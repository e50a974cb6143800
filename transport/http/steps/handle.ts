import type { Call, DeviceCall, SubjectCall, TenantCall, UserCall } from '../../../actors/calls.ts';
import { type Eventually, then } from '../../../engine/eventually.ts';
import type { Span } from '../../../engine/ports.ts';
import { type Exchange, routeOf } from '../exchange.ts';
import type { HttpRequest } from '../message.ts';
import type { Auth, Input } from '../route.ts';

/** Runs the route's mapping with the call it may make. */
export function handle(exchange: Exchange): Eventually<void> {
  const { listener, caller, params, query, body, request } = exchange;
  const input = { api: listener.api, call: callOf(exchange), caller, params, query, body, request };
  // The erased route takes any call; `authorise` made sure that it is the kind the mapping was typed for.
  const route = routeOf(exchange);
  const answered = route.handle(input as unknown as Input<Auth, unknown, unknown>);
  if (route.method === 'GET') route.answers.atOnce = !(answered instanceof Promise);
  return then(answered, (answer) => {
    exchange.answer = answer;
  });
}

/** The call as the engine takes it: with the tenant and device that the caller was found to be. */
export function callOf(exchange: Exchange): Call | TenantCall | UserCall | SubjectCall | DeviceCall {
  const { tenantId, caller } = exchange;
  const call = new EdgeCall(exchange);
  if (tenantId === null) return call;
  if (caller.kind === 'user') return Object.assign(call, { tenantId, userId: caller.userId });
  if (caller.kind === 'wallet') {
    const { issuer, subject, userId } = caller;
    return Object.assign(call, { tenantId, issuer, subject, userId });
  }
  if (caller.kind !== 'device') return Object.assign(call, { tenantId });
  const { deviceId, fingerprint } = caller;
  return Object.assign(call, { tenantId, deviceId, fingerprint });
}

/** Asks the connection for its address only for whoever wants to know: for some drivers that is most of a read. */
class EdgeCall implements Call {
  readonly requestId: string;
  readonly deadline: number;
  readonly actor: string;
  readonly span: Span;
  readonly #request: HttpRequest;

  constructor({ requestId, deadline, actor, span, request }: Exchange) {
    this.requestId = requestId;
    this.deadline = deadline;
    this.actor = actor;
    this.span = span;
    this.#request = request;
  }

  get address(): string {
    return this.#request.address;
  }
}
