/**
 * The least that a start on the same files can be: a program that imports only the database client and the reader of
 * index files, opens the same database with the same settings, and then decrypts and reads the same index file.
 */
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { loadShard } from '../../engine/index/load.ts';
import { RotationArena } from '../../engine/index/rotation.ts';
import { Scratch } from '../../engine/index/scratch.ts';
import { Shard } from '../../engine/index/shard.ts';
import { VectorArena } from '../../engine/index/vectors.ts';
import { CodeArena } from '../../engine/palm/compare.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { systemRandom } from '../../engine/system.ts';
import { spawnServer } from '../../storage/postgres/embedded/server.ts';
import { servePeer } from '../harness/peer.ts';

export interface BareSettings {
  readonly server: Parameters<typeof spawnServer>[0];
  readonly tenantId: string;
  /** The shard file, and in hex the key that it is written under. */
  readonly file: string;
  readonly key: string;
}

/** Milliseconds of each part. */
export interface BareParts {
  /** Node, and the modules of this program. */
  readonly program: number;
  /** From the start of the server to the first answer, recovery from its log included. */
  readonly database: number;
  /** Decrypting and reading the index file. */
  readonly index: number;
  readonly templates: number;
}

const LOOK_AGAIN_MS = 2;

async function openDatabase({ server }: BareSettings): Promise<void> {
  spawnServer(server).unref();
  for (;;) {
    const sql = postgres({
      host: server.sockets,
      port: 5432,
      username: 'thenar',
      database: 'postgres',
      max: 1,
      fetch_types: false,
      onnotice: () => {},
    });
    try {
      await sql`select 1`;
      return;
    } catch {
      await pause(LOOK_AGAIN_MS);
    } finally {
      void sql.end({ timeout: 0 });
    }
  }
}

function readIndex({ tenantId, file, key }: BareSettings): number {
  const arenas = { vectors: new VectorArena(), codes: new CodeArena(), rotations: new RotationArena() };
  const shard = new Shard({ tenantId, arenas, random: systemRandom });
  const slices = loadShard(shard, file, Buffer.from(key, 'hex'), palmModel, new Scratch(`bare ${file}`));
  while (slices.next().done !== true);
  return shard.templates;
}

servePeer(async (settings: BareSettings): Promise<BareParts> => {
  const begun = performance.now();
  await openDatabase(settings);
  const opened = performance.now();
  const templates = readIndex(settings);
  return { program: begun, database: opened - begun, index: performance.now() - opened, templates };
});
