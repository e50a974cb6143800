/** One gallery searched by every side: how well each finds, how long it takes, what it weighs. */
import { limits } from '../../engine/limits.ts';
import type { Bench } from '../harness/bench.ts';
import { startPeer } from '../harness/peer.ts';
import { interleave } from '../harness/rounds.ts';
import { ratios } from '../harness/statistics.ts';
import { queriedPalm } from './gallery.ts';
import { type Grown, Side, type SideName, type SideSettings, type Work } from './protocol.ts';

/** A graph is compared with at the least effort that finds this share of the exact shortlist. */
const recallWanted = 0.99;
const efforts = [25, 50, 100, 200, 400, 800, 1_600];
/** pgvector takes no more. */
const pgvectorEffortMax = 1_000;
/** Fixed, so that the lists of queries grow no longer than need be. */
const batch = { plain: 5, exact: 20, image: 32 } as const;

/** 10k, 1M. */
export function short(palms: number): string {
  if (palms % 1_000_000 === 0) return `${palms / 1_000_000}M`;
  return palms % 1_000 === 0 ? `${palms / 1_000}k` : String(palms);
}

export interface Effort {
  readonly effort: number;
  readonly recall: number;
  /** Own palms that the exact shortlist has and this one has not, of those that comparison recognises. */
  readonly lost: number;
  readonly ms: number;
}

export interface Measured {
  readonly palms: number;
  /** Milliseconds a search, round by round. */
  readonly times: Readonly<Record<string, readonly number[]>>;
  readonly grown: Readonly<Partial<Record<SideName, Grown>>>;
  readonly sweeps: Readonly<Partial<Record<SideName, readonly Effort[]>>>;
  /** Share of the exact shortlist that our search finds. */
  readonly recall: number;
}

export interface Setting {
  readonly seed: number;
  readonly prepared: number;
  readonly samples: number;
  readonly tenants: number;
}

/** Sides of one setting, each with a process of its own for as long as the scenario runs. */
export class Sides {
  readonly #bench: Bench;
  readonly #setting: Setting;
  readonly #sides = new Map<SideName, Side>();

  constructor(bench: Bench, setting: Setting) {
    this.#bench = bench;
    this.#setting = setting;
  }

