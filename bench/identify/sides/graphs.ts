/** Graphs of the two native libraries, as their users hold them; built once and kept in the temporary folder. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { HierarchicalNSW } from 'hnswlib-node';
import type { Index } from 'usearch';
import { graphParameters } from '../../../engine/index/graph.ts';
import { VECTOR_LENGTH } from '../../../engine/index/vectors.ts';
import { preparedFolder, queriedPalm } from '../gallery.ts';
import type { Grown, Question, Searched, SideSettings } from '../protocol.ts';
import { processorTime, Queries, Rows, residentAfterCollection, type SearchSide } from './side.ts';

/** One of the libraries, holding one graph. */
interface Native<Q> {
  query(vector: Float32Array): Q;
  /** Room for so many rows in all. */
  reserve(rows: number): void;
  /** @returns milliseconds of processor time */
  insert(row: number, vector: Float32Array): number;
  save(path: string): void;
  load(path: string): void;
  /** Size of the candidate list of searches from here on. */
  setEffort(effort: number): void;
  search(query: Q, k: number): ArrayLike<number | bigint>;
}

const { links, efConstruction } = graphParameters;
// Both packages are CommonJS; they are looked for when a side needs them, since a packed copy may lack them.
const load = createRequire(import.meta.url);

function hnswlib(): Native<number[]> {
  const library = load('hnswlib-node') as { HierarchicalNSW: typeof HierarchicalNSW };
  let native: HierarchicalNSW | null = null;
  const held = (): HierarchicalNSW => {
    if (native === null) throw new Error('the graph is empty');
    return native;
  };
  return {
    query: (vector) => Array.from(vector),
    reserve(rows) {
      if (native !== null) return native.resizeIndex(rows);
      native = new library.HierarchicalNSW('ip', VECTOR_LENGTH);
      native.initIndex(rows, links, efConstruction, 100);
    },
    insert(row, vector) {
      const numbers = Array.from(vector);
      return processorTime(() => held().addPoint(numbers, row));
    },
    save: (path) => void held().writeIndexSync(path),
    load(path) {
      native = new library.HierarchicalNSW('ip', VECTOR_LENGTH);
      native.readIndexSync(path);
    },
    setEffort: (effort) => held().setEf(effort),
    search: (query, k) => held().searchKnn(query, k).neighbors,
  };
}

function usearch(quantization: 'f32' | 'i8'): Native<Float32Array> {
  const library = load('usearch') as { Index: typeof Index; MetricKind: object };
  let path: string | null = null;
  const make = (effort: number): Index =>
    new library.Index({
      dimensions: VECTOR_LENGTH,
      metric: 'cos',
      quantization,
      connectivity: links,
      expansion_add: efConstruction,
      expansion_search: effort,
      multi: false,
    } as ConstructorParameters<typeof Index>[0]);
  let native = make(0);
  return {
    query: (vector) => vector,
    reserve() {},
    insert(row, vector) {
      return processorTime(() => native.add(BigInt(row), vector, 1));
    },
    save(to) {
      native.save(to);
      path = to;
    },
    load(from) {
      native = make(0);
      native.load(from);
      path = from;
    },
    // The effort is a setting of the object, and a loaded graph keeps that of the object which loads it.
    setEffort(effort) {
      if (path === null) throw new Error('the graph was not saved');
      native = make(effort);
      native.load(path);
    },
    search: (query, k) => native.search(query, k, 1).keys,
  };
}

/** A side over one of the libraries: a graph for each tenant. */
class GraphSide<Q> implements SearchSide {
  readonly #graphs: readonly Native<Q>[];
  readonly #rows: Rows;
  readonly #queries: Queries<Q>;
  readonly #settings: SideSettings;
  readonly #before = residentAfterCollection();
  #palms = 0;
  #effort = 0;
  #buildMs = 0;

  constructor(settings: SideSettings, make: () => Native<Q>) {
    this.#settings = settings;
    this.#graphs = Array.from({ length: settings.tenants }, make);
    this.#rows = new Rows(settings);
    this.#queries = new Queries(settings.seed, (vector) => this.#graphs[0]!.query(vector));
  }

  async grow(palms: number): Promise<Grown> {
    const { side, seed, samples, tenants } = this.#settings;
    const name = [side, links, efConstruction, palms, samples, tenants].join('-');
    const path = join(preparedFolder(seed), name);
    if (existsSync(`${path}.json`)) {
      for (const [tenant, graph] of this.#graphs.entries()) graph.load(`${path}.${tenant}`);
      this.#buildMs = (JSON.parse(readFileSync(`${path}.json`, 'utf8')) as { buildMs: number }).buildMs;
    } else {
      for (const graph of this.#graphs) graph.reserve(Math.ceil(palms / tenants) * samples);
      for (let row = this.#palms * samples; row < palms * samples; row += 1) {
        this.#buildMs += this.#graphOf(Math.floor(row / samples)).insert(row, this.#rows.vector(row));
      }
      for (const [tenant, graph] of this.#graphs.entries()) graph.save(`${path}.${tenant}`);
      writeFileSync(`${path}.json`, JSON.stringify({ buildMs: this.#buildMs }));
    }
    this.#palms = palms;
    this.#effort = 0;
    return { buildMs: this.#buildMs, bytes: residentAfterCollection() - this.#before };
  }

  async search({ from, count, wanted, effort = 0 }: Question & { ask: 'search' }): Promise<Searched> {
    const queries = this.#queries.take(from, count, this.#palms);
    const graphs = queries.map((_, i) => this.#graphOf(queriedPalm(from + i, this.#palms)));
    const held = Math.floor(this.#palms / this.#graphs.length);
    const k = Math.min(wanted, held) * this.#rows.samples;
    if (effort !== this.#effort) for (const graph of this.#graphs) graph.setEffort(effort);
    this.#effort = effort;
    const found: ArrayLike<number | bigint>[] = [];
    const started = performance.now();
    for (const [i, query] of queries.entries()) found.push(graphs[i]!.search(query, k));
    const ms = performance.now() - started;
    return { ms, found: found.map((rows) => this.#rows.palms(Array.from(rows, Number), wanted)) };
  }

  #graphOf(palm: number): Native<Q> {
    return this.#graphs[palm % this.#graphs.length]!;
  }
}

export function graphSide(settings: SideSettings): SearchSide {
  if (settings.side === 'hnswlib') return new GraphSide(settings, hnswlib);
  return new GraphSide(settings, () => usearch(settings.side === 'usearchI8' ? 'i8' : 'f32'));
}
