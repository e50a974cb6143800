import { createHash } from 'node:crypto';
import type { Caller, WalletCaller } from '../../../actors/calls.ts';
import { type Eventually, then } from '../../../engine/eventually.ts';
import { scannerBurst } from '../../../engine/identity/tenant.ts';
import { limits } from '../../../engine/limits.ts';
import { remembered } from '../../../engine/remembered.ts';
import type { Exchange, Rate } from '../exchange.ts';
import { refuseOverLimit } from './limit.ts';

/** Limits a known caller: clients and devices by their tenant's configuration, people by the defaults. */
export function throttle(exchange: Exchange): Eventually<void> {
  const { rates, clock } = exchange.listener;
  if (rates === undefined || exchange.caller.kind === 'anonymous') return;
  return then(rateOf(exchange), ({ perSecond, burst }) => {
    exchange.rate = rates.take(exchange.actor, clock.monotonic(), perSecond, burst);
    refuseOverLimit(exchange);
  });
}

function rateOf({ caller, listener }: Exchange): Eventually<Rate> {
  switch (caller.kind) {
    case 'client':
      return then(listener.api.tenants.get(caller.tenantId), ({ config }) => ({
        perSecond: config.requestsPerSecond,
        burst: config.requestsBurst,
      }));
    case 'device': {
      const perSecond = listener.api.sessions.callsPerSecond(caller.tenantId);
      return { perSecond, burst: scannerBurst(perSecond) };
    }
    case 'user':
    case 'wallet':
    case 'console':
    case 'anonymous':
      return { perSecond: limits.client_requests_per_s, burst: limits.client_requests_burst };
    default:
      return caller satisfies never;
  }
}

/** How a caller is named to limits, logs and the audit chain. */
export const callerName = remembered((caller: Caller): string => {
  switch (caller.kind) {
    case 'client':
      return `client/${caller.clientId}`;
    case 'user':
      return `user/${caller.userId}`;
    case 'wallet':
      return caller.userId === null ? `subject/${subjectDigest(caller)}` : `user/${caller.userId}`;
    case 'console':
      return `console/${caller.consoleUserId}`;
    case 'device':
      return `device/${caller.deviceId}`;
    case 'anonymous':
      return 'anonymous';
    default:
      return caller satisfies never;
  }
});

/** Whose subject it is stays out of logs, and what an identity provider calls people is not for our eyes. */
function subjectDigest({ tenantId, issuer, subject }: WalletCaller): string {
  const named = JSON.stringify([tenantId, issuer, subject]);
  return createHash('sha256').update(named).digest('hex').slice(0, 32);
}
