/** Tell, ask, spawn and memory of the kernel beside bare nact, in interleaved rounds of one process. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { limits } from '../../engine/limits.ts';
import { interleave } from '../harness/rounds.ts';
import { scenario } from '../harness/scenario.ts';
import { ratios } from '../harness/statistics.ts';
import { nactSide } from './bare-nact.ts';
import { ourSide } from './ours.ts';
import { type Side, WINDOW } from './side.ts';

/** What one round measures on one side; rates in operations a second, memory in bytes an actor. */
interface Round {
  readonly tellOne: number;
  readonly tellMany: number;
  readonly askOne: number;
  readonly askMany: number;
  readonly spawn: number;
  readonly bytesPerIdleActor: number;
  /** Milliseconds of each listing of the spawned actors; nothing where there is no such thing. */
  readonly listMs: readonly number[];
  /** While the spawned actors were listed. */
  readonly list: HoldUp;
  /** In a while as long, without a listing. */
  readonly unlisted: HoldUp;
  /** Right after the actors were made and before any listing: what the collector has to do then. */
  readonly made: HoldUp;
  /** During the first listing after that. */
  readonly first: HoldUp;
  /** Messages a second with an inspector looking on, as a share of those without. */
  readonly watchedToAlone: number;
}

/** The longest between two turns of the event loop, in milliseconds. */
interface HoldUp {
  /** On the clock: what anybody else had to wait, for this program or for others that the machine runs. */
  readonly waitMs: number;
  /** Of processor time of all threads of this program: what it is to blame for, collections included. */
  readonly workMs: number;
}

/** What the inspector page asks for. */
const LISTED = limits.actors_listed_max;

/** About as long as a listing takes. */
const LISTING_MS = 130;
/** Of each kind in a round, in turns. */
const LISTINGS = 10;

const rates = {
  tellOne: 'tell, one actor',
  tellMany: 'tell, 1,000 actors',
  askOne: 'ask, one actor',
  askMany: 'ask, 1,000 actors',
  spawn: 'spawn',
} as const;
/** What was held up, by its name in a round. */
const holdUps = [
  ['list', 'listing'],
  ['unlisted', 'not listing'],
  ['made', 'right after making them, not listing'],
  ['first', 'first listing after making them'],
] as const;
const rateNames = Object.keys(rates) as (keyof typeof rates)[];
const share = 'of bare nact at least 0.7';

export const actors = scenario({
  name: 'actors',
  summary: 'tell, ask and spawn of the actor kernel, and memory per idle actor',
  baseline: 'bare nact, which the kernel stands on',
  parameters: {
    rounds: { what: 'interleaved rounds', full: 7, quick: 2 },
    messages: { what: 'messages of each kind', full: 200_000, quick: 40_000, least: 2_000 },
    actors: { what: 'actors at rest', full: 100_000, quick: 20_000, least: 1_000 },
    watchTurns: { what: 'seconds with an inspector, in turns with as many without', full: 3, quick: 1 },
  },
  goals: [
    ...[...rateNames, 'memory' as const].map((name) => ({
      of: `${name}ToNact`,
      least: 0.7,
      text: `${name === 'memory' ? 'memory per idle actor' : rates[name]}: ${share}`,
    })),
    { of: 'listHoldUp', most: 5, text: 'longest turn of a listing: at most 5 ms of processor time' },
    { of: 'watched', least: 0.95, text: 'tell with an inspector looking on: of tell without at least 0.95' },
  ],
  packages: ['nact'],
  async run(bench) {
    const { rounds, messages, actors: atRest, watchTurns } = bench.values;
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const sides = { ours: ourSide(), nact: nactSide() };
    for (const side of Object.values(sides)) bench.atEnd(() => side.close());
    const measured = (side: Side) => () =>
      complete(
        () => measure(side, { messages, actors: atRest, watchTurns }, collect),
        () => bench.say('  a bare nact query was never answered; the round is taken again'),
      );
    const taken = await interleave({ rounds }, { ours: measured(sides.ours), nact: measured(sides.nact) });
    for (const name of rateNames) {
      const [ours, nact] = [taken.ours, taken.nact].map((all) => all.map((round) => round[name]));
      if (ours === undefined || nact === undefined) continue;
      bench.figure(name, rates[name], '1/s', 'thenar', ours);
      bench.figure(`${name}Nact`, `${rates[name]}, bare nact`, '1/s', 'baseline', nact);
      bench.ratio(`${name}ToNact`, `${rates[name]}, kernel / bare nact`, 'more', ratios(ours, nact));
    }
    const [ours, nact] = [taken.ours, taken.nact].map((all) => all.map((round) => round.bytesPerIdleActor));
    if (ours !== undefined && nact !== undefined) {
      bench.figure('memory', 'memory per idle actor', 'bytes', 'thenar', ours);
      bench.figure('memoryNact', 'memory per idle actor, bare nact', 'bytes', 'baseline', nact);
      bench.ratio('memoryToNact', 'memory per idle actor, bare nact / kernel', 'more', ratios(nact, ours));
    }
    const listings = taken.ours.flatMap(({ listMs }) => listMs);
    bench.figure(
      'list',
      `listing ${LISTED.toLocaleString('en')} of ${atRest.toLocaleString('en')} actors`,
      'ms',
      'thenar',
      listings,
    );
    for (const [name, title] of holdUps) {
      const [work, wait] = [`${name}HoldUp`, `${name}Wait`];
      bench.figure(
        work,
        `longest turn, ${title}`,
        'ms',
        'thenar',
        taken.ours.map((round) => round[name].workMs),
      );
      bench.figure(
        wait,
        `longest wait, ${title}`,
        'ms',
        'thenar',
        taken.ours.map((round) => round[name].waitMs),
      );
    }
    const watched = taken.ours.map(({ watchedToAlone }) => watchedToAlone);
    bench.ratio('watched', 'tell, 1,000 actors, inspected / not', 'more', watched);
  },
});

