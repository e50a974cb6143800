import type { Call, DeviceCall, SubjectCall, TenantCall, UserCall } from '../../../actors/calls.ts';
import { type Eventually, then } from '../../../engine/eventually.ts';
import { type Exchange, routeOf } from '../exchange.ts';
import type { Auth, Input } from '../route.ts';

/** Runs the route's mapping with the call it may make. */
export function handle(exchange: Exchange): Eventually<void> {
  const { listener, caller, params, query, body, request } = exchange;
  const input = { api: listener.api, call: callOf(exchange), caller, params, query, body, request };
  // The erased route takes any call; `authorise` made sure that it is the kind the mapping was typed for.
  return then(routeOf(exchange).handle(input as unknown as Input<Auth, unknown, unknown>), (answer) => {
    exchange.answer = answer;
  });
}

/** The call as the engine takes it: with the tenant and device that the caller was found to be. */
export function callOf(exchange: Exchange): Call | TenantCall | UserCall | SubjectCall | DeviceCall {
  const { requestId, deadline, actor, tenantId, caller } = exchange;
  const { address } = exchange.request;
  if (tenantId === null) return { requestId, address, deadline, actor };
  if (caller.kind === 'user') {
    return { requestId, address, deadline, actor, tenantId, userId: caller.userId };
  }
  if (caller.kind === 'wallet') {
    const { issuer, subject, userId } = caller;
    return { requestId, address, deadline, actor, tenantId, issuer, subject, userId };
  }
  if (caller.kind !== 'device') return { requestId, address, deadline, actor, tenantId };
  const { deviceId, fingerprint } = caller;
  return { requestId, address, deadline, actor, tenantId, deviceId, fingerprint };
}
