import { once } from 'node:events';
import t from 'tap';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { CHALLENGE, challengeRecord, DEVICE, USER } from '../support/fake-sessions.ts';
import { type Peer, ScannerWorld } from '../support/scanner-world.ts';

const present = { method: 'challenge.present', challenge: challengeRecord } as const;

async function started(t: { teardown(fn: () => Promise<void>): void }): Promise<ScannerWorld> {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  return world;
}

async function acknowledge(world: ScannerWorld, peer: Peer, id: unknown): Promise<number> {
  const acknowledged = once(world.fake, 'acknowledged');
  peer.send({ jsonrpc: '2.0', id, result: {} });
  return (await acknowledged)[0];
}

t.test('upgrade: path, subprotocol', async (t) => {
  const world = await started(t);
  await t.rejects(world.socket({ path: '/v1/other' }), { message: /404/ });
  await t.rejects(world.socket({ protocols: [] }), { message: /400/ });
  await t.rejects(world.socket({ protocols: ['thenar.scanner.v2'] }), { message: /400/ });
  const peer = await world.socket({ protocols: ['other', 'thenar.scanner.v1'], path: '/v1/scanner?x=1' });
  t.equal(peer.socket.protocol, 'thenar.scanner.v1');
  t.equal(peer.socket.extensions, '', 'no compression');
});

t.test('session.open, and who may speak before it', async (t) => {
  const world = await started(t);
  world.fake.pending = [challengeRecord];
  const peer = await world.socket();
  const { result } = await peer.call('session.open');
  t.match(result, {
    session_id: 'session-1',
    epoch: 'epoch-1',
    last_seq: 0,
    resumed: false,
    heartbeat_s: 20,
    device: { device_id: DEVICE },
    pending: [{ challenge_id: CHALLENGE, status: 'presented', expires_at: '2023-11-14T22:18:20.000Z' }],
  });
  t.notMatch(result, { pending: [{ result: {} }] });
  t.match(world.listener.connections(), [{ deviceId: DEVICE, since: world.clock.now() }]);

  const second = await peer.call('session.open');
  t.match(second, { error: { code: -32600, data: { code: 'protocol_violation' } } });
  t.match(await peer.closed, { code: 4400 });

  const hasty = await world.socket();
  t.match(await hasty.call('challenge.list'), { error: { data: { code: 'protocol_violation' } } });
  t.match(await hasty.closed, { code: 4400, reason: 'The first call must be session.open.' });

  const silent = await world.socket();
  await world.clock.advance(limits.session_open_timeout_ms + limits.scanner_wheel_tick_ms);
  t.match(await silent.closed, { code: 4400, reason: /in time/ });
});

t.test('calls sent right behind session.open wait for it', async (t) => {
  const world = await started(t);
  let go = (): void => {};
  world.fake.gate = new Promise((resolve) => {
    go = resolve;
  });
  world.fake.early = [{ seq: 1, ...present }];
  world.fake.seq = 1;
  const peer = await world.socket();
  peer.sendCall('session.open', {}, 'open');
  peer.sendCall('challenge.list', {}, 'list');
  setImmediate(go);
  const order = [await peer.next(), await peer.next(), await peer.next()];
  t.strictSame(
    order.map(({ id, method }) => method ?? id),
    ['open', 'challenge.present', 'list'],
    'the reply comes before a push made while opening, and before the call that waited',
  );
});

t.test('an open that fails may be tried again, unless the device may not speak', async (t) => {
  const world = await started(t);
  world.fake.openFails = new ThenarError('engine_busy', 'Busy.', { retryAfterMs: 250 });
  const peer = await world.socket();
  const refused = await peer.call('session.open');
  t.match(refused, { error: { code: -32000, data: { code: 'engine_busy', retry_after_ms: 250 } } });
  t.match(await peer.call('session.open', { last_seq: -1 }), {
    error: {
      code: -32602,
      data: { code: 'validation_failed', details: { fields: [{ field: 'last_seq' }] } },
    },
  });
  world.fake.openFails = null;
  t.match(await peer.call('session.open'), { result: { session_id: 'session-1' } });

  world.fake.openFails = new ThenarError('device_suspended', 'Suspended.');
  const suspended = await world.socket();
  t.match(await suspended.call('session.open'), { error: { data: { code: 'device_suspended' } } });
  t.match(await suspended.closed, { code: 4403 });
});

