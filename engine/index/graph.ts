import { createRequire } from 'node:module';
import type { HierarchicalNSW as Native } from 'hnswlib-node';
import { VECTOR_LENGTH } from './vectors.ts';

// The package is CommonJS without named exports that an ES module could import.
const { HierarchicalNSW } = createRequire(import.meta.url)('hnswlib-node') as {
  HierarchicalNSW: typeof Native;
};

/**
 * Graph parameters, chosen by the `ann` bench: the least search time with recall@20 of at least 0.999 against an
 * exact scan at 100,000 palms.
 */
export const graphParameters = { links: 32, efConstruction: 200, efSearch: 1600 } as const;

/** About the bytes of a written graph: vector, links of the base layer, label, and the layers above. */
export function graphBytes(count: number): number {
  return count * (VECTOR_LENGTH * 4 + graphParameters.links * 2 * 4 + 16 + 24) + 4096;
}

const CAPACITY_MIN = 1024;
/** hnswlib's level generator; any constant does, and a constant makes builds repeatable. */
const SEED = 100;

/** One HNSW graph over unit vectors [Malkov & Yashunin 2018], by inner product. Labels are slots. */
export class Graph {
  readonly #native: Native;

  private constructor(native: Native) {
    this.#native = native;
    native.setEf(graphParameters.efSearch);
  }

  static create(expected: number): Graph {
    const native = new HierarchicalNSW('ip', VECTOR_LENGTH);
    let capacity = CAPACITY_MIN;
    while (capacity < expected) capacity *= 2;
    native.initIndex(capacity, graphParameters.links, graphParameters.efConstruction, SEED);
    return new Graph(native);
  }

  /** Reads what {@link write} wrote. @throws Error when the file is damaged */
  static read(path: string): Graph {
    const native = new HierarchicalNSW('ip', VECTOR_LENGTH);
    native.readIndexSync(path);
    return new Graph(native);
  }

  get count(): number {
    return this.#native.getCurrentCount();
  }

  /** Inserts, or overwrites the vector of a label that is there: the old bytes are gone afterwards. */
  insert(label: number, vector: number[]): void {
    const capacity = this.#native.getMaxElements();
    if (this.#native.getCurrentCount() >= capacity)
      this.#native.resizeIndex(Math.max(CAPACITY_MIN, capacity * 2));
    this.#native.addPoint(vector, label);
  }

  /**
   * The `k` nearest by descending inner product; `neighbors` are labels, `distances` are 1 - inner product.
   * @param effort size of the candidate list that the search keeps; more finds more
   */
  search(
    query: number[],
    k: number,
    effort: number = graphParameters.efSearch,
  ): { readonly neighbors: number[]; readonly distances: number[] } {
    const wanted = Math.min(k, this.#native.getCurrentCount());
    if (wanted === 0) return { neighbors: [], distances: [] };
    const ef = Math.max(effort, wanted * 2);
    if (ef !== this.#native.getEf()) this.#native.setEf(ef);
    return this.#native.searchKnn(query, wanted);
  }

  /**
   * Blocks for about a millisecond a megabyte. The library can also write on a thread of its own, but when a worker
   * is terminated meanwhile, delivering the result aborts the whole process.
   */
  write(path: string): void {
    this.#native.writeIndexSync(path);
  }
}
