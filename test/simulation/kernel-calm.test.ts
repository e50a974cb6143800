/**
 * A world without failures, but in which actors leave memory all the time: there every single message must be
 * handled, in the order its sender sent it, and every asker must hear `ok`.
 */
import { createDirectory } from '../../actors/directory.ts';
import type { Reply } from '../../actors/kernel/types.ts';
import { type Add, ledger, ledgerBehaviour, Truth } from './ledger.ts';
import { calm, simulate, World } from './world.ts';

const SEEDS = 400;
const MESSAGES = 60;
const KEYS = ['acme/1', 'globex/1'];
const seen = { passivations: 0, revivals: 0, activations: 0 };

async function scenario(seed: number): Promise<void> {
  const world = new World(seed, { ...calm, delayMs: 30 });
  const { random, clock } = world;
  const truth = new Truth();
  const directory = createDirectory({
    clock,
    random,
    snapshots: world.snapshots,
    log: () => {},
    schedule: world.turns,
    limits: { actor_idle_ms: 20, snapshot_coalesce_ms: 10, mailbox_batch_max: 1 + random.below(4) },
  });
  const faults = { ...calm, delayMs: 10 };
  directory.register(ledgerBehaviour(world, truth, { load: faults, commit: faults }));

  const sent = new Map<string, number>();
  const told = new Map<string, number[]>();
  let asked = 0;
  let answered = 0;
  let left = MESSAGES;
  const act = (): void => {
    left -= 1;
    const id = left;
    const key = random.pick(KEYS);
    const sender = random.below(2);
    const line = `${sender}>${key}`;
    const order = (sent.get(line) ?? 0) + 1;
    sent.set(line, order);
    const add: Add = { type: 'add', id, sender, order };
    told.set(key, [...(told.get(key) ?? []), id]);
    if (random.chance(0.5)) directory.tell(ledger, key, add);
    else {
      asked += 1;
      directory
        .ask(ledger, key, Number.POSITIVE_INFINITY, (reply: Reply<number>): Add => ({ ...add, reply }))
        .then(
          () => {
            answered += 1;
          },
          (error: unknown) => truth.broken(`an asker heard ${String(error)}`),
        );
    }
    if (random.chance(0.2)) directory.tell(ledger, key, { type: random.pick(['leave', 'later'] as const) });
    if (random.chance(0.2)) void directory.operate('ledger', key, random.pick(['passivate', 'snapshot']));
    if (left > 0) clock.after(random.chance(0.6) ? 0 : random.below(80), act);
  };
  act();
  const complete = (): boolean =>
    left === 0 &&
    asked === answered &&
    [...told].every(([key, ids]) => ids.every((id) => truth.row(key).applied.includes(id)));
  await world.run(() => complete() || truth.violations.length > 0);

  if (!complete()) truth.broken('messages are missing');
  for (const [line, order] of sent) {
    if (truth.lastOrder.get(line) !== order) truth.broken(`${line} ended at ${truth.lastOrder.get(line)}`);
  }
  const counts = directory.counts();
  if (counts.dead_letters !== 0) truth.broken('there are dead letters');
  for (const name of ['passivations', 'revivals', 'activations'] as const) seen[name] += counts[name] ?? 0;
  if (truth.violations.length > 0) throw new Error(truth.violations.join('; '));
}

// tap watches every promise from the moment it is loaded, which would triple the time; so it comes afterwards.
const outcome = await simulate(SEEDS, scenario).catch((error: Error) => error);
const { default: t } = await import('tap');

t.test('every message is handled, in order, however often actors leave memory', async (t) => {
  if (outcome instanceof Error) throw outcome;
  t.comment(`${outcome} seeds: ${JSON.stringify(seen)}`);
  if (process.env.THENAR_SEED !== undefined) return;
  t.ok(seen.passivations > SEEDS, 'actors left memory');
  t.ok(seen.revivals > 0, 'messages came while the last snapshot was being written');
  t.ok(seen.activations > seen.passivations / 2, 'they came back');
});
