/** What `connect` and `storm` play on: an engine with paired scanners, the bare side, and the load generator. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, loadAuthority } from '../../engine/pki/authority.ts';
import { issueServerCertificate } from '../../engine/pki/certificate.ts';
import { systemRandom } from '../../engine/system.ts';
import type { Bench } from '../harness/bench.ts';
import { type Peer, startPeer } from '../harness/peer.ts';
import { newTenant, pairScanners, type Target } from '../harness/target.ts';
import { storedVersion } from '../load/stored_version.ts';
import type { Credentials } from '../scanner/pair.ts';
import type { BareSettings } from './bare-server.ts';
import type { Connected, Question } from './generator.ts';

/** Scanners of one tenant; a chain of shops has about as many. */
const SCANNERS_PER_TENANT = 500;
/** From here on paired scanners are kept between runs with the data directory that knows them. */
const KEPT_FROM = 1_000;
/** Kept certificates that would soon be renewed are made anew. */
const VALID_FOR_MS = 35 * 24 * 3600 * 1000;

export interface Paired {
  readonly credentials: readonly Credentials[];
  /** null: on an engine that is not ours. */
  readonly dataDir: string | null;
}

/** Pairs scanners over REST, or finds those of an earlier run; no engine runs afterwards. */
export async function pairedScanners(bench: Bench, count: number): Promise<Paired> {
  if (bench.isRemote)
    return { credentials: await pairAll(bench, await bench.engine(), count), dataDir: null };
  const kept = count >= KEPT_FROM;
  const name = `${storedVersion()}-${count}`;
  const folder = kept ? join(tmpdir(), 'thenar-bench-scanners', name) : bench.folder('scanners');
  const dataDir = join(folder, 'engine');
  const file = join(folder, 'scanners.json');
  if (existsSync(file)) {
    const credentials = JSON.parse(readFileSync(file, 'utf8')) as Credentials[];
    const [first] = credentials;
    if (first !== undefined && Date.parse(first.expiresAt) > Date.now() + VALID_FOR_MS) {
      bench.say(`  scanners of an earlier run, kept in ${folder}`);
      return { credentials, dataDir };
    }
  }
  if (kept) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o711);
  }
  const engine = await bench.ownEngine(dataDir);
  const credentials = await pairAll(bench, engine, count);
  await engine.stop();
  writeFileSync(file, JSON.stringify(credentials), { mode: 0o600 });
  return { credentials, dataDir };
}

async function pairAll(bench: Bench, engine: Target, count: number): Promise<readonly Credentials[]> {
  const progress = bench.progress('pairing', count);
  const from = performance.now();
  const credentials: Credentials[] = [];
  for (let tenant = 0; credentials.length < count; tenant += 1) {
    const made = await newTenant(engine, 'Scanner bench');
    const share = Math.min(SCANNERS_PER_TENANT, count - credentials.length);
    const hardware = `bench-${tenant}`;
    credentials.push(...(await pairScanners(made, share, { hardware, onPaired: progress.tick })));
  }
  progress.done();
  const rate = (count * 1000) / (performance.now() - from);
  bench.figure('pairing', 'scanners registered and paired over REST', '1/s', 'thenar', [rate]);
  return credentials;
}

/** What a bare server needs to take the scanners that the engine has paired. */
export async function bareSettings(credentials: readonly Credentials[]): Promise<BareSettings> {
  const shared = { now: Date.now(), random: systemRandom };
  const made = await createAuthority({ ...shared, generation: 1, deployment: 'bench' });
  const { pem: cert, privateKeyPem: key } = await issueServerCertificate(await loadAuthority(made), {
    ...shared,
    names: ['127.0.0.1'],
  });
  return { ca: credentials[0]?.caChainPem ?? '', cert, key };
}

/** The bare server; its `ready` is its address. */
export async function startBare(
  credentials: readonly Credentials[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Peer<number> & { readonly url: string }> {
  const settings = await bareSettings(credentials);
  const peer = await startPeer<number>(new URL('./bare-server.js', import.meta.url), settings, environment);
  return { ...peer, url: `https://127.0.0.1:${peer.ready}` };
}

export interface Generator {
  connect(url: string, how: { count: number; atOnce: number; resume: boolean }): Promise<Connected>;
  storm(url: string): Promise<Connected>;
  drop(): Promise<void>;
}

export async function startGenerator(bench: Bench, credentials: readonly Credentials[]): Promise<Generator> {
  const peer = await startPeer<number>(new URL('./generator.js', import.meta.url), { credentials });
  bench.atEnd(() => peer.stop());
  const ask = async <A>(question: Question): Promise<A> => (await peer.ask(question)) as A;
  return {
    connect: (url, how) => ask({ do: 'connect', url, ...how }),
    storm: (url) => ask({ do: 'storm', url }),
    drop: async () => void (await ask({ do: 'drop' })),
  };
}
