import type { Caller } from '../../../actors/calls.ts';
import { ThenarError } from '../../../engine/errors.ts';
import { type Eventually, then } from '../../../engine/eventually.ts';
import type { Authenticator } from '../../auth/authenticator.ts';
import { bearer } from '../../auth/bearer.ts';
import { device } from '../../auth/device.ts';
import { session } from '../../auth/session.ts';
import type { Exchange } from '../../http/exchange.ts';
import type { Auth, Route } from '../../http/route.ts';

/**
 * Which credentials a route looks at, in this order. Routes for sessions also look at tokens, so that the wrong kind
 * of caller is told 403 and only nobody is told 401.
 */
const accepted: Readonly<Record<Auth, readonly Authenticator[]>> = {
  public: [],
  client_or_session: [bearer, session],
  session: [bearer, session],
  platform: [bearer, session],
  self: [bearer, session],
  user: [bearer, session],
  wallet: [],
  subject: [],
  device: [device],
  operator: [],
};

/** @throws ThenarError unauthenticated when the request brings none of them */
export function authenticate(exchange: Exchange, route: Route): Eventually<Caller> {
  return firstOf(accepted[route.auth], 0, exchange);
}

function firstOf(
  authenticators: readonly Authenticator[],
  at: number,
  exchange: Exchange,
): Eventually<Caller> {
  const authenticator = authenticators[at];
  if (authenticator === undefined) throw new ThenarError('unauthenticated', 'This needs credentials.');
  return then(
    authenticator(exchange),
    (caller): Eventually<Caller> => caller ?? firstOf(authenticators, at + 1, exchange),
  );
}
