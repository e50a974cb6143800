/** HNSW of pgvector in PGlite: PostgreSQL in this very process, so that no socket is counted against it. */
import type { PGlite } from '@electric-sql/pglite';
import { VECTOR_LENGTH } from '../../../engine/index/vectors.ts';
import type { Grown, Question, Searched, SideSettings } from '../protocol.ts';
import { Queries, Rows, residentAfterCollection, type SearchSide } from './side.ts';

/** Rows of one INSERT. */
const page = 250;

export class PgvectorSide implements SearchSide {
  readonly #database: PGlite;
  readonly #rows: Rows;
  readonly #queries: Queries<string>;
  readonly #before: number;
  #palms = 0;

  private constructor(settings: SideSettings, database: PGlite) {
    this.#database = database;
    this.#rows = new Rows(settings);
    this.#queries = new Queries(settings.seed, text);
    this.#before = residentAfterCollection();
  }

  static async start(settings: SideSettings): Promise<PgvectorSide> {
    const [{ PGlite }, { vector }] = await Promise.all([
      import('@electric-sql/pglite'),
      import('@electric-sql/pglite-pgvector'),
    ]);
    const database = await PGlite.create({ extensions: { vector } });
    await database.exec(`
      CREATE EXTENSION vector;
      CREATE TABLE palms (row integer PRIMARY KEY, vector vector(${VECTOR_LENGTH}) NOT NULL);
      SET maintenance_work_mem = '512MB';`);
    return new PgvectorSide(settings, database);
  }

  /** With the extension's own parameters of a graph: 16 links, 64 candidates while building. */
  async grow(palms: number): Promise<Grown> {
    const { samples } = this.#rows;
    await this.#database.exec('DROP INDEX IF EXISTS graph');
    for (let from = this.#palms * samples; from < palms * samples; from += page) {
      const count = Math.min(page, palms * samples - from);
      const values = Array.from(
        { length: count },
        (_, i) => `(${from + i}, '${text(this.#rows.vector(from + i))}')`,
      );
      await this.#database.exec(`INSERT INTO palms VALUES ${values.join(',')}`);
    }
    const started = performance.now();
    await this.#database.exec('CREATE INDEX graph ON palms USING hnsw (vector vector_ip_ops)');
    const buildMs = performance.now() - started;
    await this.#database.exec('ANALYZE palms');
    this.#palms = palms;
    return { buildMs, bytes: residentAfterCollection() - this.#before };
  }

  async search({ from, count, wanted, effort = 40 }: Question & { ask: 'search' }): Promise<Searched> {
    const queries = this.#queries.take(from, count, this.#palms);
    const limit = wanted * this.#rows.samples;
    // A large list makes the planner prefer a sequential scan, which is not what is measured here.
    await this.#database.exec(
      `SET hnsw.ef_search = ${Math.min(1_000, effort)}; SET enable_seqscan = off; SET enable_sort = off`,
    );
    const sql = `SELECT row FROM palms ORDER BY vector <#> $1 LIMIT ${limit}`;
    const found: { row: number }[][] = [];
    const started = performance.now();
    for (const query of queries) found.push((await this.#database.query<{ row: number }>(sql, [query])).rows);
    const ms = performance.now() - started;
    return {
      ms,
      found: found.map((rows) =>
        this.#rows.palms(
          rows.map(({ row }) => row),
          wanted,
        ),
      ),
    };
  }
}

function text(vector: Float32Array): string {
  return `[${vector.join(',')}]`;
}
