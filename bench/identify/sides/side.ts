/** What the sides share: queries made before the clock runs, and memory that garbage does not swell. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PreparedGallery, queryVector } from '../gallery.ts';
import type { Grown, Question, Searched, SideSettings } from '../protocol.ts';

export interface SearchSide {
  grow(palms: number): Promise<Grown>;
  search(question: Question & { readonly ask: 'search' }): Promise<Searched>;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

export function residentAfterCollection(): number {
  collect();
  return process.memoryUsage.rss();
}

/** Milliseconds of processor time that `work` takes: a build is long, and other processes run meanwhile. */
export function processorTime(work: () => void): number {
  const from = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

/** Rows of a side in the order in which they are enrolled: palm after palm. */
export class Rows {
  readonly gallery: PreparedGallery;
  readonly samples: number;

  constructor({ seed, prepared, samples }: SideSettings) {
    this.gallery = new PreparedGallery(seed, prepared, samples);
    this.samples = samples;
  }

  vector(row: number): Float32Array {
    return this.gallery.vector(Math.floor(row / this.samples), row % this.samples);
  }

  /** The first `wanted` different palms of rows that were found. */
  palms(rows: Iterable<number>, wanted: number): number[] {
    const palms = new Set<number>();
    for (const row of rows) {
      if (palms.size === wanted) break;
      palms.add(Math.floor(row / this.samples));
    }
    return [...palms];
  }
}

/** Query vectors, made once for each size of the gallery. */
export class Queries<Q> {
  readonly #seed: number;
  readonly #make: (vector: Float32Array) => Q;
  #made: Q[] = [];
  #palms = 0;

  constructor(seed: number, make: (vector: Float32Array) => Q) {
    this.#seed = seed;
    this.#make = make;
  }

  take(from: number, count: number, palms: number): readonly Q[] {
    if (palms !== this.#palms) this.#made = [];
    this.#palms = palms;
    for (let query = this.#made.length; query < from + count; query += 1) {
      this.#made.push(this.#make(queryVector(this.#seed, query, palms)));
    }
    return this.#made.slice(from, from + count);
  }
}
