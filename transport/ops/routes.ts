/** Operators' routes (CONTRACT: ops). */
import type { Clock } from '../../engine/ports.ts';
import { type Route, route, textMedia } from '../http/route.ts';
import { boolean, freeform, object, string } from '../http/schema.ts';
import { inspectorPage } from '../pages/entries.ts';
import { pageRoutes } from '../pages/routes.ts';
import { actorRoutes } from './actors.ts';
import { connectionsRoute } from './connections.ts';
import { metricsPage } from './metrics/page.ts';
import type { Metered } from './metrics/reading.ts';
import { shardsRoute } from './shards.ts';

/** Served without a token: probes, and a page that holds nothing until a token fetches it. */
export const openOperations: ReadonlySet<string> = new Set([
  'healthz',
  'readyz',
  'inspectorIndex',
  'inspectorAsset',
]);

export function opsRoutes(clock: Clock, metered: Metered): Route[] {
  const metrics = metricsPage(clock, metered);
  return [
    route({
      method: 'GET',
      path: '/healthz',
      operation: 'healthz',
      summary: 'The process answers.',
      auth: 'operator',
      reply: object({ status: string }),
      handle: () => ({ data: { status: 'ok' } }),
    }),
    route({
      method: 'GET',
      path: '/readyz',
      operation: 'readyz',
      summary: 'Whether every required dependency works; 503 when not.',
      auth: 'operator',
      reply: object({ ready: boolean, checks: freeform }),
      handle: async ({ api }) => {
        const { ready, checks } = await api.ops.readiness();
        return { data: { ready, checks: { ...checks } }, status: ready ? 200 : 503 };
      },
    }),
    route({
      method: 'GET',
      path: '/metrics',
      operation: 'metrics',
      summary: 'Prometheus metrics.',
      auth: 'operator',
      reply: textMedia('text/plain; version=0.0.4; charset=utf-8'),
      handle: async ({ api }) => ({ data: await metrics(api) }),
    }),
    ...pageRoutes(inspectorPage, 'operator'),
    ...actorRoutes(clock),
    shardsRoute,
    connectionsRoute,
  ];
}
