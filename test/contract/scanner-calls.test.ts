import { once } from 'node:events';
import t from 'tap';
import { binaryFrame, packScans, type SentScan } from '../../bench/scanner/wire.ts';
import { limits } from '../../engine/limits.ts';
import { CHALLENGE, DEVICE, TENANT, USER } from '../support/fake-sessions.ts';
import { ScannerWorld } from '../support/scanner-world.ts';

function image(side: number, fill: number, hand: 'left' | 'right' = 'left'): SentScan {
  const data = new Uint8Array(side * side).fill(fill);
  return { format: 'image', encoding: 'raw8', width: side, height: side, data, palm_type: hand };
}

t.test('every call of the protocol', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const peer = await world.scanner();
  const { fake } = world;

  t.match(await peer.call('challenge.list'), { result: { challenges: [] } });
  t.match(await peer.call('challenge.accept', { challenge_id: CHALLENGE }), {
    result: { status: 'accepted' },
  });
  t.match(await peer.call('challenge.accept', { challenge_id: USER }), {
    error: { code: -32000, message: 'There is none.', data: { code: 'challenge_not_found' } },
  });
  t.match(await peer.call('challenge.reject', { challenge_id: CHALLENGE, reason: 'nobody came' }), {
    result: { status: 'cancelled', reason: 'nobody came' },
  });
  t.match(await peer.call('device.report', { battery: 0.5 }), { result: {} });
  t.strictSame(fake.reports, [{ battery: 0.5 }]);

  const scan = { ...image(32, 9), data: Buffer.alloc(32 * 32, 9).toString('base64') };
  const completed = await peer.call('challenge.complete', {
    challenge_id: CHALLENGE,
    scan,
    idempotency_key: 'k',
  });
  t.match(completed, {
    result: { status: 'completed', challenge_id: CHALLENGE, user_id: USER, matched: false },
  });
  t.match(fake.completions, [{ challengeId: CHALLENGE, idempotencyKey: 'k' }]);
  t.match(fake.completions[0]?.scans, [{ format: 'image', width: 32, palmType: 'left' }]);
  t.match(fake.calls.at(-1), {
    tenantId: TENANT,
    deviceId: DEVICE,
    actor: `device/${DEVICE}`,
    fingerprint: world.identity.fingerprint,
    deadline: world.clock.monotonic() + limits.request_deadline_ms,
  });

  const transaction = { scan, context: { amount: 50 }, idempotency_key: 'x' };
  t.strictSame((await peer.call('transaction.create', transaction)).result, {
    decision: 'allow',
    display_message: 'Approved',
    product_reference: null,
    status: 'completed',
  });
  t.match(await peer.call('palm.enroll', { user_id: USER, scans: [scan] }), {
    result: { palm_enrolled: true, feature_ids: [CHALLENGE] },
  });
  const consent = { user_id: USER, consent_type: 'biometric', version: '1.0' };
  t.match(await peer.call('consent.record', consent), { result: { ...consent, status: 'granted' } });
  t.strictSame(fake.consents, [{ userId: USER, consentType: 'biometric', version: '1.0' }]);
});

t.test('what is refused without an end to the connection', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const peer = await world.scanner();
  for (const method of ['signup.begin', 'toString', '__proto__', '']) {
    t.match(await peer.call(method), { error: { code: -32601, data: { code: 'route_not_found' } } }, method);
  }
  t.match(await peer.call('challenge.accept', { challenge_id: 'x' }), {
    error: {
      code: -32602,
      data: { code: 'validation_failed', details: { fields: [{ field: 'challenge_id' }] } },
    },
  });
  t.match(await peer.call('challenge.complete', { challenge_id: CHALLENGE }), {
    error: { data: { details: { fields: [{ field: 'scan' }] } } },
  });
  const unexpected = await peer.call('certificate.renew', { csr: 'x' });
  t.match(unexpected, { error: { code: -32000, data: { code: 'internal', request_id: String } } });
  t.notMatch(JSON.stringify(unexpected), /secret/, 'the cause stays behind');
});

