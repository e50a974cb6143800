import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { CHALLENGE, challengeRecord } from '../support/fake-sessions.ts';
import { seeded } from '../support/openssl.ts';
import { ScannerWorld } from '../support/scanner-world.ts';

t.test('heartbeats: answered ones keep the session, two missed ones end it', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const peer = await world.scanner();
  for (let beats = 0; beats < 4; beats += 1) {
    const pinged = once(peer.socket, 'ping');
    await world.clock.advance(limits.heartbeat_s * 1000);
    await pinged;
    // A call after the pong: when it is answered, the pong has been read.
    t.match(await peer.call('challenge.list'), { result: {} });
  }
  // ws answers pings by itself; a dead peer reads nothing.
  peer.socket.pause();
  for (let beats = 0; beats < 4; beats += 1) await world.clock.advance(limits.heartbeat_s * 1000);
  peer.socket.resume();
  t.match(await peer.closed, { code: 4408 });
});

t.test('flooding', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const peer = await world.scanner();
  // The virtual clock stands still, so nothing is earned back.
  for (let sent = 0; sent < limits.scanner_calls_burst + 10; sent += 1) peer.sendCall('challenge.list');
  t.match(await peer.closed, { code: 4429 });

  const pinger = await world.scanner();
  for (let sent = 0; sent < limits.scanner_calls_burst + 10; sent += 1) pinger.socket.ping();
  t.match(await pinger.closed, { code: 4429 }, 'pings count too');
});

t.test('a pause earns calls back', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const peer = await world.scanner();
  for (let round = 0; round < 3; round += 1) {
    // In groups, because more than so many calls under way are another limit.
    for (let sent = 0; sent + 20 < limits.scanner_calls_burst; sent += 20) {
      const answers = Array.from({ length: 20 }, () => peer.call('challenge.list'));
      t.match(await Promise.all(answers), Array(20).fill({ result: {} }));
    }
    await world.clock.advance((limits.scanner_calls_burst / limits.scanner_calls_per_s) * 1000);
  }
});

t.test('too large', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const peer = await world.scanner();
  peer.socket.send(Buffer.alloc(limits.frame_bytes_max + 1));
  t.match(await peer.closed, { code: 1009 });
});

t.test('what is not the protocol ends the connection 4400', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const deep = `${'['.repeat(limits.json_depth_max + 1)}${']'.repeat(limits.json_depth_max + 1)}`;
  const header = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"challenge.list"}');
  const withLength = (length: number, rest: Buffer) => {
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32BE(length);
    return Buffer.concat([prefix, rest]);
  };
  const cases: readonly (readonly [string, string | Buffer, number])[] = [
    ['no JSON', '{"jsonrpc"', -32700],
    ['empty', '', -32700],
    ['too deep', `{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":${deep}}}`, -32700],
    ['too many containers', `[${'[],'.repeat(limits.json_containers_max)}[]]`, -32700],
    [
      'a key that reaches prototypes',
      '{"jsonrpc":"2.0","id":1,"method":"device.report","params":{"__proto__":{"a":1}}}',
      -32700,
    ],
    [
      'another one',
      '{"jsonrpc":"2.0","id":1,"method":"device.report","params":{"constructor":{"prototype":{}}}}',
      -32700,
    ],
    ['batch', '[{"jsonrpc":"2.0","id":1,"method":"challenge.list"}]', -32600],
    ['a number', '7', -32600],
    ['notification', '{"jsonrpc":"2.0","method":"challenge.list"}', -32600],
    ['null id', '{"jsonrpc":"2.0","id":null,"method":"challenge.list"}', -32600],
    ['long id', `{"jsonrpc":"2.0","id":"${'x'.repeat(65)}","method":"challenge.list"}`, -32600],
    ['fraction id', '{"jsonrpc":"2.0","id":1.5,"method":"challenge.list"}', -32600],
    ['no version', '{"id":1,"method":"challenge.list"}', -32600],
    ['positional params', '{"jsonrpc":"2.0","id":1,"method":"challenge.list","params":[]}', -32600],
    ['result and error', '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', -32600],
    ['short binary', Buffer.from([0, 0, 1]), -32700],
    ['header beyond the frame', withLength(header.length + 1, header), -32700],
    ['header too long', withLength(limits.frame_header_bytes_max + 1, Buffer.alloc(70_000, 0x20)), -32700],
    ['header not UTF-8', withLength(4, Buffer.from([0x22, 0xff, 0xfe, 0x22])), -32700],
  ];
  for (const [name, frame, code] of cases) {
    const peer = await world.scanner();
    peer.socket.send(frame);
    t.match(await peer.next(), { error: { code } }, name);
    t.match(await peer.closed, { code: 4400 }, name);
  }
});

