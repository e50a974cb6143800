/** An ops listener without a socket, on a clock that a test moves. */

import type { HttpHandler } from '../../transport/http/message.ts';
import { auditRoute } from '../../transport/ops/audit.ts';
import { type OpsOptions, opsHandler } from '../../transport/ops/listener.ts';
import { outboxRoute } from '../../transport/ops/outbox.ts';
import { startRoute } from '../../transport/ops/start.ts';
import { VirtualClock } from './clock.ts';
import { fakeApi } from './fake-api.ts';
import { type Ask, ask as askHandler, listenerOptions, unmetered } from './http.ts';

/** What every request to it says. */
export const host = { host: '127.0.0.1:9090' };

export function world(token: string | null = null, api = fakeApi().api) {
  const clock = new VirtualClock();
  const { anonymousRate: _, ...shared } = listenerOptions;
  const routes = [auditRoute, outboxRoute, startRoute];
  const metered = unmetered();
  const options: OpsOptions = { ...shared, clock, host: '127.0.0.1', port: 0, token, metered, routes };
  return { clock, options, handler: opsHandler(api, options) };
}

export function ask(handler: HttpHandler, method: string, path: string, asked: Ask = {}) {
  return askHandler(handler, method, path, { ...asked, headers: { ...host, ...asked.headers } });
}
