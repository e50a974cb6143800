/**
 * REST call to frame at the scanner, beside the bare parts it is made of and beside polling, in interleaved rounds. A
 * push goes one way and an echo both, and the engine verifies a token's signature once and not every time; so beside
 * the sum that the goal names stands a strict one of half an echo and a remembered token.
 */
import { interleave, timed } from '../harness/rounds.ts';
import { scenario } from '../harness/scenario.ts';
import { percentileCurve, quantile, ratios } from '../harness/statistics.ts';
import { HttpClient } from '../load/http.ts';
import { bareEcho, bareHttp } from './bare.ts';
import { bareDatabase } from './database.ts';
import { callBody, ourSide } from './ours.ts';
import { pollingLatencies } from './polling.ts';

/** More than one, because a scanner's own rate is limited. */
const SCANNERS = 4;
/** About as long as the frame of a challenge. */
const FRAME_BYTES = 480;
const POLL_MS = 1_000;

const titles = {
  echo: 'ws echo over mutual TLS, there and back',
  call: 'HTTP call, RS256 token verified',
  remembered: 'HTTP call, token verified before',
  commit: 'one-statement commit',
  sum: 'sum: echo + verified call + commit',
  strict: 'strict sum: half echo + remembered call + commit',
};
type Part = keyof typeof titles;
type Samples = Record<Part, number[]>;

export const push = scenario({
  name: 'push',
  summary: 'REST call to frame at the scanner, the challenge durable before it is sent',
  baseline:
    'bare ws echo + bare authenticated call + bare commit, each in turn; a device that polls each second',
  parameters: {
    calls: { what: 'calls a round', full: 200, quick: 60 },
    pollers: { what: 'polling devices, one challenge each a round', full: 100, quick: 40 },
    rounds: { what: 'interleaved rounds', full: 11, quick: 3 },
  },
  goals: [
    { of: 'toSum', most: 1.5, text: 'p50 within 1.5 × the sum of bare echo, authenticated call and commit' },
    { of: 'polling', least: 100, text: 'at the scanner at least 100 × sooner than by polling each second' },
  ],
  remote: true,
  packages: ['ws', 'jose', 'postgres'],
  async run(bench) {
    const { calls, pollers, rounds } = bench.values;
    const [echo, http, database] = await Promise.all([
      bareEcho(FRAME_BYTES),
      bareHttp(),
      bareDatabase(bench.folder('push')),
    ]);
    bench.atEnd(() => Promise.all([echo.close(), http.stop(), database.close()]));
    const client = new HttpClient(http.url, http.token);
    const ours = await ourSide(await bench.engine(), SCANNERS);
    bench.atEnd(() => ours.close());
    const post = async (path: string): Promise<void> => {
      const { status } = await client.post(path, callBody);
      if (status !== 201) throw new Error(`the bare server answered ${status}`);
    };
    const taken = await interleave(
      { rounds },
      {
        async bare() {
          const samples: Samples = { echo: [], call: [], remembered: [], commit: [], sum: [], strict: [] };
          for (let n = 0; n < calls; n += 1) {
            const one = {
              echo: await timed(echo.echo),
              call: await timed(() => post('/verified')),
              remembered: await timed(() => post('/remembered')),
              commit: await timed(database.commit),
            };
            for (const [part, ms] of Object.entries(one)) samples[part as Part].push(ms);
            // Summed call by call: a sum of 99th percentiles would be kinder to us than the percentile of the sum.
            samples.sum.push(one.echo + one.call + one.commit);
            samples.strict.push(one.echo / 2 + one.remembered + one.commit);
          }
          return samples;
        },
        async thenar() {
          const frame: number[] = [];
          const answer: number[] = [];
          for (let n = 0; n < calls; n += 1) {
            const { frameMs, answerMs } = await ours.push();
            frame.push(frameMs);
            answer.push(answerMs);
          }
          return { frame, answer };
        },
        polling: (round) =>
          pollingLatencies({
            ...http,
            devices: pollers,
            intervalMs: POLL_MS,
            seed: bench.seed + 10 + round,
          }),
      },
    );
    client.close();
    const of = (sets: readonly (readonly number[])[], p: number) => sets.map((set) => quantile(set, p));
    const frames = taken.thenar.map(({ frame }) => frame);
    bench.figure('frame', 'REST call to frame at the scanner, p50', 'ms', 'thenar', of(frames, 0.5));
    bench.figure('frameP99', 'REST call to frame at the scanner, p99', 'ms', 'thenar', of(frames, 0.99));
    const answers = taken.thenar.map(({ answer }) => answer);
    bench.figure('answer', 'REST call to its answer, p50', 'ms', 'thenar', of(answers, 0.5));
    for (const [part, title] of Object.entries(titles) as [Part, string][]) {
      const sets = taken.bare.map((samples) => samples[part]);
      bench.figure(part, `${title}, p50`, 'ms', 'baseline', of(sets, 0.5));
    }
    bench.figure('pollingP50', 'creation to a polling device, p50', 'ms', 'baseline', of(taken.polling, 0.5));
    const sum = taken.bare.map((samples) => samples.sum);
    const strict = taken.bare.map((samples) => samples.strict);
    const compare = (p: number, bare: readonly number[][]) => ratios(of(frames, p), of(bare, p));
    bench.ratio('toSum', 'frame / sum, p50', 'less', compare(0.5, sum));
    bench.ratio('toSumP99', 'frame / sum, p99', 'less', compare(0.99, sum));
    bench.ratio('toStrictSum', 'frame / strict sum, p50', 'less', compare(0.5, strict));
    bench.ratio('toStrictSumP99', 'frame / strict sum, p99', 'less', compare(0.99, strict));
    bench.ratio('polling', 'polling / frame, p50', 'more', ratios(of(taken.polling, 0.5), of(frames, 0.5)));
    bench.plot({
      title: 'From the REST call to the scanner',
      x: { label: 'percentile', scale: 'percentile' },
      y: { label: 'ms', scale: 'log' },
      series: [
        { name: 'thenar', points: percentileCurve(frames.flat()) },
        { name: 'sum of bare parts', points: percentileCurve(sum.flat()), dashed: true },
        { name: 'polling each second', points: percentileCurve(taken.polling.flat()), dashed: true },
      ],
    });
  },
});
