import { createDirectory } from '../../actors/directory.ts';
import type { Directory, Reply } from '../../actors/kernel/types.ts';
import { type ErrorCode, isThenarError } from '../../engine/errors.ts';
import { type Add, type LedgerMessage, ledger, ledgerBehaviour, Truth } from './ledger.ts';
import { type Faults, simulate, World } from './world.ts';

const SEEDS = 1_500;
const KEYS = ['acme/1', 'acme/2', 'globex/1'];
const SENDERS = 3;
const DEPTH = 12;

interface Tally {
  asked: number;
  answered: number;
  readonly acknowledged: Map<string, Set<number>>;
  readonly codes: Map<ErrorCode | 'ok', number>;
}

/** What went on over all seeds: a simulation in which nothing goes wrong would prove nothing. */
const seen = new Map<string, number>();
const note = (what: string, count: number): void => {
  seen.set(what, (seen.get(what) ?? 0) + count);
};

async function scenario(seed: number): Promise<void> {
  const world = new World(seed);
  const { random, clock } = world;
  const trouble = (delayMs: number, rate: number): Faults => ({
    delayMs,
    fail: random.chance(0.5) ? rate : 0,
    lost: random.chance(0.3) ? rate : 0,
    hang: random.chance(0.2) ? rate / 5 : 0,
  });
  world.snapshots.faults = trouble(40, 0.2);
  const truth = new Truth();
  const directory = createDirectory({
    clock,
    random,
    snapshots: world.snapshots,
    log: () => {},
    schedule: world.turns,
    limits: {
      mailbox_depth_max: DEPTH,
      activation_queue_max: DEPTH,
      mailbox_batch_max: 1 + random.below(6),
      actor_idle_ms: 60,
      actor_restart_backoff_ms: 5,
      actor_restart_backoff_max_ms: 40,
      actor_restarts_max: 3,
      actor_restart_window_ms: 300,
      activation_timeout_ms: 200,
      snapshot_coalesce_ms: 10,
      snapshot_write_timeout_ms: 100,
      snapshot_read_timeout_ms: 50,
      actor_operation_ms: 200,
    },
  });
  // Commits never hang here: one that outlives the settle bound may rightly conflict.
  directory.register(
    ledgerBehaviour(world, truth, { load: trouble(40, 0.1), commit: { ...trouble(60, 0.08), hang: 0 } }),
  );
  const tally: Tally = { asked: 0, answered: 0, acknowledged: new Map(), codes: new Map() };

  let left = 40 + random.below(60);
  const orders = new Map<string, number>();
  const act = (): void => {
    if (left === 0) return;
    left -= 1;
    actOnce(world, directory, tally, orders, left);
    // Bursts and pauses: some pauses are long enough for actors to leave memory.
    clock.after(random.chance(0.7) ? 0 : random.below(random.chance(0.2) ? 250 : 20), act);
  };
  act();
  const bounded = (): void => {
    if (!random.chance(0.1)) return;
    void directory.list({ limit: 10 }).then((infos) => {
      for (const { key, mailboxDepth } of infos) {
        // One outcome and one timer may come on top of a full mailbox.
        if (mailboxDepth > DEPTH + 2) truth.broken(`${key} holds ${mailboxDepth} messages`);
      }
    });
  };
  await world.run(() => left === 0 && tally.asked === tally.answered, bounded);
  if (tally.asked !== tally.answered)
    truth.broken(`${tally.asked - tally.answered} askers were never answered`);

  let drained = false;
  void directory.drain(clock.monotonic() + 5_000).then(() => {
    drained = true;
  });
  await world.run(() => drained);
  check(world, directory, truth, tally);
}

