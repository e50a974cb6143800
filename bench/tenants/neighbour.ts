/**
 * A quiet tenant beside one that floods, and beside a machine that is as full of something else: how long it waits for
 * the neighbour, and how much of that any full machine would have cost it.
 */
import { availableParallelism } from 'node:os';
import type { Bench } from '../harness/bench.ts';
import { at, type Load, openLoop } from '../harness/load.ts';
import { type Peer, startPeer } from '../harness/peer.ts';
import { interleave } from '../harness/rounds.ts';
import { ratios } from '../harness/statistics.ts';
import type { BurnSettings } from './burn.ts';
import type { FloodSettings } from './flood.ts';

/** Identifications a second of the quiet tenant. */
const QUIET_RATE = 20;

export interface Neighbours {
  readonly rounds: number;
  /** Length of a round of one side. */
  readonly seconds: number;
  readonly flood: FloodSettings;
  /** One identification of the quiet tenant. */
  readonly identify: (call: number) => Promise<void>;
}

export async function disturb(bench: Bench<string>, neighbours: Neighbours): Promise<void> {
  const { rounds, seconds, flood, identify } = neighbours;
  const alone = (round: number): Promise<Load> =>
    openLoop({ rate: QUIET_RATE, seconds, seed: bench.seed + round }, async (call) => {
      await identify(call);
      return null;
    });
  const beside = (start: () => Promise<Peer<unknown>>) => async (round: number) => {
    const peer = await start();
    try {
      return await alone(round);
    } finally {
      await peer.stop();
    }
  };
  const burn: BurnSettings = { threads: availableParallelism() };
  const taken = await interleave(
    { rounds, warmUp: 0 },
    {
      alone,
      flooding: beside(() => startPeer(new URL('./flood.js', import.meta.url), flood)),
      burning: beside(() => startPeer(new URL('./burn.js', import.meta.url), burn)),
    },
  );
  const p99 = (loads: readonly Load[]) => loads.map((one) => at(one, 99));
  const [undisturbed, disturbed, full] = [p99(taken.alone), p99(taken.flooding), p99(taken.burning)];
  bench.figure('quietAlone', 'p99 of a quiet tenant alone', 'ms', 'baseline', undisturbed);
  bench.figure('quietBeside', 'p99 of it beside one that floods at 3 × capacity', 'ms', 'thenar', disturbed);
  bench.figure('quietFull', 'p99 of it beside a program that keeps the machine full', 'ms', 'baseline', full);
  bench.ratio('noisy', 'p99 beside a flooding tenant / alone', 'less', ratios(disturbed, undisturbed));
  bench.ratio(
    'noisyToFull',
    'p99 beside a flooding tenant / on a full machine',
    'less',
    ratios(disturbed, full),
  );
  const curve = (load: Load): [number, number][] =>
    [50, 75, 90, 95, 99, 99.9].map((percentile) => [percentile, at(load, percentile)]);
  bench.plot({
    title: 'A quiet tenant with and without a noisy neighbour',
    subtitle: `${QUIET_RATE} identifications a second; the neighbour floods at ${Math.round(flood.rate)} a second`,
    x: { label: 'percentile', scale: 'percentile' },
    y: { label: 'latency, ms', scale: 'log' },
    series: [
      { name: 'alone', points: curve(taken.alone.at(-1)!) },
      { name: 'beside a flooding tenant', points: curve(taken.flooding.at(-1)!) },
      { name: 'beside a program that keeps the machine full', points: curve(taken.burning.at(-1)!) },
    ],
  });
}