  /** Grows a side to so many palms. */
  async grow(name: SideName, palms: number): Promise<Grown> {
    let side = this.#sides.get(name);
    if (side === undefined) {
      const settings: SideSettings = { ...this.#setting, side: name };
      side = new Side(await startPeer(new URL('./peer.js', import.meta.url), settings));
      this.#sides.set(name, side);
      this.#bench.atEnd(side.stop.bind(side));
    }
    return side.grow(palms);
  }

  of(name: SideName): Side {
    const side = this.#sides.get(name);
    if (side === undefined) throw new Error(`the side ${name} has not been grown`);
    return side;
  }

  async stop(...names: SideName[]): Promise<void> {
    for (const name of names) {
      await this.#sides.get(name)?.stop();
      this.#sides.delete(name);
    }
  }
}

export interface Plan {
  readonly palms: number;
  /** What stands beside our side. */
  readonly beside: readonly SideName[];
  /** Works of our side, other than search and identification. */
  readonly also: readonly Work[];
  readonly rounds: number;
  /** Searches of a side in one round. */
  readonly perRound: number;
  /** Queries by which what is found is judged. */
  readonly queries: number;
  /** Ending of the names of this measurement. */
  readonly name: string;
  readonly title: string;
}

/** Measures one size; names of ratios, figures and facts end in the plan's. */
export async function measure(bench: Bench, sides: Sides, plan: Plan): Promise<Measured> {
  const { palms, beside, name, title, queries } = plan;
  bench.say(`\n  ${title}`);
  const grown: Partial<Record<SideName, Grown>> = {};
  for (const side of ['thenar', ...beside] as const) grown[side] = await sides.grow(side, palms);
  const thenar = sides.of('thenar');
  const { shortlist, shortlist_wide: wide } = limits;
  const exact = (await thenar.search('exact', 0, queries, wide)).found;
  const recognisable = (await thenar.search('decide', 0, queries, 0)).found.map((found) => found.length > 0);
  const own = exact.map((_, query) => queriedPalm(query, palms));
  const judge = (found: readonly (readonly number[])[]): { recall: number; lost: number } => {
    let wanted = 0;
    let both = 0;
    let lost = 0;
    for (const [query, list] of found.entries()) {
      const set = new Set(list.slice(0, shortlist));
      const best = exact[query]!.slice(0, shortlist);
      wanted += best.length;
      both += best.filter((palm) => set.has(palm)).length;
      if (recognisable[query] && best.includes(own[query]!) && !set.has(own[query]!)) lost += 1;
    }
    return { recall: both / wanted, lost };
  };
  const fnir = (found: (query: number) => boolean): number =>
    own.filter((_, query) => !found(query)).length / queries;

  const { recall } = judge((await thenar.search('search', 0, queries, shortlist)).found);
  const exactFnir = fnir((query) => recognisable[query]! && exact[query]!.includes(own[query]!));
  const identified = (await thenar.search('identify', 0, queries, shortlist)).found;
  const ownFnir = fnir((query) => identified[query]![0] === own[query]);
  bench.fact(`recall ${name}`, recall);
  bench.fact(`FNIR % exact ${name}`, 100 * exactFnir);
  bench.figure(`fnirMore-${name}`, `FNIR more than of the exact scan, ${title}`, '% points', 'thenar', [
    100 * (ownFnir - exactFnir),
  ]);

  const sweeps: Partial<Record<SideName, Effort[]>> = {};
  const chosen = new Map<SideName, Effort>();
  const sweepQueries = Math.min(queries, 3 * plan.perRound);
  for (const side of beside) {
    const sweep: Effort[] = [];
    for (const effort of efforts) {
      if (side === 'pgvector' && effort > pgvectorEffortMax) continue;
      const { ms, found } = await sides.of(side).search('search', 0, sweepQueries, shortlist, effort);
      sweep.push({ effort, ...judge(found), ms: ms / sweepQueries });
      if (sweep.at(-1)!.recall > 0.9995) break;
    }
    const last = sweep.at(-1)!;
    const choice = sweep.find((one) => one.recall >= recallWanted) ?? last;
    sweeps[side] = sweep;
    chosen.set(side, choice);
    const narrow = (await sides.of(side).search('search', 0, queries, shortlist, choice.effort)).found;
    const more = (await sides.of(side).search('search', 0, queries, wide, Math.max(choice.effort, 2 * wide)))
      .found;
    const theirs = fnir(
      (query) =>
        recognisable[query]! && (narrow[query]!.includes(own[query]!) || more[query]!.includes(own[query]!)),
    );
    bench.fact(`${side} effort ${name}`, choice.effort);
    bench.fact(`${side} recall ${name}`, choice.recall);
    bench.fact(`${side} FNIR % ${name}`, 100 * theirs);
    const enough = sweep.find(({ lost }) => lost === 0) ?? last;
    bench.fact(
      `${side} effort that loses nobody ${name}`,
      `${enough.effort} (${enough.ms.toPrecision(3)} ms)`,
    );
  }

  const times = await timeAll(sides, plan, chosen);
  report(bench, plan, times, grown);
  return { palms, times, grown, sweeps, recall };
}

async function timeAll(
  sides: Sides,
  { beside, also, rounds, perRound, queries }: Plan,
  chosen: ReadonlyMap<SideName, Effort>,
): Promise<Record<string, number[]>> {
  const timed = (side: SideName, work: Work, count: number) => async (round: number) => {
    // Each round has queries of its own, as long as there are enough.
    const from = ((round + 1) * count) % Math.max(1, queries - count + 1);
    const effort = chosen.get(side)?.effort;
    const { ms } = await sides.of(side).search(work, from, count, limits.shortlist, effort);
    return ms / count;
  };
  const works: Record<string, (round: number) => Promise<number>> = {
    identify: timed('thenar', 'identify', perRound),
    search: timed('thenar', 'search', perRound),
  };
  for (const work of also) {
    works[work] = timed('thenar', work, work in batch ? batch[work as keyof typeof batch] : perRound);
  }
  for (const side of beside) works[side] = timed(side, 'search', perRound);
  return interleave({ rounds }, works);
}

const titles: Readonly<Record<string, string>> = {
  identify: 'identification, template in',
  search: 'search for the shortlist alone',
  exact: 'search by the exact scan of the engine',
  plain: 'exact scan, plain loop',
  image: 'identification, image in',
  pool: 'identification through the pool',
  hnswlib: 'hnswlib-node, search alone',
  usearchF32: 'usearch f32, search alone',
  usearchI8: 'usearch i8, search alone',
  pgvector: 'pgvector, search alone',
};

function report(
  bench: Bench,
  { name, beside, palms }: Plan,
  times: Readonly<Record<string, readonly number[]>>,
  grown: Readonly<Partial<Record<SideName, Grown>>>,
): void {
  for (const [what, rounds] of Object.entries(times)) {
    const side = what === 'plain' || (beside as readonly string[]).includes(what) ? 'baseline' : 'thenar';
    bench.figure(`${what}-${name}`, `${titles[what]}, ${name}`, 'ms', side, rounds);
  }
  const short: Partial<Record<SideName, string>> = {
    hnswlib: 'toHnswlib',
    usearchF32: 'toUsearchF32',
    usearchI8: 'toUsearchI8',
    pgvector: 'toPgvector',
  };
  for (const side of beside) {
    const title = `searches a second beside ${titles[side]}, ${name}`;
    bench.ratio(`${short[side]}-${name}`, title, 'more', ratios(times[side]!, times.identify!));
  }
  for (const [side, { buildMs, bytes }] of Object.entries(grown)) {
    const whose = side === 'thenar' ? 'thenar' : 'baseline';
    bench.figure(`build-${side}-${name}`, `${side}: building, ${name}`, 's', whose, [buildMs / 1000]);
    bench.figure(`memory-${side}-${name}`, `${side}: memory a palm, ${name}`, 'KiB', whose, [
      bytes / palms / 1024,
    ]);
  }
}
