/**
 * Load on the engine over its scanner sockets. The open loop has arrivals of its own, as a hall full of people has:
 * each scan is due at a moment that does not wait for the ones before, and its latency counts from that moment, so
 * that a stall is charged to everybody who would have met it (no coordinated omission).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { build, type Histogram } from 'hdr-histogram-js';
import { SeededRandom } from '../palms/random.ts';
import type { ScannerClient } from '../scanner/client.ts';
import { ScannerError } from '../scanner/pair.ts';
import type { Shown } from './people.ts';

export interface Load {
  /** Microseconds. */
  readonly latency: Histogram;
  readonly seconds: number;
  /** Decisions that arrived within a second of the last arrival, a second. */
  readonly rate: number;
  readonly answered: number;
  /** Calls that were refused or failed. */
  readonly refused: number;
  /** How many, by error code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Enrolled palms not recognised, and strangers recognised. */
  readonly missed: number;
  readonly mistaken: number;
}

/** More than this under way means that the engine has long stopped following. */
const IN_FLIGHT_MAX = 400;

class Tally {
  readonly latency = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: 120_000_000,
    numberOfSignificantValueDigits: 3,
  });
  answered = 0;
  refused = 0;
  missed = 0;
  mistaken = 0;
  inFlight = 0;
  readonly refusals: Record<string, number> = {};

  async call(scanner: ScannerClient, { scan, palm }: Shown, due: number): Promise<void> {
    this.inFlight += 1;
    try {
      const { decision } = await scanner.transaction(scan, { gate: 'bench' });
      this.latency.recordValue(Math.max(1, Math.round((performance.now() - due) * 1000)));
      this.answered += 1;
      if (palm !== null && decision !== 'allow') this.missed += 1;
      if (palm === null && decision === 'allow') this.mistaken += 1;
    } catch (error) {
      this.refused += 1;
      const code = error instanceof ScannerError ? error.code : String(error);
      this.refusals[code] = (this.refusals[code] ?? 0) + 1;
    } finally {
      this.inFlight -= 1;
    }
  }

  load(seconds: number): Load {
    const { latency, answered, refused, refusals, missed, mistaken } = this;
    return { latency, seconds, rate: answered / seconds, answered, refused, refusals, missed, mistaken };
  }
}

/** One after the other, or `atOnce` of them: each next call when the one before is answered. */
export async function closedLoop(
  scanners: readonly ScannerClient[],
  shown: readonly Shown[],
  atOnce: number,
  calls: number,
): Promise<Load> {
  const tally = new Tally();
  const from = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async (_, lane) => {
      for (let call = next++; call < calls; call = next++) {
        await tally.call(scanners[lane % scanners.length]!, shown[call % shown.length]!, performance.now());
      }
    }),
  );
  return tally.load((performance.now() - from) / 1000);
}

/** Poisson arrivals at `rate` a second for `seconds`, spread over the scanners. */
export async function openLoop(
  scanners: readonly ScannerClient[],
  shown: readonly Shown[],
  rate: number,
  seconds: number,
  seed: number,
): Promise<Load> {
  const random = new SeededRandom(seed, Math.round(rate * 1000));
  const tally = new Tally();
  const calls: Promise<void>[] = [];
  const from = performance.now();
  let due = from;
  for (let call = 0; ; call += 1) {
    due += (-Math.log(1 - random.uniform()) / rate) * 1000;
    if (due > from + seconds * 1000 || tally.inFlight > IN_FLIGHT_MAX) break;
    const wait = due - performance.now();
    if (wait > 0.5) await pause(wait);
    calls.push(tally.call(scanners[call % scanners.length]!, shown[call % shown.length]!, due));
  }
  await Promise.all(calls);
  return tally.load((performance.now() - from) / 1000);
}