t.test('a slow reader is cut off, and memory stays bounded', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const peer = await world.scanner();
  peer.socket.pause();
  const ended = once(world.fake, 'ended');
  let pushes = 0;
  const config = { filler: 'x'.repeat(256 * 1024) };
  // TCP's own buffers take some megabytes before ours fill.
  while (world.fake.link !== null && pushes < 1_000) {
    pushes += 1;
    world.fake.link.push({ seq: pushes, method: 'config.update', config });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
  t.ok(pushes < 200, `cut off after ${pushes} pushes`);
  peer.socket.resume();
  t.equal((await peer.closed).code, 1006, 'without a close frame, which would not get through');
});

t.test('drain: running calls finish, new ones are refused, then 1012', async (t) => {
  const world = await ScannerWorld.start();
  const idle = await world.scanner();
  const peer = await world.scanner(); // takes over
  t.match(await idle.closed, { code: 4409 });
  let go = (): void => {};
  world.fake.gate = new Promise((resolve) => {
    go = resolve;
  });
  const scan = { format: 'result', matched: true, scores: [1, 1, 1, 1], feature_id: 'f', palm_type: 'left' };
  const reached = once(world.fake, 'completing');
  peer.sendCall('challenge.complete', { challenge_id: CHALLENGE, scan }, 'running');
  await reached;
  const drained = world.listener.drain(world.clock.monotonic() + limits.drain_ms);
  t.match(await peer.call('challenge.list'), { error: { data: { code: 'unavailable' } } });
  await t.rejects(world.socket(), 'no new connection');
  go();
  t.match(await peer.next(), { id: 'running', result: { status: 'completed' } });
  t.match(await peer.closed, { code: 1012 });
  await drained;
});

t.test('drain: out of time', async (t) => {
  const world = await ScannerWorld.start();
  const peer = await world.scanner();
  world.fake.gate = new Promise(() => {});
  const scan = { format: 'result', matched: true, scores: [1, 1, 1, 1], feature_id: 'f', palm_type: 'left' };
  const reached = once(world.fake, 'completing');
  peer.sendCall('challenge.complete', { challenge_id: CHALLENGE, scan }, 'stuck');
  await reached;
  const drained = world.listener.drain(world.clock.monotonic() + limits.drain_ms);
  await world.clock.advance(limits.drain_ms - limits.scanner_drain_grace_ms);
  t.match(await peer.next(), { id: 'stuck', error: { data: { code: 'unavailable' } } });
  t.match(await peer.closed, { code: 1012 });
  await drained;
});

t.test('raw bytes after the upgrade never end the process', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const seed = 20_260_225;
  const random = seeded(seed);
  const masked = (first: number, payload: Buffer) =>
    Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
  const crafted: readonly (readonly [string, Buffer])[] = [
    ['reserved opcode', masked(0x83, Buffer.from('{}'))],
    ['reserved bit', masked(0xc1, Buffer.from('{}'))],
    ['unmasked', Buffer.from([0x81, 2, 0x7b, 0x7d])],
    ['continuation of nothing', masked(0x80, Buffer.from('{}'))],
    ['fragmented ping', masked(0x09, Buffer.from('x'))],
    ['text of no UTF-8', masked(0x81, Buffer.from([0xff, 0xff]))],
    ['length of 2^63', Buffer.from([0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
    ['close with code 999', masked(0x88, Buffer.from([0x03, 0xe7]))],
    ['close with one byte', masked(0x88, Buffer.from([0x03]))],
    [
      'text, then binary as its continuation',
      Buffer.concat([masked(0x01, Buffer.from('{')), masked(0x82, Buffer.from('}'))]),
    ],
  ];
  const fuzzed = Array.from(
    { length: 60 },
    (_, at) => [`seed ${seed}, case ${at}`, Buffer.from(random.bytes(random.next(200)))] as const,
  );
  for (const [name, bytes] of [...crafted, ...fuzzed]) {
    const socket = world.rawTls();
    socket.on('error', () => {});
    await upgraded(socket);
    socket.end(bytes);
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    t.pass(name);
  }
  const fragments = world.rawTls();
  fragments.on('error', () => {});
  await upgraded(fragments);
  fragments.write(masked(0x01, Buffer.from('{')));
  for (let sent = 0; sent < limits.frame_fragments_max + 1; sent += 1) {
    fragments.write(masked(0x00, Buffer.alloc(0)));
  }
  fragments.resume();
  await new Promise((resolve) => fragments.once('close', resolve));
  const peer = await world.scanner();
  world.fake.push({ method: 'challenge.present', challenge: challengeRecord });
  t.match(await peer.pushed(), { params: { seq: 1 } }, 'the listener serves on');
});

/** Sends the upgrade by hand; resolves when it was answered. */
async function upgraded(socket: TLSSocket): Promise<void> {
  const head = [
    'GET /v1/scanner HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: thenar.scanner.v1',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const [answer] = await once(socket, 'data');
  if (!String(answer).startsWith('HTTP/1.1 101')) throw new Error(String(answer));
}
