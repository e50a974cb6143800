/** Opens everything durable that one node works on. The only file of transport that imports `storage/`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../engine/config.ts';
import { ThenarError } from '../../engine/errors.ts';
import { Phases } from '../../engine/phases.ts';
import type { Log, Sealer, Sealers, SnapshotStore, Store } from '../../engine/ports.ts';
import { systemClock as clock, systemRandom as random } from '../../engine/system.ts';
import type { Progress } from '../../storage/keys/change.ts';
import { type KeyFile, openSubjectKeys } from '../../storage/keys/file.ts';
import { keysToCome } from '../../storage/keys/to-come.ts';
import { keepMasterKey, loadMasterKeys, nextMasterKey, readMasterKey } from '../../storage/master-key.ts';
import { startEmbedded } from '../../storage/postgres/embedded/start.ts';
import { ownDatabase } from '../../storage/postgres/owner.ts';
import { openStore, type PostgresStore } from '../../storage/postgres/store.ts';
import { openSealers } from '../../storage/seal.ts';
import { postgresSnapshots } from '../../storage/snapshots/postgres.ts';

export interface Storage {
  readonly store: Store;
  readonly snapshots: SnapshotStore;
  readonly sealer: Sealers;
  readonly subjectKeys: KeyFile;
  /** The engine has started: from now on its callers hear soon when the database is away. */
  started(): void;
  readonly waitedMs: PostgresStore['waitedMs'];
  /** In reverse order; an embedded PostgreSQL stops last. */
  close(): Promise<void>;
}

/**
 * PostgreSQL by `DATABASE_URL`, else the embedded one; snapshots in Redis by `REDIS_URL`, else in PostgreSQL.
 * @throws ThenarError `unavailable` with one sentence why
 */
export async function openStorage(
  config: Config,
  log: Log,
  phases: Phases = new Phases(clock),
  masterKeys: () => readonly Uint8Array[] = () => loadMasterKeys(config.dataDir, config.masterKey, random),
): Promise<Storage> {
  mkdirSync(config.dataDir, { recursive: true });
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const embedded =
      config.databaseUrl === null
        ? await phases.time('database', () => startEmbedded({ dataDir: config.dataDir, log, clock, phases }))
        : null;
    if (embedded !== null) closers.push(() => embedded.stop());
    const database = embedded?.connection ?? config.databaseUrl ?? '';
    const candidates = masterKeys();
    const keysLater = keysToCome();
    const opening = phases.time('schema', async () => {
      const opened = await openStore({
        database,
        clock,
        random,
        log,
        keys: keysLater.keys,
        starting: true,
      });
      closers.push(() => opened.close());
      if (config.databaseUrl === null) return opened;
      closers.push(await ownDatabase(config.databaseUrl, { clock, log }, () => void opened.close()));
      return opened;
    });
    // Whoever has the database has the data directory, and may mend in it what a kill left. The embedded one is ours
    // by now, so that the keys are read while its schema is looked at; another one is ours once the store is open.
    if (embedded === null) await opening;
    const keyFile = join(config.dataDir, 'subjects.keys');
    const [opened, keys] = await Promise.allSettled([
      opening,
      phases.time('subject keys', () => openKeys(keyFile, candidates)),
    ]);
    if (keys.status === 'fulfilled') closers.push(() => keys.value.close());
    if (opened.status === 'rejected') throw opened.reason;
    if (keys.status === 'rejected') throw keys.reason;
    const [store, subjectKeys] = [opened.value, keys.value];
    keysLater.come(subjectKeys);
    const sealer = openSealers(subjectKeys, 'records', random);
    const snapshotSealer = openSealers(subjectKeys, 'snapshots', random);
    const snapshots =
      config.redisUrl === null
        ? postgresSnapshots(store.client, snapshotSealer, clock)
        : await openRedis(config.redisUrl, snapshotSealer, log);
    closers.push(() => snapshots.close());
    return {
      store,
      snapshots,
      sealer,
      subjectKeys,
      started: () => store.started(),
      waitedMs: () => store.waitedMs(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Its client is only read where there is a Redis. */
async function openRedis(url: string, sealer: Sealer, log: Log): Promise<SnapshotStore> {
  const { redisSnapshots } = await import('../../storage/snapshots/redis.ts');
  return redisSnapshots(url, sealer, log);
}

/** The key file, by the first of the keys that opens it. */
async function openKeys(path: string, [first, ...others]: readonly Uint8Array[]): Promise<KeyFile> {
  if (first === undefined) throw new ThenarError('unavailable', 'There is no master key.');
  try {
    return await openSubjectKeys(path, first, random);
  } catch (error) {
    for (const other of others) {
      const opened = await openSubjectKeys(path, other, random).catch(() => null);
      if (opened !== null) return opened;
    }
    throw error;
  }
}

/** Where a new master key comes from: null: it is made in the data dir, where the one before it is. */
export interface NewMasterKey {
  readonly file: string | null;
  readonly text: string | null;
}

/**
 * Puts everything under a new master key. The engine must not be running: the database is taken as an engine would.
 * @throws ThenarError `validation_failed` without a new key for one that is kept elsewhere
 */
export async function changeMasterKey(
  config: Config,
  log: Log,
  given: NewMasterKey,
  report: (progress: Progress) => void,
): Promise<{ readonly keptIn: string | null }> {
  const { dataDir, masterKey } = config;
  const elsewhere = given.file !== null || given.text !== null;
  if (!elsewhere && masterKey !== null) {
    throw new ThenarError(
      'validation_failed',
      'The master key is kept elsewhere, so the new one has to be given: by THENAR_NEW_MASTER_KEY or --new-key-file.',
    );
  }
  const next = newKey(config, given);
  const storage = await openStorage(config, log, new Phases(clock), () => [
    ...loadMasterKeys(dataDir, masterKey, random),
    next,
  ]);
  try {
    await storage.subjectKeys.changeMasterKey(next, report);
  } finally {
    await storage.close();
  }
  keepMasterKey(dataDir, elsewhere);
  return { keptIn: elsewhere ? null : join(dataDir, 'master.key') };
}

function newKey({ dataDir }: Config, { file, text }: NewMasterKey): Uint8Array {
  if (file !== null) return readMasterKey(file);
  if (text === null) return nextMasterKey(dataDir, random);
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length === 32) return key;
  throw new ThenarError('validation_failed', 'THENAR_NEW_MASTER_KEY must be 32 bytes in base64.');
}
