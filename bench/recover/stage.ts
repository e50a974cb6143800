/** A copy of a prepared gallery that may be killed, and how both sides start on it. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { protectionsOf } from '../../actors/tenant/rotation.ts';
import { shardFileKey } from '../../engine/palm/protection.ts';
import { ShardFiles } from '../../engine/pool/shard_files.ts';
import { systemRandom } from '../../engine/system.ts';
import { openSubjectKeys } from '../../storage/keys/file.ts';
import { loadMasterKeys } from '../../storage/master-key.ts';
import { databaseAccount } from '../../storage/postgres/embedded/account.ts';
import { findBinaries } from '../../storage/postgres/embedded/binaries.ts';
import { serverFolder, socketFolder } from '../../storage/postgres/embedded/cluster.ts';
import { removeStaleFiles } from '../../storage/postgres/embedded/postmaster.ts';
import { embeddedConnection } from '../../storage/postgres/lock.ts';
import { openSealers } from '../../storage/seal.ts';
import type { EngineProcess } from '../demo/engine.ts';
import type { Bench } from '../harness/bench.ts';
import { startPeer } from '../harness/peer.ts';
import { GalleryPeople, galleryVersion } from '../identify/people.ts';
import { prepareGallery } from '../load/gallery.ts';
import { awaitIndex } from '../load/ops.ts';
import {
  benchEnvironment,
  type Cast,
  connectScanner,
  integratorOf,
  startEngineProcess,
} from '../load/stage.ts';
import { SeededRandom } from '../palms/random.ts';
import type { SentScan } from '../scanner/wire.ts';
import type { BareParts, BareSettings } from './bare.ts';
import { crash, killServers } from './crash.ts';
import { Ledger } from './ledger.ts';

const ENROLLING_AT_ONCE = 4;
const SPARE_USERS = 2_000;

/** Milliseconds from the start of the process. */
export interface Recovery {
  readonly ready: number;
  readonly decision: number;
}

export class RecoverStage {
  readonly palms: number;
  readonly people: GalleryPeople;
  readonly ledger: Ledger;
  readonly random: SeededRandom;
  readonly #cast: Cast;
  readonly #dataDir: string;
  readonly #environment: Readonly<Record<string, string>>;
  #engine: EngineProcess;
  #checked = 0;

  private constructor(
    palms: number,
    seed: number,
    people: GalleryPeople,
    cast: Cast,
    dataDir: string,
    engine: EngineProcess,
  ) {
    this.palms = palms;
    this.people = people;
    this.ledger = new Ledger(people.template);
    this.random = new SeededRandom(seed, 7);
    this.#cast = cast;
    this.#dataDir = dataDir;
    this.#environment = benchEnvironment(dataDir);
    this.#engine = engine;
  }

  /** The prepared gallery stays as it is for other runs. PostgreSQL insists on owning its files. */
  static async open(
    bench: Pick<Bench, 'seed' | 'folder' | 'atEnd' | 'say'>,
    palms: number,
  ): Promise<RecoverStage> {
    const people = new GalleryPeople(bench.seed, palms);
    const { template } = people;
    const say = (line: string) => bench.say(`  ${line}`);
    const shape = { palms, samples: 1, seed: bench.seed, scanners: 16, spareUsers: SPARE_USERS };
    const prepared = await prepareGallery({ ...shape, version: galleryVersion(), template, say });
    const dataDir = join(bench.folder('recover'), 'engine');
    execFileSync('cp', ['-a', prepared.dataDir, dataDir]);
    const engine = await startEngineProcess(benchEnvironment(dataDir));
    const stage = new RecoverStage(palms, bench.seed, people, prepared.cast, dataDir, engine);
    bench.atEnd(() => stage.close());
    await awaitIndex(engine, palms);
    // The first one of a process loads the generator, which is no part of a recovery.
    stage.shown();
    return stage;
  }

  get engine(): EngineProcess {
    return this.#engine;
  }

  get #cluster(): string {
    return join(this.#dataDir, 'postgres', 'cluster');
  }

  /** A scan of an enrolled palm. */
  shown(): SentScan {
    return this.people.templateOf(Math.floor(this.random.uniform() * this.palms), 0).scan;
  }

  /** Ends the engine in order and starts it again. */
  async restart(): Promise<Recovery> {
    await this.#engine.stop();
    return this.#start();
  }

  /** Kills the engine, and with `machine` its database too, while palms are being enrolled; starts it again. */
  async recover(kill: 'engine' | 'machine'): Promise<Recovery> {
    const { ended } = await this.#cutOff(kill);
    const recovery = await this.#start();
    await ended;
    return recovery;
  }

