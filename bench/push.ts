import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { benchFolder } from './load/folder.ts';
import { benchEnvironment, makeCast, startEngineProcess } from './load/stage.ts';
import { type Baseline, startBaseline } from './push/baseline.ts';
import { type OurSide, ourSide } from './push/ours.ts';
import { integerOption, median, quantile, type Scenario, say, spread, writeResult } from './report.ts';

/** What the foundation issue asks, as multiples of the sum of the bare parts. */
const TARGETS = { p50: 2, p99: 4 };

const SCANNERS = 4;

/** Samples in milliseconds, by what was done. */
const parts = ['echo', 'http', 'httpRemembered', 'commit', 'sum', 'strictSum', 'frame', 'answer'] as const;
type Part = (typeof parts)[number];
type Samples = Record<Part, number[]>;

const titles: Readonly<Record<Part, string>> = {
  echo: 'ws echo over mutual TLS (round trip)',
  http: 'HTTP call, RS256 token verified',
  httpRemembered: 'HTTP call, token verified before',
  commit: 'one-statement commit',
  sum: 'sum: echo + verified call + commit',
  strictSum: 'strict sum: half echo + remembered + commit',
  frame: 'thenar: REST call to frame at scanner',
  answer: 'thenar: REST call to its answer',
};

/**
 * REST call to frame at the scanner, beside the bare parts it is made of, in interleaved rounds. A push goes one way
 * and an echo both, and the engine verifies a token's signature once and not every time; so beside the sum that the
 * issue names stands a strict one of half an echo and a remembered token.
 */
export const push: Scenario = {
  name: 'push',
  summary: 'REST call to frame at the scanner, challenge durable, beside its bare parts (--rounds, --calls)',
  async run(options) {
    const rounds = integerOption(options, 'rounds', 9);
    const calls = integerOption(options, 'calls', 200);
    const folder = benchFolder('push');
    const engine = await startEngineProcess(benchEnvironment(join(folder, 'engine')));
    const baseline = await startBaseline(folder);
    try {
      const ours = await ourSide(engine, await makeCast(engine, SCANNERS));
      const taken: Samples[] = [];
      // The first round warms all sides up and is not counted.
      for (let round = 0; round <= rounds; round += 1) {
        const samples = Object.fromEntries(parts.map((part) => [part, [] as number[]])) as Samples;
        if (round % 2 === 0) await measureBare(baseline, samples, calls);
        await measureOurs(ours, samples, calls);
        if (round % 2 === 1) await measureBare(baseline, samples, calls);
        if (round > 0) taken.push(samples);
        say(round === 0 ? 'warmed up' : `round ${round} of ${rounds}`);
      }
      await ours.close();
      report(taken, calls);
    } finally {
      await engine.stop();
      await baseline.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measureBare(baseline: Baseline, samples: Samples, calls: number): Promise<void> {
  for (let call = 0; call < calls; call += 1) {
    const echo = await timed(baseline.echo);
    const http = await timed(baseline.http);
    const httpRemembered = await timed(baseline.httpRemembered);
    const commit = await timed(baseline.commit);
    samples.echo.push(echo);
    samples.http.push(http);
    samples.httpRemembered.push(httpRemembered);
    samples.commit.push(commit);
    // Summed call by call: a sum of 99th percentiles would be kinder to us than the 99th percentile of the sum.
    samples.sum.push(echo + http + commit);
    samples.strictSum.push(echo / 2 + httpRemembered + commit);
  }
}

async function measureOurs(ours: OurSide, samples: Samples, calls: number): Promise<void> {
  for (let call = 0; call < calls; call += 1) {
    const { frameMs, answerMs } = await ours.push();
    samples.frame.push(frameMs);
    samples.answer.push(answerMs);
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

function report(taken: readonly Samples[], calls: number): void {
  const of = (part: Part, p: number) => spread(taken.map((samples) => quantile(samples[part], p)));
  const figures = Object.fromEntries(
    parts.map((part) => [part, { p50: of(part, 0.5), p99: of(part, 0.99) }]),
  ) as Record<Part, { p50: ReturnType<typeof of>; p99: ReturnType<typeof of> }>;
  say(`\n${'medians of rounds, ms'.padEnd(46)}${'p50'.padStart(9)}${'p99'.padStart(9)}`);
  for (const part of parts) {
    const { p50, p99 } = figures[part];
    say(`${titles[part].padEnd(46)}${p50.median.toFixed(3).padStart(9)}${p99.median.toFixed(3).padStart(9)}`);
  }
  const ratio = (part: 'sum' | 'strictSum', p: number): number =>
    median(taken.map((samples) => quantile(samples.frame, p) / quantile(samples[part], p)));
  const ratios = {
    p50: ratio('sum', 0.5),
    p99: ratio('sum', 0.99),
    strictP50: ratio('strictSum', 0.5),
    strictP99: ratio('strictSum', 0.99),
  };
  say(
    `\nframe / sum          p50 ${ratios.p50.toFixed(2)} (at most ${TARGETS.p50})  p99 ${ratios.p99.toFixed(2)} (at most ${TARGETS.p99})`,
  );
  say(
    `frame / strict sum   p50 ${ratios.strictP50.toFixed(2)}                p99 ${ratios.strictP99.toFixed(2)}`,
  );
  const reached = ratios.p50 <= TARGETS.p50 && ratios.p99 <= TARGETS.p99;
  say(reached ? 'reached' : 'MISSED');
  say(
    `written to ${writeResult('push', { targets: TARGETS, rounds: taken.length, calls, ratios, reached, figures })}`,
  );
}
