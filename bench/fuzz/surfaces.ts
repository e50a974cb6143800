/** The ways into an engine over the network. */
import { systemClock } from '../../engine/system.ts';
import { unmetered } from '../../test/support/http.ts';
import { opsRoutes } from '../../transport/ops/routes.ts';
import { startRoute } from '../../transport/ops/start.ts';
import type { AttackedEngine, Surface } from './attack.ts';
import type { Findings } from './finding.ts';
import { HttpLane, type HttpTarget } from './http/lane.ts';
import { type PlaneRoute, routesOf } from './http/requests.ts';
import { ScannerLane } from './websocket/lane.ts';
import { tcpConnector, tlsConnector } from './world.ts';

const LANES = 16;
const DEVICE_LANES = 8;

/** Of the ops listener: not the stream, whose answer has no end. */
const operations: readonly PlaneRoute[] = [...opsRoutes(systemClock, unmetered()), startRoute]
  .filter(({ path }) => !path.includes('stream') && !path.includes('events'))
  .map((route) => ({ route, path: route.path }));

function publicSurface(
  engine: AttackedEngine,
  findings: Findings,
  name: string,
  key: number,
  share: number,
): Surface {
  const { ready, world } = engine;
  const base = {
    surface: name,
    routes: routesOf('public'),
    callers: world.callers,
    bare: name.endsWith('uws'),
  };
  const lanes = Array.from({ length: LANES }, (_, lane) => {
    const target: HttpTarget = { ...base, connect: tcpConnector(ready.publicUrl, lane) };
    return new HttpLane(target, findings);
  });
  return { name, key, share, lanes };
}

/** An engine whose public listener is node:http: that one, ops, device, and the scanner's socket. */
export function nodeSurfaces(engine: AttackedEngine, findings: Findings): readonly Surface[] {
  const { ready, world } = engine;
  const ops = Array.from({ length: DEVICE_LANES }, (_, lane) => {
    const target = { surface: 'http/ops', routes: operations, callers: {}, bare: false };
    return new HttpLane({ ...target, connect: tcpConnector(ready.opsUrl, 50 + lane) }, findings);
  });
  const connectors = world.scanners
    .slice(0, -1)
    .map((credentials, lane) => tlsConnector(ready.deviceUrl, 100 + lane, credentials));
  const device = connectors.slice(0, DEVICE_LANES).map((connect) => {
    const target = { surface: 'http/device', routes: routesOf('device'), callers: {}, bare: false };
    return new HttpLane({ ...target, connect }, findings);
  });
  const sockets = connectors.slice(DEVICE_LANES).map((connect) => new ScannerLane(connect, findings));
  return [
    publicSurface(engine, findings, 'http/node', 2, 30),
    { name: 'http/ops', key: 3, share: 5, lanes: ops },
    { name: 'http/device', key: 4, share: 10, lanes: device },
    { name: 'websocket', key: 5, share: 55, lanes: sockets },
  ];
}

/** An engine whose public listener is uWebSockets.js. */
export function uwsSurfaces(engine: AttackedEngine, findings: Findings): readonly Surface[] {
  return [publicSurface(engine, findings, 'http/uws', 6, 100)];
}
