/** Scanners that are connected, as operators see them. */
import { type Route, route } from '../http/route.ts';
import { integer, list, nullable, object, string, time } from '../http/schema.ts';
import { timestamp } from '../wire/time.ts';
import { windowFields, windowOf } from './window.ts';

export const connectionsSchema = object({
  total: integer(),
  connections: list(
    object({ tenant_id: string, tenant_name: nullable(string), device_id: string, since: time }),
  ),
});

export const connectionsRoute: Route = route({
  method: 'GET',
  path: '/connections',
  operation: 'listConnections',
  summary: 'Scanners connected, the longest connected first, and how many there are.',
  auth: 'operator',
  query: object(windowFields),
  reply: connectionsSchema,
  handle: ({ api, query }) => {
    const { total, rows } = windowOf(api.sessions.connections(), query);
    const connections = rows.map(({ tenantId, deviceId, since }) => ({
      tenant_id: tenantId,
      tenant_name: api.ops.tenantName(tenantId),
      device_id: deviceId,
      since: timestamp(since),
    }));
    return { data: { total, connections } };
  },
});
