/**
 * What an enrolment cannot do without, each measured alone: an insert into an index, a search of it, and one commit
 * that is durable. The raw index is hnswlib-node with the engine's graph parameters. The engine itself scans small
 * hands and so inserts by writing a vector and a code; that is measured, too, and makes the stricter sum.
 */
import { join } from 'node:path';
import postgres from 'postgres';
import { Graph } from '../../engine/index/graph.ts';
import { Nearest } from '../../engine/index/nearest.ts';
import { PendingSlots } from '../../engine/index/pending.ts';
import { VectorArena } from '../../engine/index/vectors.ts';
import { limits } from '../../engine/limits.ts';
import { CodeArena } from '../../engine/palm/compare.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import type { PalmTemplate } from '../../engine/palm/types.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { startEmbedded } from '../../storage/postgres/embedded/start.ts';
import { openStore } from '../../storage/postgres/store.ts';
import { fixedKeys } from '../../test/support/keys.ts';
import { galleryHand } from '../load/gallery.ts';
import { generateTemplate } from '../palms/templates.ts';

/** Milliseconds an operation, mean of a round. */
export interface PartTimes {
  readonly insert: number;
  readonly search: number;
  readonly commit: number;
  /** The engine's own insert and search at this size: an arena's slot, a scan of all. */
  readonly ownInsert: number;
  readonly ownSearch: number;
}

export interface Parts {
  /** Measures `count` operations of each part, one after the other. */
  measure(count: number): Promise<PartTimes>;
  close(): Promise<void>;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };
/** Inserted and searched in turns. */
const TURNING = 500;

/** @param size templates that the indexes hold before the first round; @param folder for a PostgreSQL cluster */
export async function startParts(seed: number, size: number, folder: string): Promise<Parts> {
  const database = await bareDatabase(folder);
  const template = (identity: number, sample: number): PalmTemplate =>
    generateTemplate({ seed, identity, hand: galleryHand, sample });
  const own = new OwnIndex();
  // Room for the rounds, so that no round pays for growing.
  const graph = Graph.create(size * 2);
  for (let label = 0; label < size; label += 1) {
    const palm = template(label, 0);
    graph.insert(label, Array.from(palm.vector));
    own.insert(palm);
  }
  const fresh = Array.from({ length: TURNING }, (_, i) => template(size + i, 0));
  const probes = Array.from({ length: TURNING }, (_, i) => template((i * 7_919) % size, 1));
  const vectors = fresh.map((palm) => Array.from(palm.vector));
  const queries = probes.map((palm) => Array.from(palm.vector));
  const sealed = Buffer.from(encodeTemplate(fresh[0]!));
  let label = size;
  return {
    async measure(count) {
      const insert = each(count, (i) => graph.insert(label++, vectors[i % TURNING]!));
      const search = each(count, (i) => void graph.search(queries[i % TURNING]!, limits.shortlist));
      const ownInsert = each(count, (i) => own.insert(fresh[i % TURNING]!));
      const ownSearch = each(count, (i) => own.search(probes[i % TURNING]!));
      const from = performance.now();
      for (let i = 0; i < count; i += 1) await database.commit(sealed);
      const commit = (performance.now() - from) / count;
      return { insert, search, commit, ownInsert, ownSearch };
    },
    close: () => database.close(),
  };
}

function each(count: number, work: (i: number) => void): number {
  const from = performance.now();
  for (let i = 0; i < count; i += 1) work(i);
  return (performance.now() - from) / count;
}

class OwnIndex {
  readonly #vectors = new VectorArena();
  readonly #codes = new CodeArena();
  readonly #list = new PendingSlots(this.#vectors);

  insert({ vector, code }: PalmTemplate): void {
    const place = this.#codes.allocate();
    this.#list.add(place, place);
    this.#vectors.write(place, vector);
    this.#codes.set(place, code);
  }

  search({ vector }: PalmTemplate): void {
    this.#list.scan(vector, new Nearest(limits.shortlist));
  }
}

/** The same binaries, settings and table as the engine's; one prepared INSERT, its own transaction. */
async function bareDatabase(folder: string) {
  const server = await startEmbedded({ dataDir: join(folder, 'bare'), log: silent, clock: systemClock });
  const { connection: database } = server;
  await (
    await openStore({ keys: fixedKeys, database, clock: systemClock, random: systemRandom, log: silent })
  ).close();
  const sql = postgres({ ...database, max: 1, onnotice: () => {} });
  const tenant = systemRandom.uuid();
  let position = 0;
  return {
    async commit(sealed: Buffer): Promise<void> {
      position += 1;
      await sql`INSERT INTO palm_log (tenant_id, position, operation, palm_id, user_id, hand, sample, sealed)
        VALUES (${tenant}, ${position}, 'add', ${systemRandom.uuid()}, ${systemRandom.uuid()}, ${galleryHand}, 0,
        ${sealed})`;
    },
    async close(): Promise<void> {
      await sql.end();
      await server.stop();
    },
  };
}
