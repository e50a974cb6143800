/** Clients that do not read their answers, and what never becomes a request: bounded, whoever they are. */
import { once } from 'node:events';
import { connect, createConnection, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { limits } from '../../engine/limits.ts';
import { systemClock } from '../../engine/system.ts';
import { listenNode } from '../../transport/http/drivers/node.ts';
import type { Listen } from '../../transport/http/drivers/server.ts';
import { listenUws } from '../../transport/http/drivers/uws.ts';
import { loadUws } from '../../transport/http/drivers/uws_library.ts';
import { big, DriverWorld, RawClient } from '../support/driver-world.ts';
import { available, uwsFolder } from '../support/require.ts';

const ask = 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n';

async function listening(t: Test, answerStallMs?: number, listen: Listen = listenNode) {
  const world = new DriverWorld();
  const stall = answerStallMs === undefined ? {} : { answerStallMs };
  const server = await listen(world.handler, {
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    ...stall,
  });
  t.teardown(() => server.close(0));
  return { world, server };
}

/** A connection whose owner asks and reads nothing. */
async function deaf(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  socket.write(text);
  return socket;
}

/** Resolves when the other end has cut the connection off, which one who does not read learns by writing. */
async function reset(socket: Socket, more = '\r\n'): Promise<void> {
  const timer = setInterval(() => socket.write(more), 5);
  await closed(socket);
  clearInterval(timer);
}

/** However it ended: `once` would reject for a reset. */
function closed(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve));
}

/** Resolves when the other end is gone: reads what is left until then. */
async function gone(socket: Socket): Promise<number> {
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  const end = closed(socket);
  socket.resume();
  await end;
  return bytes;
}

t.test('a client that takes nothing of its answer is cut off', async (t) => {
  const { server } = await listening(t, 300);
  const socket = await deaf(server.port, ask);
  // One that reads is not: its answer passes while the other's waits.
  await readAll(server.port);
  await reset(socket);
  t.ok(socket.bytesRead < big.length, 'before all of it was sent');
});

/** Asks, and reads until the whole answer has come. */
async function readAll(port: number): Promise<void> {
  const socket = await deaf(port, ask);
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > big.length) resolve();
    });
    socket.once('close', () => reject(new Error(`ended after ${bytes} bytes`)));
    socket.resume();
  });
  socket.destroy();
}

t.test('answers do not pile up for a client that asks and does not read', async (t) => {
  const { server } = await listening(t);
  const socket = await deaf(server.port, ask.repeat(200));
  const bytes = await gone(socket);
  t.ok(bytes < 3 * big.length, `${bytes} bytes of ${200 * big.length} were sent`);
});

t.test('nor on uWebSockets.js, whether they come together or one by one', async (t) => {
  const folder = uwsFolder();
  if (!available(t, 'uws', folder !== null)) return;
  const uws = loadUws(folder ?? undefined);
  if (uws === null) throw new Error('uWebSockets.js does not load');
  const { server } = await listening(t, undefined, listenUws(uws));
  t.ok((await gone(await deaf(server.port, ask.repeat(200)))) < 3 * big.length, 'together');
  const socket = await deaf(server.port, ask);
  await reset(socket, ask);
  t.ok(socket.bytesRead < 3 * big.length, 'one by one');
  // Who reads gets all of it.
  await readAll(server.port);
});

t.test('nor for many of them together: who has waited longest goes first', async (t) => {
  const { server } = await listening(t);
  const count = Math.ceil(limits.answers_unread_all_bytes_max / big.length) + 1;
  const [first, ...others] = await Promise.all(Array.from({ length: count }, () => deaf(server.port, ask)));
  const sockets = [first!, ...others];
  await Promise.race(sockets.map((socket) => reset(socket)));
  t.pass('one was cut off within its answer');
  for (const socket of sockets) socket.destroy();
});

t.test(
  'a connection that is gone leaves nothing under way, however many requests waited on it',
  async (t) => {
    const { server, world } = await listening(t);
    const client = await RawClient.open(server.port);
    client.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20));
    await world.waiting.opened;
    client.close();
    world.released.open();
    // Draining waits for what is under way; the time is one that would fail the test.
    await server.close(FOREVER_MS);
    t.pass('drained at once');
  },
);
const FOREVER_MS = 600_000;

t.test('what is no request is refused as everything is, and its connection does not stay', async (t) => {
  const { server } = await listening(t);
  const cases: Readonly<Record<string, readonly [string, number]>> = {
    'no HTTP': ['\u0016\u0003\u0001\r\n\r\n', 400],
    'no Host': ['GET /echo HTTP/1.1\r\n\r\n', 400],
    'two Hosts': ['GET /echo HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n', 400],
    'a tunnel': ['CONNECT other.example:443 HTTP/1.1\r\nHost: other.example\r\n\r\n', 400],
    'an unknown expectation': [
      'POST /echo HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 0\r\n\r\n',
      417,
    ],
    'two lengths': [
      'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
  };
  for (const [name, [bytes, status]] of Object.entries(cases)) {
    const client = await RawClient.open(server.port);
    client.send(bytes);
    const told = await client.until(/\}$/);
    t.match(told, new RegExp(`^HTTP/1.1 ${status} `), name);
    t.match(told, /x-request-id: [0-9a-f-]{36}/i, `${name}: with a request id`);
    client.close();
  }
  const half = createConnection({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(() => half.destroy());
  half.on('error', () => undefined).resume();
  half.write('no HTTP\r\n\r\n');
  await once(half, 'end');
  // The half that the client keeps open is not waited for.
  await server.close(0);
  t.pass('closed');
});

t.test('HTTP/1.0 needs no Host', async (t) => {
  const { server } = await listening(t);
  const client = await RawClient.open(server.port);
  client.send('GET /ignore HTTP/1.0\r\n\r\n');
  t.match(await client.ended(), /^HTTP\/1.1 200 [\s\S]*"ignored":true/);
});
