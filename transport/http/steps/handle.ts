import type { Call, DeviceCall, SubjectCall, TenantCall, UserCall } from '../../../actors/calls.ts';
import { type Exchange, routeOf } from '../exchange.ts';
import type { Auth, Input } from '../route.ts';
import { callerName } from './throttle.ts';

/** Runs the route's mapping with the call it may make. */
export async function handle(exchange: Exchange): Promise<void> {
  const { listener, caller, params, query, body, request } = exchange;
  const input = { api: listener.api, call: callOf(exchange), caller, params, query, body, request };
  // The erased route takes any call; `authorise` made sure that it is the kind the mapping was typed for.
  exchange.answer = await routeOf(exchange).handle(input as unknown as Input<Auth, unknown, unknown>);
}

/** The call as the engine takes it: with the tenant and device that the caller was found to be. */
export function callOf(exchange: Exchange): Call | TenantCall | UserCall | SubjectCall | DeviceCall {
  const call: Call = {
    requestId: exchange.requestId,
    address: exchange.request.address,
    deadline: exchange.deadline,
    actor: callerName(exchange),
  };
  const { tenantId, caller } = exchange;
  if (tenantId === null) return call;
  if (caller.kind === 'user') return { ...call, tenantId, userId: caller.userId };
  if (caller.kind === 'wallet') {
    const { issuer, subject, userId } = caller;
    return { ...call, tenantId, issuer, subject, userId };
  }
  if (caller.kind !== 'device') return { ...call, tenantId };
  return { ...call, tenantId, deviceId: caller.deviceId, fingerprint: caller.fingerprint };
}