t.test('pushes carry seq and are acknowledged by their answers', async (t) => {
  const world = await started(t);
  const peer = await world.scanner();
  world.fake.push(present);
  const push = await peer.pushed();
  t.match(push, {
    jsonrpc: '2.0',
    method: 'challenge.present',
    params: { seq: 1, challenge: { challenge_id: CHALLENGE, external_user_id: 'person-1', user_id: USER } },
  });
  t.equal(await acknowledge(world, peer, push.id), 1);
  t.strictSame(world.fake.outbox, []);

  world.fake.push({ method: 'challenge.cancel', challengeId: CHALLENGE, reason: 'expired' });
  const cancelled = await peer.pushed();
  t.match(cancelled, {
    method: 'challenge.cancel',
    params: { seq: 2, challenge_id: CHALLENGE, reason: 'expired' },
  });
  world.fake.push({ method: 'config.update', config: { heartbeat_s: 20 } });
  t.match(await peer.pushed(), { method: 'config.update', params: { seq: 3, config: { heartbeat_s: 20 } } });
  world.fake.push({ method: 'certificate.renew_due', expiresAt: 1_700_000_000_000 });
  t.match(await peer.pushed(), { params: { seq: 4, expires_at: '2023-11-14T22:13:20.000Z' } });

  peer.send({ jsonrpc: '2.0', id: 3, error: { code: -32603, message: 'not now' } });
  const acknowledged = once(world.fake, 'acknowledged');
  peer.send({ jsonrpc: '2.0', id: 4, error: { code: -32601, message: 'unknown method' } });
  t.equal((await acknowledged)[0], 4, 'an unknown method counts as received, another error does not');
  t.strictSame(
    world.fake.outbox.map(({ seq }) => seq),
    [2, 3],
  );
});

t.test('an answer to nothing is a violation', async (t) => {
  const world = await started(t);
  const peer = await world.scanner();
  peer.send({ jsonrpc: '2.0', id: 1, result: {} });
  t.match(await peer.next(), { id: null, error: { code: -32600 } });
  t.match(await peer.closed, { code: 4400 });
});

t.test('resume replays what was not acknowledged; another epoch does not', async (t) => {
  const world = await started(t);
  const peer = await world.scanner();
  for (let count = 0; count < 3; count += 1) world.fake.push(present);
  const first = await peer.pushed();
  await acknowledge(world, peer, first.id);
  const ended = once(world.fake, 'ended');
  peer.socket.terminate();
  await ended;

  const back = await world.socket();
  t.match(await back.call('session.open', { epoch: 'epoch-1', last_seq: 1 }), { result: { resumed: true } });
  t.match([await back.pushed(), await back.pushed()], [{ params: { seq: 2 } }, { params: { seq: 3 } }]);
  t.equal(await acknowledge(world, back, 2), 2, 'a replayed push is acknowledged like a first one');

  const other = await world.socket();
  const opened = await other.call('session.open', { epoch: 'epoch-0', last_seq: 1 });
  t.match(opened, { result: { resumed: false, epoch: 'epoch-1' } });
  t.match(await back.closed, { code: 4409 }, 'the newer connection took over');
});

t.test('the engine ends a session', async (t) => {
  const world = await started(t);
  const peer = await world.scanner();
  const ended = once(world.fake, 'ended');
  world.fake.link?.close(4401, 'revoked');
  t.match(await peer.closed, { code: 4401, reason: 'revoked' });
  t.strictSame(await ended, ['session-1'], 'told once');
  t.strictSame(world.listener.connections(), []);

  const long = await world.scanner();
  world.fake.link?.close(4403, 'é'.repeat(200));
  const { code, reason } = await long.closed;
  t.equal(code, 4403);
  t.equal(reason, 'é'.repeat(61), 'cut to what a close frame holds, between characters');
});

t.test('revocation and suspension end the connection at the next message', async (t) => {
  const world = await started(t);
  for (const [refusal, code] of [
    ['device_certificate_revoked', 4401],
    ['device_certificate_invalid', 4401],
    ['tenant_suspended', 4403],
    ['device_suspended', 4403],
  ] as const) {
    const peer = await world.scanner();
    world.fake.refusals.set(world.identity.fingerprint, refusal);
    peer.sendCall('challenge.list');
    t.match(await peer.closed, { code, reason: refusal });
    world.fake.refusals.clear();
  }
  world.fake.refusals.set(world.identity.fingerprint, 'tenant_suspended');
  const late = await world.socket();
  t.match(await late.closed, { code: 4403 }, 'a suspended scanner is told so after its upgrade');
});

t.test('a renewed scanner keeps its open session, and nothing more', async (t) => {
  const world = await started(t);
  const { fingerprint } = world.identity;
  const peer = await world.scanner();
  const hasty = await world.socket();
  world.fake.superseded.add(fingerprint);
  t.match(await peer.call('challenge.list'), { result: {} }, 'the live socket stays');
  hasty.sendCall('session.open');
  t.match(await hasty.closed, { code: 4401 }, 'no new session with the old certificate');
  await t.rejects(world.socket(), 'nor a new connection');
  world.fake.superseded.clear();
  world.fake.known.delete(fingerprint);
  peer.sendCall('challenge.list');
  t.match(await peer.closed, { code: 1012 }, 'asked to come back once the old certificate is forgotten');
});
