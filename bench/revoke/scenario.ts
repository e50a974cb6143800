/** A scanner's certificate is revoked over REST: how long until its socket is closed, and does it come back. */
import { bareSettings } from '../connect/stage.ts';
import { startPeer } from '../harness/peer.ts';
import { interleave, timed } from '../harness/rounds.ts';
import { scenario } from '../harness/scenario.ts';
import { percentileCurve, quantile, ratios } from '../harness/statistics.ts';
import { newTenant, pairScanners } from '../harness/target.ts';
import { HttpClient } from '../load/http.ts';
import { bareDatabase } from '../push/database.ts';
import type { BareUrls } from './bare-server.ts';
import { Hall, type Revoked } from './hall.ts';

export const revoke = scenario({
  name: 'revoke',
  summary: 'REST call that revokes a scanner to the close of its socket, with a hall of others connected',
  baseline: 'bare ws that closes the socket on the same call, and a bare commit before it',
  parameters: {
    connected: { what: 'scanners that stay connected', full: 1_000, quick: 150 },
    revoked: { what: 'scanners revoked a round, one after the other', full: 100, quick: 20 },
    rounds: { what: 'interleaved rounds', full: 5, quick: 3 },
  },
  goals: [
    { of: 'closeP99', most: 100, text: 'a revoked scanner’s socket is closed within 100 ms at p99' },
    { of: 'letIn', most: 0, text: 'no revoked scanner gets in again' },
  ],
  remote: true,
  packages: ['ws', 'postgres'],
  async run(bench) {
    const { connected, revoked, rounds } = bench.values;
    const engine = await bench.engine();
    const tenant = await newTenant(engine, 'Revocation bench');
    // One round of them warms up.
    const count = connected + revoked * (rounds + 1);
    const progress = bench.progress('pairing', count);
    const credentials = await pairScanners(tenant, count, { onPaired: progress.tick });
    progress.done();
    const [bare, database] = await Promise.all([
      startPeer<BareUrls>(new URL('./bare-server.js', import.meta.url), await bareSettings(credentials)),
      bareDatabase(bench.folder('revoke')),
    ]);
    bench.atEnd(() => Promise.all([bare.stop(), database.close()]));
    const halls = {
      thenar: await Hall.fill(engine.device, credentials),
      bare: await Hall.fill(bare.ready.device, credentials),
    };
    bench.atEnd(() => Promise.all([halls.thenar.close(), halls.bare.close()]));
    const http = {
      thenar: new HttpClient(engine.public, await tenant.integrator.token()),
      bare: new HttpClient(bare.ready.public, 'none'),
    };
    const taken = await interleave(
      { rounds },
      {
        thenar: () => revokeSome(halls.thenar, http.thenar, revoked),
        bare: () => revokeSome(halls.bare, http.bare, revoked),
        async commit() {
          const each: number[] = [];
          for (let n = 0; n < revoked; n += 1) each.push(await timed(database.commit));
          return each;
        },
      },
    );
    bench.fact('stillConnected', halls.thenar.connected);
    const letIn = await halls.thenar.letInAgain();
    http.thenar.close();
    http.bare.close();

    const of = (sets: readonly (readonly number[])[], p: number) => sets.map((set) => quantile(set, p));
    const closes = taken.thenar.map((set) => set.map(({ closeMs }) => closeMs));
    const answers = taken.thenar.map((set) => set.map(({ answerMs }) => answerMs));
    const beside = taken.bare.map((set) => set.map(({ closeMs }) => closeMs));
    const sum = beside.map((set, round) => set.map((ms, n) => ms + (taken.commit[round]?.[n] ?? 0)));
    bench.figure('close', 'REST call to close at the scanner, p50', 'ms', 'thenar', of(closes, 0.5));
    bench.figure('closeP99', 'REST call to close at the scanner, p99', 'ms', 'thenar', of(closes, 0.99));
    bench.figure('answer', 'REST call to its answer, p50', 'ms', 'thenar', of(answers, 0.5));
    bench.figure('bareClose', 'REST call to close, bare, p50', 'ms', 'baseline', of(beside, 0.5));
    bench.figure('bareCloseP99', 'REST call to close, bare, p99', 'ms', 'baseline', of(beside, 0.99));
    bench.figure('commit', 'one-statement commit, p50', 'ms', 'baseline', of(taken.commit, 0.5));
    bench.ratio('toSum', 'close / bare close + commit, p50', 'less', ratios(of(closes, 0.5), of(sum, 0.5)));
    bench.figure('letIn', 'revoked scanners that got in again', '', 'thenar', [letIn]);
    bench.plot({
      title: 'From the REST call to the close of the socket',
      subtitle: `with ${connected} scanners connected`,
      x: { label: 'percentile', scale: 'percentile' },
      y: { label: 'ms', scale: 'log' },
      series: [
        { name: 'thenar', points: percentileCurve(closes.flat()) },
        { name: 'bare close + commit', points: percentileCurve(sum.flat()), dashed: true },
      ],
    });
  },
});

async function revokeSome(hall: Hall, http: HttpClient, count: number): Promise<Revoked[]> {
  const all: Revoked[] = [];
  for (let n = 0; n < count; n += 1) all.push(await hall.revokeNext(http));
  return all;
}
