import { ThenarError } from '../../../engine/errors.ts';
import { type Exchange, routeOf } from '../exchange.ts';

/** Establishes the caller. A route of another listener has no caller here: a certificate cannot be shown there. */
export async function authenticate(exchange: Exchange): Promise<void> {
  const route = routeOf(exchange);
  if (route.plane !== exchange.listener.plane) {
    throw new ThenarError('unauthenticated', `This route is served on the ${route.plane} listener.`);
  }
  if (route.auth === 'public') return;
  exchange.caller = await route.facade.authenticate(exchange, route);
}