interface Sizes {
  readonly messages: number;
  readonly actors: number;
  readonly watchTurns: number;
}

async function measure(
  side: Side,
  { messages, actors, watchTurns }: Sizes,
  collect: () => void,
): Promise<Round> {
  const tellOne = await rate(messages, () => side.tell(messages, 1));
  const tellMany = await rate(messages, () => side.tell(messages, 1_000));
  const askOne = await rate(messages / 2, () => side.ask(messages / 2, 1));
  const askMany = await rate(messages / 2, () => side.ask(messages / 2, 1_000));
  const before = await used(collect);
  const spawn = await rate(actors, async () => side.spawn(actors));
  await side.touch();
  const bytesPerIdleActor = ((await used(collect)) - before) / actors;
  const rest = () => new Promise((resolve) => setTimeout(resolve, LISTING_MS));
  // What making a hundred thousand actors left to collect is collected now, whether somebody lists them or not.
  const made = await heldUp(rest);
  const first = await heldUp(() => side.list(LISTED));
  const listMs: number[] = [];
  const [listed, unlisted]: [HoldUp[], HoldUp[]] = [[], []];
  for (let i = 0; i < LISTINGS; i += 1) {
    const from = performance.now();
    listed.push(await heldUp(() => side.list(LISTED)));
    listMs.push(performance.now() - from);
    unlisted.push(await heldUp(rest));
  }
  const watched = await watchedToAlone(side, watchTurns);
  await side.clear();
  collect();
  return {
    tellOne,
    tellMany,
    askOne,
    askMany,
    spawn,
    bytesPerIdleActor,
    listMs,
    list: longest(listed),
    unlisted: longest(unlisted),
    made,
    first,
    watchedToAlone: watched,
  };
}

/** While this was done. */
async function heldUp(work: () => Promise<unknown>): Promise<HoldUp> {
  let [done, waitMs, workMs] = [false, 0, 0];
  let [at, used] = [performance.now(), process.cpuUsage()];
  const watch = (): void => {
    const { user, system } = process.cpuUsage(used);
    const now = performance.now();
    waitMs = Math.max(waitMs, now - at);
    workMs = Math.max(workMs, (user + system) / 1_000);
    [at, used] = [now, process.cpuUsage()];
    if (!done) setImmediate(watch);
  };
  setImmediate(watch);
  await work();
  done = true;
  watch();
  return { waitMs, workMs };
}

function longest(all: readonly HoldUp[]): HoldUp {
  const most = (of: keyof HoldUp) => Math.max(...all.map((each) => each[of]));
  return { waitMs: most('waitMs'), workMs: most('workMs') };
}

/**
 * Messages a second while an inspector lists all that it may show as often as the ops listener's stream does, as a
 * share of those without one: in turns of a second, so that what the machine does else weighs on both alike.
 */
async function watchedToAlone(side: Side, turns: number): Promise<number> {
  const sent = { alone: 0, watched: 0 };
  for (let turn = 0; turn < turns; turn += 1) {
    sent.alone += await sustained(side, limits.event_stream_interval_ms);
    const listed = side.list(LISTED);
    sent.watched += await sustained(side, limits.event_stream_interval_ms);
    await listed;
  }
  return sent.watched / sent.alone;
}

/** Messages a second over a while. */
async function sustained(side: Side, ms: number): Promise<number> {
  const from = performance.now();
  let sent = 0;
  for (; performance.now() - from < ms; sent += WINDOW) await side.tell(WINDOW, 1_000);
  return (sent / (performance.now() - from)) * 1_000;
}

async function rate(operations: number, run: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await run();
  return (operations / (performance.now() - from)) * 1_000;
}

async function used(collect: () => void): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

/** nact draws the identifiers of its queries at random: when two collide one is never answered. */
const TRIES = 5;

/** A round in which every question was answered; one with a lost answer would measure a time-out. */
async function complete(round: () => Promise<Round>, again: () => void): Promise<Round> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await round();
    } catch (error) {
      if (tries === TRIES) throw error;
      again();
    }
  }
}
