/** A run: lanes at work, kills as planned, and after each restart everything acknowledged looked for. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Hand } from '../../engine/palm/types.ts';
import { link } from '../../transport/apis/link/facade.ts';
import { ApiClient } from '../../transport/client/client.ts';
import { consoleSession } from '../../transport/client/credentials.ts';
import type { Bench } from '../harness/bench.ts';
import { newTenant, pairScanners } from '../harness/target.ts';
import { SeededRandom } from '../palms/random.ts';
import { generateTemplate } from '../palms/templates.ts';
import { AuditCopy } from './audit.ts';
import { checkClient, checkPeople, checkRefused, checkRenewed, checkVerified, checkWallet } from './check.ts';
import { Desk } from './desk.ts';
import { MortalEngine } from './engine.ts';
import { Lane } from './lane.ts';
import { Leavers } from './leavers.ts';
import { Ledger } from './ledger.ts';
import { fingerprintOf, type Kill, killsOf } from './plan.ts';
import { Receiver } from './receiver.ts';
import { Records } from './records.ts';
import type { Victims } from './victims.ts';
import { Wallet } from './wallet.ts';

export type Parameter = 'kills' | 'scanners';

const events = [
  'device.paired',
  'enrollment.complete',
  'verification.complete',
  'consent.withdrawn',
  'user.suspended',
  'user.reactivated',
] as const;

export async function runChaos(bench: Bench<Parameter>, { environment, all }: Victims): Promise<void> {
  const { kills: engineKills, scanners } = bench.values;
  const kills = killsOf(bench.seed, engineKills, all);
  const stage = await open(bench, environment, scanners);
  const { engine, lanes, ledger } = stage;
  const works = new AbortController();
  const working = Promise.all(lanes.map((lane) => lane.run(works.signal)));
  // A lane that ends early has found something; the killing must not go on without it.
  const failed = working.then(() => new Promise<never>(() => {}));
  const bar = bench.progress('killed', kills.length);
  let inStart = 0;
  for (const kill of kills) {
    await Promise.race([someWork(ledger, kill), failed]);
    inStart += await Promise.race([strike(stage, all, kill), failed]);
    await Promise.race([checkAll(stage, false), failed]);
    bar.tick();
  }
  works.abort();
  // One more in the middle of what is being ended.
  await engine.kill();
  await engine.start();
  await working;
  bar.done();
  await checkAll(stage, true);
  await engine.stop();
  await stage.leavers.check();
  report(bench, stage, { kills, inStart });
}

interface Stage {
  readonly engine: MortalEngine;
  readonly ledger: Ledger;
  readonly receiver: Receiver;
  readonly lanes: readonly Lane[];
  readonly leavers: Leavers;
  readonly audit: AuditCopy;
  readonly records: Records;
}

async function open(
  bench: Bench<Parameter>,
  environment: Readonly<Record<string, string>>,
  scanners: number,
): Promise<Stage> {
  const ledger = new Ledger(scanners);
  const receiver = await Receiver.open(new SeededRandom(bench.seed, 13));
  bench.atEnd(() => receiver.close());
  const engine = new MortalEngine(bench, `${bench.folder('chaos')}/data`, {
    ...environment,
    THENAR_WEBHOOK_ALLOW_PRIVATE: '1',
  });
  await engine.start();
  const { target } = engine;
  const tenant = await newTenant(target, 'Chaos');
  const { integrator } = tenant;
  const { baseUrl } = integrator;
  const { webhook_id: webhookId } = await integrator.link.call('createWebhook', {
    body: { name: 'chaos', endpoint: receiver.url, events: [...events] },
  });
  const console = new ApiClient(link, { baseUrl, credentials: consoleSession(baseUrl, tenant.admin) });
  const lanes: Lane[] = [];
  for (const [at, credentials] of (await pairScanners(tenant, scanners, { hardware: 'chaos' })).entries()) {
    const number = at + 1;
    const wallet = {
      client: await Wallet.open(target.own.ready, integrator, number),
      keys: new Map(),
      backups: 0,
    };
    ledger.wallets.push(wallet);
    const template = (identity: number, hand: Hand) =>
      generateTemplate({ seed: bench.seed, identity, hand, sample: 0 });
    const desk = new Desk({
      number,
      engine,
      integrator,
      console,
      deviceUrl: target.device,
      credentials,
      wallet,
      ledger,
      template,
    });
    await desk.scanner.connect();
    bench.atEnd(() => desk.scanner.close());
    lanes.push(new Lane(desk, bench.seed));
  }
  const audit = new AuditCopy(console, ledger);
  const leavers = new Leavers(engine, ledger, (palm) => lanes[0]!.desk.scanOf({ palm }, 'right'));
  const records = new Records({ ledger, lanes, audit, receiver, webhookId });
  return { engine, ledger, receiver, lanes, leavers, audit, records };
}

/** The engine must get on: this long without a single acknowledgement is a finding of its own. */
const STILL_MS = 60_000;

