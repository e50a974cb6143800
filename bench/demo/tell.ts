/** What the demo shows: steps with their latency, progress bars, a closing table. */
import { performance } from 'node:perf_hooks';
import { Presets, SingleBar } from 'cli-progress';
import { quantile } from '../harness/statistics.ts';

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Runs one step and prints it with the time it took. */
export async function step<T>(text: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const value = await work();
  say(`  ${text.padEnd(64)} ${milliseconds(performance.now() - startedAt).padStart(10)}`);
  return value;
}

export function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

/** A progress bar on a terminal; elsewhere a line now and then. */
export function progress(
  text: string,
  total: number,
): { readonly tick: () => void; readonly done: () => void } {
  const bar = new SingleBar(
    {
      format: `  ${text.padEnd(22)} {bar} {value}/{total} · {eta_formatted} left`,
      hideCursor: true,
      clearOnComplete: true,
      noTTYOutput: true,
      notTTYSchedule: 2_000,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { tick: () => bar.increment(), done: () => bar.stop() };
}

/** Latencies and outcomes of one kind of work. */
export class Tally {
  readonly latencies: number[] = [];
  right = 0;
  wrong = 0;

  async time<T>(work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const value = await work();
    this.latencies.push(performance.now() - startedAt);
    return value;
  }

  count(right: boolean): void {
    if (right) this.right += 1;
    else this.wrong += 1;
  }
}

/** The closing table. */
export function table(rows: readonly (readonly [what: string, tally: Tally])[]): void {
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, column) => (column === 0 ? cell.padEnd(40) : cell.padStart(11))).join('')}`;
  say(line(['', 'as expected', 'not', 'p50', 'p99']));
  for (const [what, { latencies, right, wrong }] of rows) {
    const p = (share: number): string => milliseconds(quantile(latencies, share));
    say(line([what, String(right), String(wrong), p(0.5), p(0.99)]));
  }
}
