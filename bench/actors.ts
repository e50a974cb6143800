import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { nactSide } from './actors/bare-nact.ts';
import { ourSide } from './actors/ours.ts';
import type { Side } from './actors/side.ts';
import { integerOption, type Scenario, type Spread, say, spread, writeResult } from './report.ts';

/** What one round measures on one side; rates in operations a second, memory in bytes an actor. */
interface Round {
  tellOne: number;
  tellMany: number;
  askOne: number;
  askMany: number;
  spawn: number;
  bytesPerIdleActor: number;
}

/** The smallest share of bare nact that the kernel may reach. */
const TARGET = 0.7;

const titles: { readonly [F in keyof Round]: string } = {
  tellOne: 'tell, one actor (1/s)',
  tellMany: 'tell, 1,000 actors (1/s)',
  askOne: 'ask, one actor (1/s)',
  askMany: 'ask, 1,000 actors (1/s)',
  spawn: 'spawn (1/s)',
  bytesPerIdleActor: 'memory per idle actor (bytes)',
};

/** Tell, ask, spawn and memory of the kernel beside bare nact, in interleaved rounds of one process. */
export const actorsScenario: Scenario = {
  name: 'actors',
  summary: 'tell, ask, spawn and memory per idle actor, beside bare nact (--rounds, --messages, --actors)',
  async run(options) {
    const rounds = integerOption(options, 'rounds', 7);
    const messages = integerOption(options, 'messages', 200_000);
    const actors = integerOption(options, 'actors', 100_000);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;

    const sides = { ours: ourSide(), nact: nactSide() };
    const taken: { ours: Round[]; nact: Round[] } = { ours: [], nact: [] };
    const listMs: number[] = [];
    // The first round warms the compiler up and is not counted; the order alternates, so that neither side
    // always runs in the other's garbage.
    for (let round = 0; round <= rounds; round += 1) {
      const order = round % 2 === 0 ? (['ours', 'nact'] as const) : (['nact', 'ours'] as const);
      for (const name of order) {
        const measured = await complete(() =>
          measure(sides[name], messages, actors, collect, name === 'ours' ? listMs : []),
        );
        if (round > 0) taken[name].push(measured);
      }
      say(round === 0 ? 'warmed up' : `round ${round} of ${rounds}`);
    }
    await sides.ours.close();
    await sides.nact.close();

    const rows = (Object.keys(titles) as (keyof Round)[]).map((figure) => compare(figure, taken));
    say(`\n${'figure'.padEnd(32)}${'thenar'.padStart(12)}${'bare nact'.padStart(12)}${'ratio'.padStart(8)}`);
    for (const row of rows) {
      const cells = [row.ours.median, row.nact.median].map((v) =>
        Math.round(v).toLocaleString('en').padStart(12),
      );
      say(`${titles[row.figure].padEnd(32)}${cells.join('')}${row.ratio.toFixed(2).padStart(8)}`);
    }
    const listing = spread(listMs.slice(10));
    say(
      `\nlisting 100 of ${actors.toLocaleString('en')} actors: ${listing.median.toFixed(1)} ms (longest ${listing.max.toFixed(1)} ms)`,
    );
    const worst = Math.min(...rows.map((row) => row.ratio));
    say(
      `smallest ratio ${worst.toFixed(2)} (must be at least ${TARGET}): ${worst >= TARGET ? 'reached' : 'MISSED'}`,
    );
    say(`written to ${writeResult('actors', { target: TARGET, messages, actors, rows, listing })}`);
  },
};

async function measure(
  side: Side,
  messages: number,
  actors: number,
  collect: () => void,
  listMs: number[],
): Promise<Round> {
  const tellOne = await rate(messages, () => side.tell(messages, 1));
  const tellMany = await rate(messages, () => side.tell(messages, 1_000));
  const askOne = await rate(messages / 2, () => side.ask(messages / 2, 1));
  const askMany = await rate(messages / 2, () => side.ask(messages / 2, 1_000));
  const before = await used(collect);
  const spawn = await rate(actors, async () => side.spawn(actors));
  await side.touch();
  const bytesPerIdleActor = ((await used(collect)) - before) / actors;
  for (let i = 0; i < 10; i += 1) {
    const from = performance.now();
    side.list();
    listMs.push(performance.now() - from);
  }
  await side.clear();
  collect();
  return { tellOne, tellMany, askOne, askMany, spawn, bytesPerIdleActor };
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

interface Row {
  readonly figure: keyof Round;
  readonly ours: Spread;
  readonly nact: Spread;
  /** Ours against bare nact; above 1 is better than bare nact, for memory too. */
  readonly ratio: number;
}

function compare(figure: keyof Round, taken: { ours: Round[]; nact: Round[] }): Row {
  const ours = spread(taken.ours.map((round) => round[figure]));
  const nact = spread(taken.nact.map((round) => round[figure]));
  const ratio = figure === 'bytesPerIdleActor' ? nact.median / ours.median : ours.median / nact.median;
  return { figure, ours, nact, ratio };
}

/** nact draws the identifiers of its queries at random: when two collide one is never answered. */
const TRIES = 5;

/** A round in which every question was answered; one with a lost answer would measure a time-out. */
async function complete(round: () => Promise<Round>): Promise<Round> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await round();
    } catch (error) {
      if (tries === TRIES) throw error;
      say('a bare nact query was never answered; the round is taken again');
    }
  }
}