/** Until a moment that nobody can foresee. */
async function someWork(ledger: Ledger, { after, pauseMs }: Kill): Promise<void> {
  if (after !== null && !(await ledger.advances(after, STILL_MS)))
    ledger.finding('nothing was acknowledged for a minute');
  await pause(pauseMs);
}

/** @returns how many starts were killed before they had ended */
async function strike({ engine, leavers }: Stage, all: Victims['all'], kill: Kill): Promise<number> {
  const victim = all[kill.victim]!;
  if (kill.erasureMs !== null) await leavers.come();
  await victim.kill(engine);
  await victim.mend();
  if (!victim.takesEngine) return 0;
  let inStart = 0;
  if (kill.erasureMs !== null) {
    await leavers.timePasses();
    await engine.start();
    await pause(kill.erasureMs);
    await engine.kill();
  }
  for (const afterMs of kill.startsMs) if (await engine.startAndKill(afterMs)) inStart += 1;
  await engine.start();
  if (kill.erasureMs !== null) await leavers.areGone();
  return inStart;
}

/** Everything that was acknowledged, but for whom a lane is busy with. */
async function checkAll(stage: Stage, atRest: boolean): Promise<void> {
  const { engine, ledger, lanes, records } = stage;
  const [first] = lanes;
  if (first === undefined) return;
  const { desk } = first;
  await Promise.all(lanes.map((lane) => checkPeople(lane)));
  for (const revoked of ledger.revoked) await checkRefused(desk, revoked.credentials);
  for (const renewed of ledger.renewed) await checkRenewed(desk, renewed);
  for (const client of ledger.clients) {
    if (client.looked && !atRest) continue;
    client.looked = true;
    await checkClient(desk, client);
  }
  if (atRest) {
    for (const lane of lanes) await checkAtRest(lane);
    await checkReceipts(desk);
  }
  await records.check(desk, atRest);
  const { chains } = (await desk.rest(() => engine.target.inspect('/audit/verify'))) as {
    readonly chains: readonly { readonly ok: boolean }[];
  };
  if (!chains.every(({ ok }) => ok)) ledger.finding('an audit chain is broken');
}

async function checkAtRest({ desk }: Lane): Promise<void> {
  for (const person of desk.people) await checkVerified(desk, person.verified);
  await checkWallet(desk, true);
  const recovered = await desk.rest(() => desk.wallet.client.recover());
  for (const [keyId, { ciphertext }] of desk.wallet.keys) {
    if (recovered.get(keyId) !== ciphertext) desk.ledger.finding(`${keyId} did not come back as it was`);
  }
}

const LOOK_MS = 20;

/** Every erasure that was acknowledged ends: keys and files too. */
async function checkReceipts({ integrator, ledger }: Desk): Promise<void> {
  for (const id of ledger.receipts) {
    const end = performance.now() + STILL_MS;
    const look = () => integrator.link.call('getErasure', { params: { id } });
    while ((await look()).status !== 'complete') {
      if (performance.now() > end) {
        ledger.finding(`erasure ${id} is never complete`);
        break;
      }
      await pause(LOOK_MS);
    }
  }
}

function report(
  bench: Bench<Parameter>,
  { engine, ledger, lanes, receiver, audit }: Stage,
  { kills, inStart }: { readonly kills: readonly Kill[]; readonly inStart: number },
): void {
  bench.fact('plan', fingerprintOf(bench.seed, lanes.length, kills));
  bench.fact('engine killed', engine.kills);
  bench.fact('of these while starting', inStart);
  bench.fact('starts given up and made again', engine.startsGivenUp);
  for (const victim of new Set(kills.map((kill) => kill.victim))) {
    bench.fact(`killed: ${victim}`, kills.filter((kill) => kill.victim === victim).length);
  }
  const deliveries = [...receiver.deliveries.values()].reduce((sum, { times }) => sum + times, 0);
  for (const [name, count] of Object.entries(ledger.counts)) bench.fact(name, count);
  bench.fact('acknowledged', ledger.acknowledged);
  bench.fact('audit records', audit.records);
  bench.fact('webhook events', receiver.events.size);
  bench.fact('webhook deliveries taken', deliveries);
  bench.fact('webhook deliveries refused', receiver.refused);
  bench.figure('restart', 'start to ready after a kill', 'ms', 'thenar', engine.restartsMs);
  bench.fact('missing or doubled', ledger.findings.length);
  if (ledger.findings.length === 0) return;
  const shown = ledger.findings.slice(0, 30).join('\n  ');
  throw new Error(`missing or doubled (seed ${bench.seed}):\n  ${shown}`);
}
