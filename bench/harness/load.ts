/**
 * Load with latency counted honestly. An open loop has arrivals of its own, as a hall full of people has: each call is
 * due at a moment that does not wait for the ones before, and its latency counts from that moment, so that a stall is
 * charged to everybody who would have met it (no coordinated omission; Tene, "How not to measure latency").
 */
import { setTimeout as pause } from 'node:timers/promises';
import { build, type Histogram } from 'hdr-histogram-js';
import { SeededRandom } from '../palms/random.ts';

/** Resolves to null when it was done, or to the code of its refusal; a call that throws ends the load. */
export type Call = (number: number) => Promise<string | null>;

export interface Load {
  /** Microseconds, of calls that were done; in an open loop from the moment each was due. */
  readonly latency: Histogram;
  /** From the first call due to the last answer. */
  readonly seconds: number;
  readonly done: number;
  readonly refused: number;
  /** How many, by code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** True when arrivals ended early because far too many calls were under way. */
  readonly overrun: boolean;
}

export function newHistogram(): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 600_000_000,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
  });
}

/** Milliseconds at a percentile (0 to 100) of a histogram in microseconds. */
export function at({ latency }: Pick<Load, 'latency'>, percentile: number): number {
  return latency.getValueAtPercentile(percentile) / 1000;
}

class Tally {
  readonly latency = newHistogram();
  done = 0;
  refused = 0;
  inFlight = 0;
  readonly refusals: Record<string, number> = {};
  failure: { readonly error: unknown } | null = null;

  async run(call: Call, number: number, due: number): Promise<void> {
    this.inFlight += 1;
    try {
      const refusal = await call(number);
      if (refusal === null) {
        this.done += 1;
        this.latency.recordValue(Math.max(1, Math.round((performance.now() - due) * 1000)));
      } else {
        this.refused += 1;
        this.refusals[refusal] = (this.refusals[refusal] ?? 0) + 1;
      }
    } catch (error) {
      this.failure ??= { error };
    } finally {
      this.inFlight -= 1;
    }
  }

  load(from: number, overrun: boolean): Load {
    if (this.failure !== null) throw this.failure.error;
    const { latency, done, refused, refusals } = this;
    return { latency, seconds: (performance.now() - from) / 1000, done, refused, refusals, overrun };
  }
}

/** `atOnce` lanes, each next call when the one before is answered: what a system does when it is never left waiting. */
export async function closedLoop(
  { atOnce, calls }: { atOnce: number; calls: number },
  call: Call,
): Promise<Load> {
  const tally = new Tally();
  const from = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let number = next++; number < calls && tally.failure === null; number = next++) {
        await tally.run(call, number, performance.now());
      }
    }),
  );
  return tally.load(from, false);
}

export interface OpenLoop {
  /** Arrivals a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly seed: number;
  /** `poisson`: independent arrivals, the default. `even`: a metronome. */
  readonly arrivals?: 'poisson' | 'even';
  /** More than this under way means that the other side has long stopped following. Default 1,000. */
  readonly inFlightMax?: number;
  /** Ends the arrivals early. */
  readonly signal?: AbortSignal;
}

/** Seeded arrivals at a rate, whatever becomes of them. */
export async function openLoop(options: OpenLoop, call: Call): Promise<Load> {
  const { rate, seconds, seed, arrivals = 'poisson', inFlightMax = 1_000, signal } = options;
  const random = new SeededRandom(seed, Math.round(rate * 1000));
  const tally = new Tally();
  const calls: Promise<void>[] = [];
  const from = performance.now();
  let due = from;
  let overrun = false;
  for (let number = 0; tally.failure === null && signal?.aborted !== true; number += 1) {
    due += (arrivals === 'even' ? 1 : -Math.log(1 - random.uniform())) * (1000 / rate);
    if (due > from + seconds * 1000) break;
    const wait = due - performance.now();
    if (wait > 0.5) await pause(wait);
    overrun = tally.inFlight > inFlightMax;
    if (overrun) break;
    calls.push(tally.run(call, number, due));
  }
  await Promise.all(calls);
  return tally.load(from, overrun);
}

export interface Step {
  readonly offered: number;
  readonly held: boolean;
  readonly load: Load;
}

export interface HighestRate {
  readonly seconds: number;
  readonly seed: number;
  /** Where to begin; about what a closed loop reaches. */
  readonly from: number;
  /** The p99 that a held step may not pass. */
  readonly p99Ms: number;
  readonly onStep?: (step: Step) => void;
}

/**
 * The highest rate at which the p99 stays within a bound, nothing is refused and the last answer does not come much
 * later than the last arrival: steps up until one is not held, or down until one is, then once in between.
 */
export async function highestRate(
  options: HighestRate,
  call: Call,
): Promise<{ rate: number; steps: Step[] }> {
  const { seconds, seed, p99Ms, onStep } = options;
  const steps: Step[] = [];
  const holds = async (offered: number): Promise<boolean> => {
    const load = await openLoop({ rate: offered, seconds, seed: seed + steps.length }, call);
    const followed = !load.overrun && load.refused === 0 && load.seconds < seconds * 1.1;
    const held = followed && at(load, 99) <= p99Ms;
    const step = { offered, held, load };
    steps.push(step);
    onStep?.(step);
    return held;
  };
  let low = 0;
  let high = 0;
  let rate = options.from;
  for (let step = 0; step < 8 && (low === 0 || high === 0); step += 1) {
    if (await holds(rate)) {
      low = rate;
      rate *= 1.15;
    } else {
      high = rate;
      rate *= 0.8;
    }
    if (high > 0 && low >= high) break;
  }
  const between = (low + high) / 2;
  if (low > 0 && high > low && (await holds(between))) low = between;
  return { rate: low, steps };
}
