import { setTimeout as pause } from 'node:timers/promises';
import type { Bench } from '../harness/bench.ts';
import { type Scenario, scenario } from '../harness/scenario.ts';
import { newTenant, pairScanners } from '../harness/target.ts';
import { GalleryPeople } from '../identify/people.ts';
import { findPostgres, hasRedis, startPostgresServer, startRedisServer } from '../load/servers.ts';
import { SeededRandom } from '../palms/random.ts';
import { type CheckOptions, checkAudit, checkPerson, checkRevoked, checkWebhooks } from './check.ts';
import { persist } from './cut.ts';
import { MortalEngine } from './engine.ts';
import { Lane } from './lane.ts';
import { Ledger } from './person.ts';
import { Receiver } from './receiver.ts';

type Parameter = 'kills' | 'scanners' | 'sample';

const parameters = {
  kills: { what: 'processes killed', full: 100, quick: 10 },
  scanners: { what: 'scanners at work, each with an integrator', full: 4, quick: 3 },
  sample: { what: 'old facts looked at again after each kill', full: 10, quick: 5, least: 0 },
} as const;

const baseline = 'a ledger outside the engine, which holds every acknowledgement';

/** What may be killed: the engine, and where it does not bring its own, the servers it uses. */
interface Victims {
  readonly environment: Readonly<Record<string, string>>;
  /** Each kills something else than the engine and lets it come back. */
  readonly others: readonly (() => Promise<void>)[];
}

export const chaos = scenario({
  name: 'chaos',
  summary: 'SIGKILL at random moments of work and of starting, and nothing acknowledged missing or doubled',
  baseline,
  parameters,
  goals: [],
  apart: true,
  run: (bench) => run(bench, { environment: {}, others: [] }),
});

export const chaosServers: Scenario<Parameter> = scenario({
  name: 'chaos-servers',
  summary: 'the same on a PostgreSQL and a Redis of this machine, which are killed too',
  baseline,
  parameters,
  goals: [],
  apart: true,
  async run(bench) {
    const programs = findPostgres();
    if (programs === null || !hasRedis()) {
      bench.say('  needs postgres (15 or later, below /usr/lib/postgresql) and redis-server on this machine');
      return bench.fact('skipped', true);
    }
    const database = await startPostgresServer(programs);
    bench.atEnd(() => database.close());
    const redis = await startRedisServer();
    bench.atEnd(() => redis.close());
    const environment = { DATABASE_URL: await database.make('chaos'), REDIS_URL: redis.url };
    const bounce = (server: { kill(): Promise<void>; start(): Promise<void> }) => async () => {
      await server.kill();
      await pause(200);
      await server.start();
    };
    await run(bench, { environment, others: [bounce(redis), bounce(database)] });
  },
});

