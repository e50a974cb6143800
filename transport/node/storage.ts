/** Opens everything durable that one node works on. The only file of transport that imports `storage/`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../engine/config.ts';
import { Phases } from '../../engine/phases.ts';
import type { Log, Sealer, SnapshotStore, Store, SubjectKeys } from '../../engine/ports.ts';
import { systemClock as clock, systemRandom as random } from '../../engine/system.ts';
import { openSubjectKeys } from '../../storage/keys/file.ts';
import { loadMasterKey } from '../../storage/master-key.ts';
import { startEmbedded } from '../../storage/postgres/embedded/start.ts';
import { ownDatabase } from '../../storage/postgres/owner.ts';
import { openStore } from '../../storage/postgres/store.ts';
import { openSealer } from '../../storage/seal.ts';
import { postgresSnapshots } from '../../storage/snapshots/postgres.ts';

export interface Storage {
  readonly store: Store;
  readonly snapshots: SnapshotStore;
  readonly sealer: Sealer;
  readonly subjectKeys: SubjectKeys;
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
    const masterKey = loadMasterKey(config.dataDir, config.masterKey, random);
    const opening = phases.time('schema', async () => {
      const opened = await openStore({ database, clock, random, log });
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
      phases.time('subject keys', () => openSubjectKeys(keyFile, masterKey, random)),
    ]);
    if (keys.status === 'fulfilled') closers.push(() => keys.value.close());
    if (opened.status === 'rejected') throw opened.reason;
    if (keys.status === 'rejected') throw keys.reason;
    const [store, subjectKeys] = [opened.value, keys.value];
    const sealer = openSealer(masterKey, 'records', random);
    const snapshotSealer = openSealer(masterKey, 'snapshots', random);
    const snapshots =
      config.redisUrl === null
        ? postgresSnapshots(store.client, snapshotSealer, clock)
        : await openRedis(config.redisUrl, snapshotSealer, log);
    closers.push(() => snapshots.close());
    return { store, snapshots, sealer, subjectKeys, close };
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
