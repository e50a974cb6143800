/** Some hundred bad inputs over the network for each listener; `npm run bench -- fuzz` sends hundreds of thousands. */
import { once } from 'node:events';
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { Draw } from '../../bench/fuzz/draw.ts';
import { Findings } from '../../bench/fuzz/finding.ts';
import { HttpLane } from '../../bench/fuzz/http/lane.ts';
import { type Callers, routesOf } from '../../bench/fuzz/http/requests.ts';
import { ScannerLane } from '../../bench/fuzz/websocket/lane.ts';
import { systemClock } from '../../engine/system.ts';
import { listenNode } from '../../transport/http/drivers/node.ts';
import type { Listen } from '../../transport/http/drivers/server.ts';
import { listenUws } from '../../transport/http/drivers/uws.ts';
import { loadUws } from '../../transport/http/drivers/uws_library.ts';
import { publicHandler } from '../../transport/http/listeners.ts';
import { fakeApi } from '../support/fake-api.ts';
import { listenerOptions } from '../support/http.ts';
import { FILE_TIMEOUT_MS } from '../support/node.ts';
import { available, uwsFolder } from '../support/require.ts';
import { asPerson } from '../support/samples.ts';
import { ScannerWorld } from '../support/scanner-world.ts';

const seed = Number(process.env.THENAR_FUZZ_SEED ?? 1);
const INPUTS = 200;
/** Each of the worst ends its connection, and the next begins with a handshake. */
const SCANNER_INPUTS = 60;
const LANES = 4;
t.setTimeout(FILE_TIMEOUT_MS);

const callers: Callers = {
  client: { authorization: 'Bearer all' },
  console: asPerson('tenant_admin').headers ?? {},
  platform: asPerson('platform_admin').headers ?? {},
};

async function overHttp(t: Test, listen: Listen, surface: string): Promise<void> {
  const handler = publicHandler(fakeApi().api, listenerOptions);
  const server = await listen(handler, { host: '127.0.0.1', port: 0, clock: systemClock });
  t.teardown(() => server.close(0));
  const open = async () => {
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const findings = new Findings(null);
  const bare = surface === 'http/uws';
  const target = { surface, routes: routesOf('public'), callers, bare, connect: open };
  let next = 0;
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      const lane = new HttpLane(target, findings);
      for (let number = next++; number < INPUTS; number = next++)
        await lane.run(new Draw(seed, 2, number), number);
      lane.close();
    }),
  );
  t.same(findings.lines(), [], `seed ${seed}`);
}

t.test('over HTTP, node', (t) => overHttp(t, listenNode, 'http/node'));

t.test('over HTTP, uWebSockets.js', async (t) => {
  const folder = uwsFolder();
  if (!available(t, 'uws', folder !== null)) return;
  const uws = loadUws(folder ?? undefined);
  if (uws === null) throw new Error('uWebSockets.js does not load');
  await overHttp(t, listenUws(uws), 'http/uws');
});

t.test('over a scanner’s socket', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const open = async () => {
    const socket = world.rawTls();
    await once(socket, 'secureConnect');
    return socket;
  };
  const findings = new Findings(null);
  const lane = new ScannerLane(open, findings);
  for (let number = 0; number < SCANNER_INPUTS; number += 1)
    await lane.run(new Draw(seed, 5, number), number);
  await lane.settle();
  lane.close();
  t.same(findings.lines(), [], `seed ${seed}`);
});
