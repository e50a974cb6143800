/** The listeners' pipelines, put together; drivers and certificates are the composition root's. */
import type { EngineApi } from '../../actors/api.ts';
import type { Admission } from '../../engine/admission/admission.ts';
import { limits } from '../../engine/limits.ts';
import { Calls } from '../../engine/meter.ts';
import type { Clock, Log, Random, Tracer } from '../../engine/ports.ts';
import { TokenBuckets } from '../../engine/rate.ts';
import { noTracer } from '../../engine/trace/spans.ts';
import { consolePage } from '../pages/entries.ts';
import { pageRoutes } from '../pages/routes.ts';
import { docsRoutes } from './docs.ts';
import { type HttpServer, type ListenOptions, listenWith } from './drivers/choose.ts';
import { mountNode, type NodeMount } from './drivers/node.ts';
import type { Listener, Rate } from './exchange.ts';
import type { Facade } from './facade.ts';
import type { HttpHandler } from './message.ts';
import type { ApiInfo } from './openapi.ts';
import { createHandler } from './pipeline.ts';
import type { Plane } from './route.ts';
import { createRouter } from './router.ts';

export interface ListenerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The families served; the first answers paths of none. */
  readonly facades: readonly Facade[];
  /** Where requests are counted, for `/metrics` of the ops listener. */
  readonly metrics?: Calls;
  /** Default: nobody traces requests of this listener. */
  readonly tracer?: Tracer;
  /** Default: `limits.anonymous_requests_*`. */
  readonly anonymousRate?: Rate;
  /** Absent: nobody is refused because there is much to do. */
  readonly admission?: Admission;
  /** Default: `limits.request_deadline_ms`. */
  readonly deadlineMs?: number;
}

/** The handler of one plane over any set of families. @throws Error when two routes collide */
export function createPlane(
  plane: Plane,
  api: EngineApi,
  options: ListenerOptions & { readonly limited: boolean },
): HttpHandler {
  const { clock, random, log } = options;
  const listener: Listener = {
    plane,
    api,
    clock,
    random,
    log,
    router: createRouter(options.facades),
    metrics: options.metrics ?? new Calls(),
    tracer: options.tracer ?? noTracer,
    guesses: new TokenBuckets(),
    ...(options.limited ? { rates: new TokenBuckets() } : {}),
    ...(options.admission === undefined ? {} : { admission: options.admission }),
    anonymousRate: options.anonymousRate ?? {
      perSecond: limits.anonymous_requests_per_s,
      burst: limits.anonymous_requests_burst,
    },
    deadlineMs: options.deadlineMs ?? limits.request_deadline_ms,
  };
  return createHandler(listener);
}

export interface PublicOptions extends ListenerOptions, ListenOptions {
  readonly info: ApiInfo;
  /** As {@link listenWith} takes it; default `auto`. */
  readonly driver?: string;
}

/** REST for integrators and the console, with `/openapi.json`, `/docs` and `/console/`; listens. */
export function createPublicListener(api: EngineApi, options: PublicOptions): Promise<HttpServer> {
  return listenWith(options.driver ?? 'auto', publicHandler(api, options), options);
}

/** As {@link createPublicListener}, without a socket. */
export function publicHandler(
  api: EngineApi,
  options: ListenerOptions & { readonly info: ApiInfo },
): HttpHandler {
  const [first, ...others] = options.facades;
  if (first === undefined) throw new Error('the public listener serves no family');
  const docs = docsRoutes(options.facades, options.info);
  const pages = pageRoutes(consolePage, 'public');
  const facades = [{ ...first, routes: [...first.routes, ...docs, ...pages] }, ...others];
  return createPlane('public', api, { ...options, facades, limited: true });
}

/** REST of the device plane, to mount on the device listener's node:https server. */
export function createDeviceHttp(api: EngineApi, options: ListenerOptions): NodeMount {
  return mountNode(deviceHandler(api, options), options.clock);
}

/** Only routes of the device plane: what belongs to the public listener is not there at all. */
export function deviceHandler(api: EngineApi, options: ListenerOptions): HttpHandler {
  const facades = options.facades
    .map((facade) => ({ ...facade, routes: facade.routes.filter(({ plane }) => plane === 'device') }))
    .filter(({ routes }) => routes.length > 0);
  return createPlane('device', api, { ...options, facades, limited: true });
}
