import { once } from 'node:events';
import t from 'tap';
import { ScannerClient } from '../../bench/scanner/client.ts';
import { type FleetEvent, runScannerFleet } from '../../bench/scanner/fleet.ts';
import { syntheticImages } from '../../bench/scanner/images.ts';
import { ThenarError } from '../../engine/errors.ts';
import { CHALLENGE, challengeRecord, DEVICE } from '../support/fake-sessions.ts';
import { ScannerWorld } from '../support/scanner-world.ts';

const present = { method: 'challenge.present', challenge: challengeRecord } as const;
const backoffMs = { first: 5, longest: 20 };

function credentialsOf(world: ScannerWorld) {
  return {
    deviceId: DEVICE,
    hardwareId: 'hw-1',
    certificatePem: world.identity.certPem,
    keyPem: world.identity.keyPem,
    caChainPem: world.pki.caPem,
    expiresAt: '',
  };
}

function clientOf(world: ScannerWorld): ScannerClient {
  return new ScannerClient({
    deviceUrl: `https://127.0.0.1:${world.port}`,
    credentials: credentialsOf(world),
    backoffMs,
    restartJitterMs: 20,
  });
}

t.test('a client comes back by itself and misses nothing', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const client = clientOf(world);
  t.teardown(() => client.close());
  const session = await client.connect();
  t.match(session, { resumed: false, device: { device_id: DEVICE } });

  const acknowledged = once(world.fake, 'acknowledged');
  world.fake.push(present);
  t.match(await once(client, 'present'), [{ challenge_id: CHALLENGE }]);
  await acknowledged;
  t.strictSame(world.fake.outbox, []);

  // While the cable is out the challenge is cancelled, and another push follows.
  world.fake.pending = [];
  const ended = once(world.fake, 'ended');
  const closed = once(client, 'closed');
  const reopened = once(client, 'open');
  const cancelled = once(client, 'cancel');
  client.drop();
  t.match(await closed, [{ code: 1006, willReconnect: true }]);
  await ended;
  world.fake.push({ method: 'challenge.cancel', challengeId: CHALLENGE, reason: 'expired' });
  t.match(await reopened, [{ resumed: true }]);
  t.equal(client.tlsResumed, true, 'the TLS session is resumed too');
  t.match(await cancelled, [{ challenge_id: CHALLENGE }]);
  t.strictSame(client.open, []);
});

t.test('an engine that restarts with a new epoch', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const client = clientOf(world);
  t.teardown(() => client.close());
  world.fake.seq = 40;
  await client.connect();
  world.fake.epoch = 'epoch-2';
  world.fake.seq = 0;
  world.fake.early = [{ seq: 1, ...present }];
  const presented = once(client, 'present');
  const reopened = once(client, 'open');
  world.fake.link?.close(1012, 'restarting');
  t.match(await reopened, [{ resumed: false, epoch: 'epoch-2', last_seq: 0 }]);
  t.match(await presented, [{ challenge_id: CHALLENGE }], 'sequences begin anew with the epoch');
});

t.test('ends that trying again does not mend', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const client = clientOf(world);
  await client.connect();
  const closed = once(client, 'closed');
  world.fake.link?.close(4401, 'revoked');
  t.match(await closed, [{ code: 4401, willReconnect: false }]);
  await t.rejects(client.list(), { code: 'closed' });
});

t.test('a session that cannot be opened yet is tried again', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  world.fake.openFails = new ThenarError('unavailable', 'Not yet.');
  const client = clientOf(world);
  t.teardown(() => client.close());
  const opened = once(client, 'open');
  await t.rejects(client.connect(), { code: 'unavailable' });
  world.fake.openFails = null;
  await opened;
});

t.test('a fleet serves its challenges', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const stop = new AbortController();
  const events: FleetEvent[] = [];
  let completed = (): void => {};
  const done = new Promise<void>((resolve) => {
    completed = resolve;
  });
  const fleet = runScannerFleet({
    deviceUrl: `https://127.0.0.1:${world.port}`,
    credentials: [credentialsOf(world)],
    images: syntheticImages({ seed: 3 }),
    behaviour: { samplesPerHand: 2 },
    backoffMs,
    signal: stop.signal,
    onEvent(event) {
      events.push(event);
      if (event.kind === 'completed') completed();
    },
  });
  await once(world.fake, 'opened');
  world.fake.push({ ...present, challenge: { ...challengeRecord, type: 'enroll', palmType: 'both' } });
  await done;
  t.match(
    world.fake.completions[0]?.scans.map(({ format, palmType }) => [format, palmType]),
    [
      ['image', 'left'],
      ['image', 'left'],
      ['image', 'right'],
      ['image', 'right'],
    ],
  );
  stop.abort();
  t.match(await fleet, { scanners: 1, connects: 1, presented: 1, completed: 1, failed: 0 });
  t.strictSame(
    events.map(({ kind }) => kind),
    ['connected', 'presented', 'completed', 'closed'],
  );
});

t.test('a scanner that breaks off answers once it is back', async (t) => {
  const world = await ScannerWorld.start();
  t.teardown(() => world.stop());
  const stop = new AbortController();
  const kinds: string[] = [];
  world.fake.pending = [challengeRecord];
  const fleet = runScannerFleet({
    deviceUrl: `https://127.0.0.1:${world.port}`,
    credentials: [credentialsOf(world)],
    images: syntheticImages({ seed: 3 }),
    behaviour: { disconnect: 1 },
    backoffMs,
    signal: stop.signal,
    onEvent(event) {
      kinds.push(event.kind);
      if (event.kind === 'completed') stop.abort();
    },
  });
  t.match(await fleet, { connects: 2, presented: 1, completed: 1 });
  t.strictSame(kinds, ['connected', 'presented', 'closed', 'connected', 'completed', 'closed']);
});
