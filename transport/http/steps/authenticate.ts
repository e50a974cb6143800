import { ThenarError } from '../../../engine/errors.ts';
import { type Eventually, then } from '../../../engine/eventually.ts';
import { type Exchange, routeOf } from '../exchange.ts';
import { callerName } from './throttle.ts';

/** Establishes the caller. A route of another listener has no caller here: a certificate cannot be shown there. */
export function authenticate(exchange: Exchange): Eventually<void> {
  const route = routeOf(exchange);
  if (route.plane !== exchange.listener.plane) {
    throw new ThenarError('unauthenticated', `This route is served on the ${route.plane} listener.`);
  }
  if (route.auth === 'public') return;
  return then(route.facade.authenticate(exchange, route), (caller) => {
    exchange.caller = caller;
    exchange.actor = callerName(caller);
  });
}
