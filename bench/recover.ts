import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineProcess } from './demo/engine.ts';
import { GalleryPeople, galleryVersion, type Shown } from './identify/people.ts';
import { benchFolder } from './load/folder.ts';
import { prepareGallery } from './load/gallery.ts';
import { auditHolds, awaitIndex } from './load/ops.ts';
import {
  benchEnvironment,
  type Cast,
  connectScanner,
  integratorOf,
  startEngineProcess,
} from './load/stage.ts';
import { SeededRandom } from './palms/random.ts';
import { Ledger } from './recover/ledger.ts';
import { integerOption, type Scenario, say, spread, writeResult } from './report.ts';
import type { SentScan } from './scanner/wire.ts';

const ENROLLING_AT_ONCE = 4;
const SPARE_USERS = 2_000;

interface Recovery {
  readonly readyMs: number;
  readonly decisionMs: number;
}

/** SIGKILL under load, again and again; the ledger of what was acknowledged is kept outside the engine. */
export const recover: Scenario = {
  name: 'recover',
  summary: 'SIGKILL to ready and to the first correct decision, nothing missing (--palms, --kills, --sample)',
  async run(options) {
    const palms = integerOption(options, 'palms', 10_000);
    const samples = integerOption(options, 'templates', 1);
    const seed = integerOption(options, 'seed', 1);
    const kills = integerOption(options, 'kills', 5);
    const sample = integerOption(options, 'sample', 200);
    const people = new GalleryPeople(seed, palms);
    const { template } = people;
    const shape = { palms, samples, seed, scanners: 16, spareUsers: SPARE_USERS, version: galleryVersion() };
    const prepared = await prepareGallery({ ...shape, template });
    const folder = benchFolder('recover');
    const dataDir = join(folder, 'engine');
    // The kills are for a copy: the prepared gallery serves other runs. PostgreSQL insists on owning its files.
    execFileSync('cp', ['-a', prepared.dataDir, dataDir]);
    const environment = benchEnvironment(dataDir);
    const random = new SeededRandom(seed, 7);
    const ledger = new Ledger(template);
    const { cast } = prepared;
    const missing: string[] = [];
    const recoveries: Recovery[] = [];

    const shown = (): Shown => people.templateOf(Math.floor(random.uniform() * palms), 0);
    // The first one of a process loads the generator, which is no part of a recovery.
    shown();
    let from = performance.now();
    const start = async (): Promise<Recovery> => {
      const { scan } = shown();
      engine = await startEngineProcess(environment);
      const readyMs = performance.now() - from;
      await firstDecision(engine, cast, scan);
      return { readyMs, decisionMs: performance.now() - from };
    };
    let engine = await startEngineProcess(environment);
    try {
      await awaitIndex(engine, palms * samples);
      await engine.stop();
      from = performance.now();
      const clean = await start();
      sayRecovery('clean start', clean);
      for (let kill = 1; kill <= kills; kill += 1) {
        const checked = ledger.acknowledged.length;
        const enrolling = await enrolMeanwhile(engine, cast, ledger);
        await pause(500 + 1_000 * random.uniform());
        from = performance.now();
        await engine.kill();
        const recovery = await start();
        recoveries.push(recovery);
        await enrolling.ended;
        const lost = await checkLedger(engine, cast, ledger, checked);
        missing.push(...lost);
        sayRecovery(
          `kill ${kill}`,
          recovery,
          `${ledger.acknowledged.length - checked} enrolments acknowledged, ${lost.length} missing`,
        );
      }
      await engine.kill();
      rmSync(join(dataDir, 'shards'), { recursive: true, force: true });
      from = performance.now();
      const withoutFile = await start();
      sayRecovery('index file lost', withoutFile);
      missing.push(...(await checkLedger(engine, cast, ledger, 0)));
      const unrecognised = await checkSample(engine, cast, people, { palms, sample, random });
      const audit = await auditHolds(engine);
      const ready = spread(recoveries.map((each) => each.readyMs));
      const decision = spread(recoveries.map((each) => each.decisionMs));
      say();
      say(
        `SIGKILL to ready              median ${ready.median.toFixed(0)} ms (longest ${ready.max.toFixed(0)})`,
      );
      say(
        `SIGKILL to correct decision   median ${decision.median.toFixed(0)} ms (longest ${decision.max.toFixed(0)})`,
      );
      say(`acknowledged enrolments       ${ledger.acknowledged.length}, missing ${missing.length}`);
      say(`palms of the gallery          ${sample} looked for, ${unrecognised} not recognised`);
      say(`audit chain                   ${audit.ok ? 'holds' : 'BROKEN'} (${audit.records} records)`);
      const result = { palms, samples, kills, clean, ready, decision, recoveries, withoutFile };
      const facts = { acknowledged: ledger.acknowledged.length, missing, sample, unrecognised, audit };
      say(`written to ${writeResult(`recover-${palms}-${samples}`, { ...result, ...facts })}`);
      if (missing.length > 0 || unrecognised > 0 || !audit.ok)
        throw new Error('acknowledged facts are missing');
    } finally {
      await engine.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function sayRecovery(title: string, { readyMs, decisionMs }: Recovery, more = ''): void {
  const times = `ready ${readyMs.toFixed(0).padStart(6)} ms   decision ${decisionMs.toFixed(0).padStart(6)} ms`;
  say(`${title.padEnd(16)} ${times}   ${more}`);
}

/** A scanner connects and shows an enrolled palm. @throws Error when it is not recognised */
async function firstDecision(engine: EngineProcess, cast: Cast, scan: SentScan): Promise<void> {
  const scanner = await connectScanner(engine, lastOf(cast));
  const { decision } = await scanner.transaction(scan, {});
  await scanner.close();
  if (decision !== 'allow') throw new Error(`the first decision after the start was ${decision}`);
}

/** Starts enrolments on several scanners; `ended` resolves when the kill has ended them all. */
async function enrolMeanwhile(
  engine: EngineProcess,
  cast: Cast,
  ledger: Ledger,
): Promise<{ readonly ended: Promise<unknown> }> {
  const lanes: Promise<void>[] = [];
  for (const credentials of cast.scanners.slice(0, ENROLLING_AT_ONCE)) {
    const scanner = await connectScanner(engine, credentials);
    lanes.push(ledger.enrolUntilCut(scanner));
  }
  return { ended: Promise.all(lanes) };
}

async function checkLedger(
  engine: EngineProcess,
  cast: Cast,
  ledger: Ledger,
  from: number,
): Promise<readonly string[]> {
  const scanner = await connectScanner(engine, lastOf(cast));
  const missing = await ledger.missing(integratorOf(cast, engine), scanner, from);
  await scanner.close();
  return missing;
}

async function checkSample(
  engine: EngineProcess,
  cast: Cast,
  people: GalleryPeople,
  { palms, sample, random }: { palms: number; sample: number; random: SeededRandom },
): Promise<number> {
  const scanner = await connectScanner(engine, lastOf(cast));
  let unrecognised = 0;
  for (let looked = 0; looked < sample; looked += 1) {
    const { scan } = people.templateOf(Math.floor(random.uniform() * palms), 0);
    const { decision } = await scanner.transaction(scan, {});
    if (decision !== 'allow') unrecognised += 1;
  }
  await scanner.close();
  return unrecognised;
}

function lastOf({ scanners }: Cast) {
  const last = scanners.at(-1);
  if (last === undefined) throw new Error('the bench needs a scanner');
  return last;
}
