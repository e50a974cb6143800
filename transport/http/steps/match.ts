import { ThenarError } from '../../../engine/errors.ts';
import type { Exchange } from '../exchange.ts';

/** Finds the route. @throws ThenarError route_not_found, method_not_allowed (with `details.allow`) */
export function match(exchange: Exchange): void {
  const { request, listener } = exchange;
  const found = listener.router.match(request.method, request.path);
  switch (found.found) {
    case 'route':
      exchange.facade = found.route.facade;
      exchange.matched = found.route;
      exchange.params = found.params;
      return;
    case 'path':
      exchange.facade = found.facade;
      if (request.method === 'OPTIONS') {
        exchange.reply = { status: 204, headers: { allow: found.allow }, body: '' };
        return;
      }
      throw new ThenarError('method_not_allowed', `Use one of ${found.allow} here.`, {
        details: { allow: found.allow },
      });
    case 'nothing':
      exchange.facade = found.facade;
      throw new ThenarError('route_not_found', 'There is no such route.');
    default:
      found satisfies never;
  }
}
