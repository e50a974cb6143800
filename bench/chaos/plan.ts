/**
 * Everything that chance decides in a run, out of the seed alone: what each lane does, one step after the other, and
 * who is killed when. Real sockets and a real scheduler decide the rest, which is where in the engine's work a kill
 * falls; so a replay is the same people, deeds and kills in the same order, at moments that are near and not equal.
 */
import { createHash } from 'node:crypto';
import { SeededRandom } from '../palms/random.ts';

/** What a lane does, and how often out of all. */
const weights = {
  enrol: 24,
  verify: 22,
  lapse: 3,
  consent: 12,
  takeAway: 5,
  standing: 7,
  visit: 6,
  erase: 8,
  backUp: 6,
  revoke: 3,
  renew: 3,
  client: 4,
} as const;

export type Deed = keyof typeof weights;

export interface Step {
  readonly deed: Deed;
  /** Picks somebody, in [0, 1) of those it could be done to. */
  readonly who: number;
  /** Answered only after the next kill. */
  readonly late: boolean;
  /** For what the deed itself leaves to chance: a whole number of 32 bits. */
  readonly salt: number;
}

/** What one lane does as its so manieth step. */
export function stepOf(seed: number, lane: number, number: number): Step {
  const random = new SeededRandom(seed, 12, lane, number);
  return {
    deed: drawn(weights, random.uniform()),
    who: random.uniform(),
    late: random.uniform() < 0.4,
    salt: random.bits(),
  };
}

export interface Kill<V extends string = string> {
  /** Who is killed. */
  readonly victim: V;
  /** After so many acknowledgements; null: whatever is going on. */
  readonly after: number | null;
  /** And so much later. */
  readonly pauseMs: number;
  /** The starts after it that are killed too, each so long after it began. */
  readonly startsMs: readonly number[];
  /** Whether a tenant's time is over by then, and how long after the start of its erasure the engine is killed. */
  readonly erasureMs: number | null;
}

/** One start in five is killed in its middle, where the engine migrates, recovers, replays and marks epochs. */
const KILLED_STARTS = 0.2;
/** Of a start as long as those of this machine. */
const START_MS = 1_500;
/** A tenant is erased after so many kills and every so many more; the engine is killed within this long of its start. */
const FIRST_ERASURE = 2;
const ERASED_EVERY = 8;
const ERASURE_MS = 400;

/**
 * Kills until so many of them were of the engine.
 * @param victims each with its weight, and whether the engine goes with it
 */
export function killsOf<V extends string>(
  seed: number,
  engineKills: number,
  victims: Readonly<Record<V, { readonly weight: number; readonly takesEngine: boolean }>>,
): readonly Kill<V>[] {
  const random = new SeededRandom(seed, 11);
  const shares = Object.fromEntries(
    Object.entries<{ readonly weight: number }>(victims).map(([name, { weight }]) => [name, weight]),
  ) as Record<V, number>;
  const kills: Kill<V>[] = [];
  let ofEngine = 0;
  let nextErasure = FIRST_ERASURE;
  while (ofEngine < engineKills) {
    const victim = drawn(shares, random.uniform());
    const [atOnce, count, wait] = [random.uniform() < 0.2, random.uniform(), random.uniform()];
    const startsMs: number[] = [];
    while (random.uniform() < KILLED_STARTS) startsMs.push(Math.round(50 + START_MS * random.uniform()));
    const moment = Math.round(ERASURE_MS * random.uniform());
    const { takesEngine } = victims[victim];
    const erasing = takesEngine && kills.length >= nextErasure;
    if (erasing) nextErasure += ERASED_EVERY;
    kills.push({
      victim,
      after: atOnce ? null : 1 + Math.floor(12 * count),
      pauseMs: Math.round((atOnce ? 1_000 : 40) * wait),
      startsMs: takesEngine ? startsMs : [],
      erasureMs: erasing ? moment : null,
    });
    if (takesEngine) ofEngine += 1 + startsMs.length + (erasing ? 1 : 0);
  }
  return kills;
}

/** A few letters that tell two plans apart, to be seen in a result: the kills, and the first steps of every lane. */
export function fingerprintOf(seed: number, lanes: number, kills: readonly Kill[]): string {
  const steps = Array.from({ length: lanes }, (_, lane) =>
    Array.from({ length: 100 }, (_, number) => stepOf(seed, lane + 1, number)),
  );
  return createHash('sha256').update(JSON.stringify({ steps, kills })).digest('hex').slice(0, 12);
}

function drawn<K extends string>(shares: Readonly<Record<K, number>>, uniform: number): K {
  const entries = Object.entries(shares) as [K, number][];
  let left = uniform * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) {
    left -= weight;
    if (left < 0) return name;
  }
  return entries[entries.length - 1]![0];
}