t.test('scans in binary frames', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const peer = await world.scanner();
  const { fake } = world;
  const send = async (id: string, params: object, payload: Uint8Array) => {
    const message = { jsonrpc: '2.0', id, method: 'challenge.complete', params };
    peer.socket.send(binaryFrame(message, payload));
    return peer.next((answer) => answer.id === id);
  };

  const one = packScans([image(64, 7)]);
  t.match(await send('one', { challenge_id: CHALLENGE, ...one.params }, one.payload), { result: {} });
  t.same(
    fake.completions.at(-1)?.scans.map((scan) => 'data' in scan && scan.data),
    [Buffer.alloc(64 * 64, 7)],
  );

  const several = packScans([image(32, 1), image(40, 2, 'right'), image(32, 3)]);
  t.match(await send('several', { challenge_id: CHALLENGE, ...several.params }, several.payload), {
    result: {},
  });
  t.same(
    fake.completions.at(-1)?.scans.map((scan) => 'data' in scan && [scan.data.length, scan.data[0]]),
    [
      [1024, 1],
      [1600, 2],
      [1024, 3],
    ],
  );

  const scan = { ...image(32, 1), data: '' };
  for (const [data, message] of [
    ['@payload:0:1025', /beyond/],
    ['@payload:1024:1', /beyond/],
    ['@payload:-1:5', /must be base64/],
    ['@payload:01:5', /must be base64/],
    ['@payloads', /must be base64/],
    ['@payload:0:5', /width x height/],
  ] as const) {
    const answer = await send(data, { challenge_id: CHALLENGE, scan: { ...scan, data } }, Buffer.alloc(1024));
    t.match(answer, {
      error: { code: -32602, data: { details: { fields: [{ field: 'scan.data', message }] } } },
    });
  }
  const twice = [0, 1].map(() => ({ ...scan, data: '@payload' }));
  t.match(await send('twice', { challenge_id: CHALLENGE, scans: twice }, Buffer.alloc(1024)), {
    error: { data: { details: { fields: [{ field: 'scans[1].data', message: /shares/ }] } } },
  });
  const inText = await peer.call('challenge.complete', {
    challenge_id: CHALLENGE,
    scan: { ...scan, data: '@payload' },
  });
  t.match(inText, { error: { data: { code: 'validation_failed' } } }, 'a text frame has no payload');
  t.equal(fake.completions.length, 2, 'nothing refused reached the engine');
});

t.test('calls under way are bounded, and their ids are told apart', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const peer = await world.scanner();
  let go = (): void => {};
  world.fake.gate = new Promise((resolve) => {
    go = resolve;
  });
  const scan = { ...image(32, 9), data: Buffer.alloc(32 * 32).toString('base64') };
  const params = { challenge_id: CHALLENGE, scan };
  for (let id = 0; id <= limits.scanner_calls_in_flight_max; id += 1) {
    peer.sendCall('challenge.complete', params, id);
  }
  t.match(await peer.next(), {
    id: limits.scanner_calls_in_flight_max,
    error: { code: -32000, data: { code: 'engine_busy' } },
  });
  go();
  const answered = new Set<unknown>();
  for (let id = 0; id < limits.scanner_calls_in_flight_max; id += 1) answered.add((await peer.next()).id);
  t.equal(answered.size, limits.scanner_calls_in_flight_max, 'each one is answered once');

  world.fake.gate = new Promise(() => {});
  const reached = once(world.fake, 'completing');
  peer.sendCall('challenge.complete', params, 'same');
  await reached;
  peer.sendCall('challenge.complete', params, 'same');
  t.match(await peer.next(), { id: null, error: { data: { code: 'protocol_violation' } } });
  t.match(await peer.closed, { code: 4400 });
});

t.test('heavy calls under way hold the scanner back, and all are answered', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const peer = await world.scanner();
  let go = (): void => {};
  world.fake.gate = new Promise((resolve) => {
    go = resolve;
  });
  const { params, payload } = packScans([image(2000, 5)]);
  const seen: number[] = [];
  let holding = (): void => {};
  const held = new Promise<void>((resolve) => {
    holding = resolve;
  });
  world.fake.on('completing', () => {
    seen.push(seen.length);
    if (seen.length === 3) holding();
  });
  for (let id = 0; id < 6; id += 1) {
    const message = {
      jsonrpc: '2.0',
      id,
      method: 'challenge.complete',
      params: { challenge_id: CHALLENGE, ...params },
    };
    peer.socket.send(binaryFrame(message, payload));
  }
  await held;
  // Reading has stopped at more than 8 MiB; heartbeats that cannot be answered are no reason to hang up.
  for (let beats = 0; beats < 5; beats += 1) await world.clock.advance(limits.heartbeat_s * 1000);
  t.equal(seen.length, 3);
  go();
  for (let id = 0; id < 6; id += 1) t.match(await peer.next(), { result: { status: 'completed' } });
});
