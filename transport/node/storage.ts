/** Opens everything durable that one node works on. The only file of transport that imports `storage/`. */
import { mkdirSync } from 'node:fs';
import type { Config } from '../../engine/config.ts';
import type { Log, Sealer, SnapshotStore, Store, SubjectKeys } from '../../engine/ports.ts';
import { systemClock as clock, systemRandom as random } from '../../engine/system.ts';
import { openSubjectKeys } from '../../storage/keys/file.ts';
import { startEmbedded } from '../../storage/postgres/embedded/start.ts';
import { openStore } from '../../storage/postgres/store.ts';
import { createSealer, openMasterKey } from '../../storage/seal.ts';
import { createPostgresSnapshots } from '../../storage/snapshots/postgres.ts';
import { createRedisSnapshots } from '../../storage/snapshots/redis.ts';

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
export async function openStorage(config: Config, log: Log): Promise<Storage> {
  mkdirSync(config.dataDir, { recursive: true });
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer();
  };
  try {
    const embedded =
      config.databaseUrl === null ? await startEmbedded({ dataDir: config.dataDir, log, clock }) : null;
    if (embedded !== null) closers.push(() => embedded.stop());
    const store = await openStore({
      database: embedded?.connection ?? config.databaseUrl ?? '',
      clock,
      random,
      log,
    });
    closers.push(() => store.close());
    const masterKey = config.masterKey ?? openMasterKey(config.dataDir, random);
    const sealer = createSealer(masterKey, random);
    const subjectKeys = await openSubjectKeys({ dataDir: config.dataDir, masterKey, random });
    closers.push(() => subjectKeys.close());
    const snapshots =
      config.redisUrl === null
        ? createPostgresSnapshots({ client: store.client, sealer, clock, log })
        : createRedisSnapshots({ url: config.redisUrl, sealer, log });
    closers.push(() => snapshots.close());
    return { store, snapshots, sealer, subjectKeys, close };
  } catch (error) {
    await close();
    throw error;
  }
}
