/** `thenar demo`: the main job, live, for whoever has just cloned the project. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { People } from '../scanner/behaviour.ts';
import { type EngineProcess, startEngineProcess } from './engine.ts';
import { createTenant, type Integrator } from './rest.ts';
import { answerWaiting, Completions, type DemoScanner, demoPeople, pairScanner } from './scanners.ts';
import { progress, say, step, Tally, table } from './tell.ts';

export interface DemoOptions {
  readonly people: string;
  readonly seed: string;
  readonly keep?: boolean;
}

interface Stage {
  engine: EngineProcess;
  readonly environment: Readonly<Record<string, string>>;
  readonly integrator: Integrator;
  readonly scanners: readonly DemoScanner[];
  readonly people: People;
  readonly completions: Completions;
  readonly count: number;
}

const tallies = {
  enrolled: new Tally(),
  verified: new Tally(),
  rejected: new Tally(),
  identified: new Tally(),
  notRecognised: new Tally(),
};

/** @throws Error when anything that was acknowledged is missing, or a decision was wrong too often */
export async function runDemo(options: DemoOptions): Promise<void> {
  const count = positive('--people', options.people);
  const folder = mkdtempSync(join(tmpdir(), 'thenar-demo-'));
  const stage = await setUp(folder, count, Number(options.seed));
  try {
    await enrolEverybody(stage);
    await verifySome(stage);
    await killAndRestart(stage);
    await identifySome(stage);
    say('');
    table([
      ['enrolled (both hands, three captures each)', tallies.enrolled],
      ['verified 1:1 (genuine, matched)', tallies.verified],
      ['rejected 1:1 (impostor, not matched)', tallies.rejected],
      ['identified 1:N (genuine, allow)', tallies.identified],
      ['not recognised 1:N (stranger)', tallies.notRecognised],
    ]);
    assertSound();
    if (options.keep === true) await keepServing(stage, folder);
  } finally {
    for (const scanner of stage.scanners) await scanner.client.close();
    await stage.engine.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  say('\n  The engine drained and stopped. Nothing is left behind.');
}

async function setUp(folder: string, count: number, seed: number): Promise<Stage> {
  say('\nThenar demo: a real engine, real sockets, simulated people.\n');
  const environment = {
    THENAR_DATA_DIR: folder,
    THENAR_PUBLIC_PORT: '0',
    THENAR_DEVICE_PORT: '0',
    THENAR_OPS_PORT: '0',
    THENAR_LOG_LEVEL: 'warn',
  };
  const engine = await step('engine started on an embedded PostgreSQL of its own', () =>
    startEngineProcess(environment),
  );
  const administrator = JSON.parse(readFileSync(engine.ready.bootstrap_file, 'utf8'));
  const { integrator } = await step('tenant, its administrator and an OAuth client created', () =>
    createTenant(engine.ready.public, administrator, 'Demo tenant'),
  );
  const people = demoPeople(seed);
  const completions = new Completions();
  const scanners: DemoScanner[] = [];
  for (const name of ['Scanner 1', 'Scanner 2', 'Scanner 3']) {
    scanners.push(
      await step(`${name} registered and paired: own key, CSR, certificate`, () =>
        pairScanner(integrator, engine.ready.device, name, people, completions),
      ),
    );
  }
  await step('three scanners connected: WebSocket over mutual TLS', () =>
    Promise.all(scanners.map((scanner) => scanner.client.connect())),
  );
  return { engine, environment, integrator, scanners, people, completions, count };
}

/** Each scanner serves one person at a time, three people at once. */
async function enrolEverybody(stage: Stage): Promise<void> {
  say(`\nEnrolling ${stage.count} people, both hands, pushed from REST to the scanners:`);
  const bar = progress('enrolling', stage.count);
  await eachScanner(stage, stage.count, async (scanner, person) => {
    await stage.integrator.link.call('createUser', { body: { external_user_id: externalId(person) } });
    const completion = await tallies.enrolled.time(async () => {
      const challenge = await stage.integrator.link.call('createEnrolmentOfBoth', {
        body: { external_user_id: externalId(person), hardware_id: scanner.hardwareId },
      });
      return stage.completions.of(challenge.challenge_id);
    });
    tallies.enrolled.count(completion.status === 'completed');
    bar.tick();
  });
  bar.done();
  say(`  ${tallies.enrolled.right} people enrolled.`);
}

async function verifySome(stage: Stage): Promise<void> {
  const genuine = stage.count;
  const impostors = Math.ceil(stage.count / 2);
  say(`\nVerifying 1:1, pushed from REST: ${genuine} genuine, ${impostors} impostors:`);
  const bar = progress('verifying', genuine + impostors);
  for (const [show, total] of [
    ['claimed', genuine],
    ['impostor', impostors],
  ] as const) {
    for (const scanner of stage.scanners) scanner.show = show;
    await eachScanner(stage, total, async (scanner, person) => {
      const tally = show === 'claimed' ? tallies.verified : tallies.rejected;
      const completion = await tally.time(() => verify(stage, scanner, person));
      tally.count(completion.matched === (show === 'claimed'));
      bar.tick();
    });
  }
  for (const scanner of stage.scanners) scanner.show = 'claimed';
  bar.done();
}

async function verify(stage: Stage, scanner: DemoScanner, person: number) {
  const challenge = await stage.integrator.link.call('createVerification', {
    body: {
      external_user_id: externalId(person),
      hardware_id: scanner.hardwareId,
      metadata: { document_id: `doc-${person}` },
    },
  });
  return stage.completions.of(challenge.challenge_id);
}

/** SIGKILL with a challenge waiting; then everything acknowledged must be there. */
async function killAndRestart(stage: Stage): Promise<void> {
  say('\nKilling the engine (SIGKILL) with a challenge waiting, and starting it again:');
  const [scanner] = stage.scanners;
  if (scanner === undefined) return;
  scanner.answering = false;
  const waiting = await stage.integrator.link.call('createVerification', {
    body: { external_user_id: externalId(0), hardware_id: scanner.hardwareId },
  });
  const reconnected = stage.scanners.map(
    ({ client }) => new Promise<void>((resolve) => client.once('open', () => resolve())),
  );
  const { ready } = stage.engine;
  await step('killed', () => stage.engine.kill());
  stage.engine = await step('ready again, on the same data', () =>
    startEngineProcess({
      ...stage.environment,
      THENAR_PUBLIC_PORT: new URL(ready.public).port,
      THENAR_DEVICE_PORT: new URL(ready.device).port,
    }),
  );
  await step('scanners came back by themselves', () => Promise.all(reconnected));
  const found = await step('every enrolled person still has both palms', async () => {
    let people = 0;
    for (let person = 0; person < stage.count; person += 1) {
      const created = await stage.integrator.link.call('createUser', {
        body: { external_user_id: externalId(person) },
      });
      if (created.palms.length === 2) people += 1;
    }
    return people;
  });
  if (found !== stage.count)
    throw new Error(`${stage.count - found} enrolled people are missing after the restart`);
  await step('the waiting challenge was presented again and answered', async () => {
    await answerWaiting(scanner, stage.people, stage.completions);
    const completion = await stage.completions.of(waiting.challenge_id);
    if (completion.matched !== true) throw new Error('the waiting challenge was lost');
  });
}

async function identifySome(stage: Stage): Promise<void> {
  const strangers = Math.ceil(stage.count / 2);
  say(
    `\nIdentifying 1:N among ${2 * stage.count} palms, started by the scanners: ${stage.count} enrolled, ${strangers} strangers:`,
  );
  const bar = progress('identifying', stage.count + strangers);
  await eachScanner(stage, stage.count, async (scanner, person) => {
    const scan = stage.people.capture(person, person % 2 === 0 ? 'right' : 'left');
    const { decision } = await tallies.identified.time(() =>
      scanner.client.transaction(scan, { gate: 'demo' }),
    );
    tallies.identified.count(decision === 'allow');
    bar.tick();
  });
  await eachScanner(stage, strangers, async (scanner, person) => {
    const scan = stage.people.stranger(person, 'right');
    const { decision } = await tallies.notRecognised.time(() =>
      scanner.client.transaction(scan, { gate: 'demo' }),
    );
    tallies.notRecognised.count(decision === 'not_recognized');
    bar.tick();
  });
  bar.done();
}

/** Deals `total` people out to the scanners, each of which takes one at a time. */
async function eachScanner(
  stage: Stage,
  total: number,
  work: (scanner: DemoScanner, person: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    stage.scanners.map(async (scanner) => {
      for (let person = next++; person < total; person = next++) await work(scanner, person);
    }),
  );
}

/** A few false rejections belong to biometrics; a false acceptance or a lost enrolment does not belong in a demo. */
function assertSound(): void {
  const { enrolled, verified, rejected, identified, notRecognised } = tallies;
  if (enrolled.wrong > 0 || rejected.wrong > 0 || notRecognised.wrong > 0)
    throw new Error('a wrong decision was made');
  for (const tally of [verified, identified]) {
    if (tally.wrong > (tally.right + tally.wrong) * 0.1)
      throw new Error('too many genuine palms were rejected');
  }
}

async function keepServing(stage: Stage, folder: string): Promise<void> {
  const { ready } = stage.engine;
  say(
    `\n  Serving on ${ready.public} (scanners ${ready.device}, operators ${ready.ops}), data in ${folder}. Ctrl-C ends.`,
  );
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

function externalId(person: number): string {
  return `person-${person}`;
}

function positive(option: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 100_000) {
    throw new Error(`${option} must be from 1 to 100000, not ${value}`);
  }
  return number;
}