function actOnce(
  world: World,
  directory: Directory,
  tally: Tally,
  orders: Map<string, number>,
  id: number,
): void {
  const { random, clock } = world;
  const key = random.pick(KEYS);
  const sender = random.below(SENDERS);
  const order = (): number => {
    const line = `${sender}>${key}`;
    orders.set(line, (orders.get(line) ?? 0) + 1);
    return orders.get(line)!;
  };
  const add = (reply?: Reply<number>): Add => ({
    type: 'add',
    id,
    sender,
    order: order(),
    ...(reply === undefined ? {} : { reply }),
  });
  const ask = (build: (reply: Reply<number>) => LedgerMessage = add): void => {
    tally.asked += 1;
    const deadline = clock.monotonic() + (random.chance(0.2) ? random.below(30) : 1_000);
    directory.ask(ledger, key, deadline, build).then(
      (acknowledged) => {
        tally.answered += 1;
        tally.codes.set('ok', (tally.codes.get('ok') ?? 0) + 1);
        const known = tally.acknowledged.get(key) ?? new Set();
        tally.acknowledged.set(key, known.add(acknowledged));
      },
      (error: unknown) => {
        tally.answered += 1;
        const code = isThenarError(error) ? error.code : 'internal';
        tally.codes.set(code, (tally.codes.get(code) ?? 0) + 1);
      },
    );
  };
  const dice = random.fraction();
  if (dice < 0.6) ask();
  else if (dice < 0.7) directory.tell(ledger, key, add());
  else if (dice < 0.78) for (let repeat = 0; repeat < 3; repeat += 1) ask();
  else if (dice < 0.83)
    for (let repeat = random.below(5); repeat >= 0; repeat -= 1) ask((reply) => ({ type: 'poison', reply }));
  else if (dice < 0.87) directory.tell(ledger, key, { type: 'later' });
  else if (dice < 0.9) directory.tell(ledger, key, { type: 'leave' });
  else if (dice < 0.93) world.snapshots.stored.delete(`ledger/${key}`);
  else void directory.operate('ledger', key, random.pick(['passivate', 'restart', 'snapshot']));
}

function check(world: World, directory: Directory, truth: Truth, tally: Tally): void {
  for (const [key, acknowledged] of tally.acknowledged) {
    const { applied } = truth.row(key);
    for (const id of acknowledged)
      if (!applied.includes(id)) truth.broken(`acknowledged ${id} of ${key} is lost`);
    if (new Set(applied).size !== applied.length) truth.broken(`${key} applied something twice`);
  }
  // A restart waits for the effects of the lost incarnation, so no two of ours ever write against each other.
  if (truth.conflicts > 0) truth.broken(`${truth.conflicts} commits conflicted`);
  for (const [address, { version }] of world.snapshots.stored) {
    if (version > truth.row(address.slice('ledger/'.length)).version)
      truth.broken(`${address} is ahead of the truth`);
  }
  for (const [key, live] of truth.inMemory) if (live !== 0) truth.broken(`${key} is still in memory`);
  const counts = directory.counts();
  if (counts.live !== 0) truth.broken(`${counts.live} actors after the drain`);
  for (const [name, count] of Object.entries(counts)) note(name, count);
  for (const [code, count] of tally.codes) note(code, count);
  note('snapshots_used', truth.snapshotsUsed);
  if (truth.violations.length > 0) throw new Error(truth.violations.join('; '));
}

// tap watches every promise from the moment it is loaded, which would triple the time; so it comes afterwards.
Error.stackTraceLimit = 0;
const outcome = await simulate(SEEDS, scenario).catch((error: Error) => error);
Error.stackTraceLimit = 10;
const { default: t } = await import('tap');

t.test('no acknowledged addition is lost, whatever fails', async (t) => {
  if (outcome instanceof Error) throw outcome;
  t.comment(`${outcome} seeds: ${[...seen].map(([what, count]) => `${what} ${count}`).join(', ')}`);
  if (process.env.THENAR_SEED !== undefined) return;
  for (const needed of [
    'ok',
    'engine_busy',
    'deadline_exceeded',
    'unavailable',
    'internal',
    'restarts',
    'escalations',
    'passivations',
    'revivals',
    'activation_failures',
    'effects_dropped',
    'skipped',
    'snapshot_failures',
    'snapshots_used',
    'dead_letters',
  ]) {
    t.ok((seen.get(needed) ?? 0) > 0, `${needed} happened`);
  }
});