async function run(bench: Bench<Parameter>, { environment, others }: Victims): Promise<void> {
  const { kills, scanners, sample } = bench.values;
  const random = new SeededRandom(bench.seed, 11);
  const ledger = new Ledger(scanners);
  const receiver = await Receiver.open();
  bench.atEnd(() => receiver.close());
  const engine = new MortalEngine(bench, `${bench.folder('chaos')}/data`, {
    ...environment,
    THENAR_WEBHOOK_ALLOW_PRIVATE: '1',
  });
  await engine.start();
  const tenant = await newTenant(engine.target, 'Chaos');
  const events = ['verification.complete', 'enrollment.complete', 'consent.withdrawn'] as const;
  await tenant.integrator.link.call('createWebhook', {
    body: { name: 'chaos', endpoint: receiver.url, events: [...events] },
  });
  const deviceUrl = engine.target.device;
  const people = new GalleryPeople(bench.seed, 0);
  const paired = await pairScanners(tenant, scanners, { hardware: 'chaos' });
  const lanes = paired.map(
    (credentials, number) =>
      new Lane({
        number: number + 1,
        engine,
        integrator: tenant.integrator,
        deviceUrl,
        credentials,
        hardwareId: credentials.hardwareId,
        random: new SeededRandom(bench.seed, 12, number),
        ledger,
        template: (palm) => people.template(palm, 0),
      }),
  );
  const check: CheckOptions = { tenant, ledger, deviceUrl };
  const works = new AbortController();
  for (const lane of lanes) await lane.open();
  bench.atEnd(() => Promise.all(lanes.map((lane) => lane.close())));
  const working = Promise.all(lanes.map((lane) => lane.run(works.signal)));
  // A lane that ends early has found something; the killing must not go on without it.
  const failed = working.then(() => new Promise<never>(() => {}));
  const bar = bench.progress('killed', kills);
  let inStart = 0;
  for (let kill = 1; kill <= kills; kill += 1) {
    await Promise.race([someWork(ledger, random), failed]);
    const other = random.uniform() < 0.4 ? others[Math.floor(random.uniform() * others.length)] : undefined;
    if (other !== undefined) {
      await Promise.race([other(), failed]);
    } else {
      await engine.kill();
      // One start in five is killed in its middle, where it migrates, recovers, replays and marks epochs.
      if (random.uniform() < 0.2 && (await engine.startAndKill(50 + 1_500 * random.uniform()))) inStart += 1;
      await engine.start();
    }
    await Promise.race([checkSome(check, engine, lanes, sample, random), failed]);
    bar.tick();
  }
  works.abort();
  // One more in the middle of what is being ended.
  await engine.kill();
  await engine.start();
  await working;
  bar.done();
  for (const lane of lanes) {
    for (const person of lane.people) await checkPerson(check, lane, person);
  }
  for (const revoked of ledger.revoked) await checkRevoked(check, revoked);
  await checkAudit(check);
  await checkWebhooks(check, receiver);
  const { chains } = (await engine.target.inspect('/audit/verify')) as { chains: { ok: boolean }[] };
  if (!chains.every(({ ok }) => ok)) ledger.finding('an audit chain is broken');
  for (const [name, count] of Object.entries(ledger.counts)) bench.fact(name, count);
  bench.fact('kills', kills);
  bench.fact('killed while starting', inStart);
  bench.fact('webhook events', receiver.events.size);
  bench.fact('webhook deliveries', receiver.deliveries);
  bench.fact('acknowledged', ledger.acknowledged);
  bench.fact('missing or doubled', ledger.findings.length);
  if (ledger.findings.length > 0) {
    throw new Error(
      `missing or doubled (seed ${bench.seed}):\n  ${ledger.findings.slice(0, 30).join('\n  ')}`,
    );
  }
}

/** The engine must get on: this long without a single acknowledgement is a finding of its own. */
const STILL_MS = 60_000;

/** Until a moment that nobody can foresee: after some acknowledgements, or, one time in five, whatever is going on. */
async function someWork(ledger: Ledger, random: SeededRandom): Promise<void> {
  const [draw, count, wait] = [random.uniform(), random.uniform(), random.uniform()];
  if (draw >= 0.2 && !(await ledger.advances(1 + Math.floor(12 * count), STILL_MS))) {
    ledger.finding('nothing was acknowledged for a minute');
  }
  await pause(draw < 0.2 ? 1_000 * wait : 40 * wait);
}

/** A sample of each lane's people, but for the one that something is being done to. */
async function checkSome(
  check: CheckOptions,
  engine: MortalEngine,
  lanes: readonly Lane[],
  sample: number,
  random: SeededRandom,
): Promise<void> {
  for (const lane of lanes) {
    for (let looked = 0; looked < sample && lane.people.length > 1; looked += 1) {
      const person = lane.people[Math.floor(random.uniform() * lane.people.length)];
      const release = person === undefined ? null : lane.hold(person);
      if (person === undefined || release === null) continue;
      await persist(
        () => engine.up(),
        () => checkPerson(check, lane, person),
      ).finally(release);
    }
  }
}
