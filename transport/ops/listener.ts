/** The ops listener: loopback by default, plain HTTP, node:http only. */
import type { EngineApi } from '../../actors/api.ts';
import { limits } from '../../engine/limits.ts';
import { errorSchema, renderError } from '../apis/link/errors.ts';
import { listenNode } from '../http/drivers/node.ts';
import type { HttpServer, ListenOptions } from '../http/drivers/server.ts';
import { type Facade, facade } from '../http/facade.ts';
import { createPlane, type ListenerOptions } from '../http/listeners.ts';
import type { HttpHandler } from '../http/message.ts';
import type { Route } from '../http/route.ts';
import { operator } from './authenticate.ts';
import type { Metered } from './metrics/reading.ts';
import { openOperations, opsRoutes } from './routes.ts';

export interface OpsOptions extends Omit<ListenerOptions, 'facades' | 'metrics'>, ListenOptions {
  /** THENAR_OPS_TOKEN. */
  readonly token: string | null;
  /** What metrics are made of, beside what the engine tells of its actors. */
  readonly metered: Metered;
  /** Routes of `auth: 'operator'` that other parts add. */
  readonly routes?: readonly Route[];
}

/** Listens. */
export function createOpsListener(api: EngineApi, options: OpsOptions): Promise<HttpServer> {
  return listenNode(opsHandler(api, options), options);
}

/** As {@link createOpsListener}, without a socket. */
export function opsHandler(api: EngineApi, options: OpsOptions): HttpHandler {
  const metrics = options.metered.meter.http.ops;
  const facades = [opsFacade(options)];
  const anonymousRate = { perSecond: limits.operator_guesses_per_s, burst: limits.operator_guesses_burst };
  return createPlane('ops', api, { anonymousRate, ...options, facades, metrics, limited: false });
}

/** Bare JSON; errors as the Link family writes them. */
export function opsFacade(options: OpsOptions): Facade {
  return facade({
    name: 'ops',
    title: 'Operations',
    basePath: '',
    routes: [...opsRoutes(options.clock, options.metered), ...(options.routes ?? [])],
    subjects: [],
    authenticate: operator({ token: options.token, host: options.host, open: openOperations }),
    renderError,
    renderReply: (answer) => answer.data,
    readReply: (json) => ({ data: json }),
    replySchema: (_, data) => data,
    errorSchema: errorSchema.json,
  });
}