  /** The same end, and then the bare program in place of the engine, which is started again afterwards. */
  async bare(): Promise<BareParts & { readonly ready: number }> {
    const rotationKey = await this.#sealedRotationKey();
    const { ended } = await this.#cutOff('machine');
    const settings = await this.#bareSettings(rotationKey);
    const from = performance.now();
    const peer = await startPeer<BareParts>(new URL('./bare.js', import.meta.url), settings);
    const ready = performance.now() - from;
    await killServers(this.#cluster);
    await peer.stop();
    await ended;
    this.#engine = await startEngineProcess(this.#environment);
    return { ...peer.ready, ready };
  }

  /** Acknowledged enrolments since the last look that are not there any more. */
  async missing(): Promise<readonly string[]> {
    const scanner = await this.#scanner();
    const missing = await this.ledger.missing(integratorOf(this.#cast, this.#engine), scanner, this.#checked);
    this.#checked = this.ledger.acknowledged.length;
    await scanner.close();
    return missing;
  }

  /** How many of `sample` palms of the gallery are not recognised. */
  async unrecognised(sample: number): Promise<number> {
    const scanner = await this.#scanner();
    let unrecognised = 0;
    for (let looked = 0; looked < sample; looked += 1) {
      const { decision } = await scanner.transaction(this.shown(), {});
      if (decision !== 'allow') unrecognised += 1;
    }
    await scanner.close();
    return unrecognised;
  }

  async close(): Promise<void> {
    await this.#engine.stop();
    await killServers(this.#cluster);
  }

  /** In an object, because a promise of a promise would be waited for. */
  async #cutOff(kill: 'engine' | 'machine'): Promise<{ readonly ended: Promise<unknown> }> {
    const lanes: Promise<void>[] = [];
    for (const credentials of this.#cast.scanners.slice(0, ENROLLING_AT_ONCE)) {
      lanes.push(this.ledger.enrolUntilCut(await connectScanner(this.#engine, credentials)));
    }
    await pause(500 + 1_000 * this.random.uniform());
    if (kill === 'machine') await crash(this.#engine, this.#cluster);
    else await this.#engine.kill();
    return { ended: Promise.all(lanes) };
  }

  async #start(): Promise<Recovery> {
    const scan = this.shown();
    const from = performance.now();
    this.#engine = await startEngineProcess(this.#environment);
    const ready = performance.now() - from;
    const scanner = await this.#scanner();
    const { decision } = await scanner.transaction(scan, {});
    const decided = performance.now() - from;
    await scanner.close();
    if (decision !== 'allow') throw new Error(`the first decision after the start was ${decision}`);
    return { ready, decision: decided };
  }

  #scanner() {
    const last = this.#cast.scanners.at(-1);
    if (last === undefined) throw new Error('the bench needs a scanner');
    return connectScanner(this.#engine, last);
  }

  /** As the database has it, while there is one. */
  async #sealedRotationKey(): Promise<Uint8Array> {
    const account = databaseAccount();
    const sockets = socketFolder(serverFolder(this.#dataDir, account), account);
    const sql = postgres({ ...embeddedConnection(sockets, 5432), max: 1 });
    const [row] = await sql`SELECT rotation_key FROM tenants WHERE tenant_id = ${this.#cast.tenantId}`;
    await sql.end();
    if (row === undefined) throw new Error('the tenant of the gallery is not there');
    return row.rotation_key;
  }

  async #bareSettings(rotationKey: Uint8Array): Promise<BareSettings> {
    const account = databaseAccount();
    const server = serverFolder(this.#dataDir, account);
    const [masterKey] = loadMasterKeys(this.#dataDir, null, systemRandom);
    const keys = await openSubjectKeys(join(this.#dataDir, 'subjects.keys'), masterKey, systemRandom);
    const files = new ShardFiles(this.#dataDir, keys);
    const { tenantId } = this.#cast;
    const found = await files.find(tenantId);
    const sealer = openSealers(keys, 'records', systemRandom);
    const { current } = protectionsOf(sealer, { tenantId, rotationKey, nextRotationKey: null });
    await keys.close();
    if (found === null) throw new Error('there is no index file to read');
    const sockets = socketFolder(server, account);
    // A killed server that nobody has waited for yet still has its number, and the next one takes it for alive.
    removeStaleFiles(this.#cluster, sockets);
    return {
      server: {
        binaries: findBinaries(`${this.#dataDir}/postgres-programs`, account),
        server,
        cluster: this.#cluster,
        sockets,
        account,
        connectionsMax: 30,
        extra: {},
      },
      tenantId,
      file: files.path(tenantId),
      key: Buffer.from(shardFileKey(found.key, current.key)).toString('hex'),
    };
  }
}
