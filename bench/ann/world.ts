import { makeRotation, rotate } from '../../engine/index/rotation.ts';
import { Shard } from '../../engine/index/shard.ts';
import { VectorArena } from '../../engine/index/vectors.ts';
import { CodeArena } from '../../engine/palm/compare.ts';
import type { Hand } from '../../engine/palm/types.ts';
import type { IndexedTemplate } from '../../engine/ports.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { median, say } from '../report.ts';
import type { Gallery } from './gallery.ts';

export const benchHand: Hand = 'left';
export const benchTenant = 'bench';
export const rotationKey = new Uint8Array(32).fill(1);

/** At how many templates graph and scan are compared while the graph grows. */
const CHECKPOINTS = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000];

export interface Crossover {
  readonly templates: number;
  readonly graphMs: number;
  readonly scanMs: number;
  readonly recall: number;
}

/** One gallery held twice: by a shard that is all graph and by one that is all scan. */
export class AnnWorld {
  readonly gallery: Gallery;
  readonly palms: number;
  readonly samples: number;
  readonly seed: number;
  readonly rotation = makeRotation(rotationKey);
  // Arenas of their own, so that the scan reads one run of memory, as it does in the engine.
  readonly graph = shardOf(0);
  readonly flat = shardOf(Number.POSITIVE_INFINITY);

  constructor(gallery: Gallery, palms: number, samples: number, seed: number) {
    this.gallery = gallery;
    this.palms = palms;
    this.samples = samples;
    this.seed = seed;
  }

  /** A sample of an enrolled palm that is not itself enrolled; `vector` as a device has it. */
  query(number: number) {
    const palm = (number * 7_919) % this.palms;
    return this.gallery(palm, 100 + number);
  }

  protect(vector: Float32Array): Float32Array {
    return rotate(this.rotation, vector);
  }

  /** Enrols everything and builds the graph, comparing the two searches on the way. */
  build(queries: number): Crossover[] {
    const crossover: Crossover[] = [];
    let position = 0;
    const started = systemClock.monotonic();
    for (let palm = 0; palm < this.palms; palm++) {
      for (let sample = 0; sample < this.samples; sample++) {
        const { vector, code } = this.gallery(palm, sample);
        position += 1;
        const entry: IndexedTemplate = {
          position,
          operation: 'add',
          palmId: `palm-${palm}`,
          userId: `user-${palm}`,
          hand: benchHand,
          sample,
          template: { vector: this.protect(vector), code },
        };
        this.flat.apply([entry]);
        this.graph.apply([entry]);
        while (this.graph.build(() => false));
        if (!CHECKPOINTS.includes(position)) continue;
        const at = this.#compare(position, Math.min(queries, 60), palm + 1);
        crossover.push(at);
        const minutes = ((systemClock.monotonic() - started) / 60_000).toFixed(1);
        say(
          `${String(position).padStart(7)} templates: graph ${at.graphMs.toFixed(3)} ms (recall ${at.recall.toFixed(4)}), scan ${at.scanMs.toFixed(3)} ms; ${minutes} min`,
        );
      }
    }
    return crossover;
  }

  #compare(templates: number, queries: number, palms: number): Crossover {
    const graphMs: number[] = [];
    const scanMs: number[] = [];
    let found = 0;
    let wanted = 0;
    for (let q = 0; q < queries; q++) {
      const vector = this.protect(this.gallery((q * 7_919) % palms, 100 + q).vector);
      const t0 = systemClock.monotonic();
      const searched = this.graph.shortlist(benchHand, vector);
      const t1 = systemClock.monotonic();
      const exact = this.flat.shortlist(benchHand, vector);
      scanMs.push(systemClock.monotonic() - t1);
      graphMs.push(t1 - t0);
      const ids = new Set(searched.map((palm) => palm.palmId));
      wanted += exact.length;
      found += exact.filter((palm) => ids.has(palm.palmId)).length;
    }
    return { templates, graphMs: median(graphMs), scanMs: median(scanMs), recall: found / wanted };
  }
}

function shardOf(flatMax: number): Shard {
  const arenas = { vectors: new VectorArena(), codes: new CodeArena() };
  return new Shard({ tenantId: benchTenant, arenas, random: systemRandom, flatMax });
}
