/** The engine's own index, as its worker holds it: shards in one pair of arenas, searched in this thread. */
import { RotationArena } from '../../../engine/index/rotation.ts';
import { Shard } from '../../../engine/index/shard.ts';
import { VECTOR_LENGTH, VectorArena } from '../../../engine/index/vectors.ts';
import { CodeArena } from '../../../engine/palm/compare.ts';
import { palmModel } from '../../../engine/palm/model.ts';
import { encodeTemplate, probeOf } from '../../../engine/palm/template.ts';
import { defaultThresholds } from '../../../engine/palm/thresholds.ts';
import type { Scan } from '../../../engine/palm/types.ts';
import { readProbe } from '../../../engine/pool/scans.ts';
import type { Candidate } from '../../../engine/ports.ts';
import { systemRandom } from '../../../engine/system.ts';
import { protect, queriedPalm, queryImage, queryTemplate, searchedHand } from '../gallery.ts';
import type { Grown, Question, Searched, SideSettings, Work } from '../protocol.ts';
import { Pooled } from './pool.ts';
import { processorTime, Queries, Rows, residentAfterCollection, type SearchSide } from './side.ts';

/** Images are rendered in tens of milliseconds each, so the same few are shown again. */
const images = 32;

export class ThenarSide implements SearchSide {
  readonly #settings: SideSettings;
  readonly #rows: Rows;
  readonly #vectors: Queries<Float32Array>;
  readonly #shards: Shard[];
  readonly #before = residentAfterCollection();
  #scans: Scan[] = [];
  #images: Scan[] = [];
  #plain: Float32Array = new Float32Array(0);
  #pool: Pooled | null = null;
  #palms = 0;
  #buildMs = 0;

  constructor(settings: SideSettings) {
    this.#settings = settings;
    this.#rows = new Rows(settings);
    this.#vectors = new Queries(settings.seed, (vector) => vector);
    const arenas = { vectors: new VectorArena(), codes: new CodeArena(), rotations: new RotationArena() };
    this.#shards = Array.from(
      { length: settings.tenants },
      (_, tenant) =>
        new Shard({ tenantId: `tenant-${tenant}`, arenas, random: systemRandom, flatMax: Infinity }),
    );
  }

  /** Palms go to the tenants in turns, so that each tenant's rows are spread over the arenas. */
  async grow(palms: number): Promise<Grown> {
    for (let palm = this.#palms; palm < palms; palm += 1) {
      const shard = this.#shards[palm % this.#shards.length]!;
      for (let sample = 0; sample < this.#rows.samples; sample += 1) {
        const entry = entryOf(palm, sample, shard.position + 1, this.#rows);
        this.#buildMs += processorTime(() => shard.apply([entry]));
      }
    }
    this.#palms = palms;
    this.#scans = [];
    this.#plain = new Float32Array(0);
    await this.#pool?.close();
    this.#pool = null;
    return { buildMs: this.#buildMs, bytes: residentAfterCollection() - this.#before };
  }

  async search({ work, from, count, wanted }: Question & { ask: 'search' }): Promise<Searched> {
    if (work === 'pool') {
      this.#pool ??= await Pooled.start(this.#rows, this.#palms);
      return this.#pool.identify(this.#scansOf(from, count));
    }
    const doing = this.#does(work, from, count, wanted);
    const found: number[][] = [];
    const started = performance.now();
    for (let i = 0; i < count; i += 1) found.push(doing(i));
    return { ms: performance.now() - started, found };
  }

  /** What is done for the i-th query; all that it needs was made before. */
  #does(work: Work, from: number, count: number, wanted: number): (i: number) => number[] {
    const shardOf = (i: number): Shard =>
      this.#shards[queriedPalm(from + i, this.#palms) % this.#shards.length]!;
    switch (work) {
      case 'search':
      case 'exact': {
        const vectors = this.#vectors.take(from, count, this.#palms);
        const exact = work === 'exact';
        return (i) => shardOf(i).shortlist(searchedHand, vectors[i]!, exact, wanted).map(palmOf);
      }
      case 'plain': {
        const vectors = this.#vectors.take(from, count, this.#palms);
        const rows = this.#plainRows();
        return (i) => this.#rows.palms(plainScan(rows, vectors[i]!, wanted * this.#rows.samples), wanted);
      }
      case 'identify': {
        const scans = this.#scansOf(from, count);
        return (i) => identify(shardOf(i), scans[i]!);
      }
      case 'image': {
        this.#images =
          this.#images.length > 0
            ? this.#images
            : Array.from({ length: images }, (_, n) => imageScan(this.#settings.seed, n));
        return (i) => identify(this.#shards[0]!, this.#images[(from + i) % images]!);
      }
      case 'decide':
        return (i) => {
          const palm = queriedPalm(from + i, this.#palms);
          const probe = probeOf(queryTemplate(this.#settings.seed, from + i, this.#palms));
          const own = shardOf(i).verify(searchedHand, [`palm-${palm}`], probe);
          return own !== null && own.fused >= defaultThresholds.fused ? [palm] : [];
        };
      case 'pool':
        throw new Error('the pool answers later');
      default:
        return work satisfies never;
    }
  }

  #scansOf(from: number, count: number): Scan[] {
    for (let query = this.#scans.length; query < from + count; query += 1) {
      const data = encodeTemplate(queryTemplate(this.#settings.seed, query, this.#palms));
      this.#scans.push({ format: 'template', model: palmModel, data, palmType: searchedHand });
    }
    return this.#scans.slice(from, from + count);
  }

  #plainRows(): Float32Array {
    const rows = this.#palms * this.#rows.samples;
    if (this.#plain.length === 0) {
      this.#plain = new Float32Array(rows * VECTOR_LENGTH);
      for (let row = 0; row < rows; row += 1) this.#plain.set(this.#rows.vector(row), row * VECTOR_LENGTH);
    }
    return this.#plain;
  }
}

export function entryOf(palm: number, sample: number, position: number, rows: Rows) {
  return {
    position,
    operation: 'add',
    palmId: `palm-${palm}`,
    userId: `user-${palm}`,
    hand: searchedHand,
    sample,
    template: rows.gallery.template(palm, sample),
  } as const;
}

function palmOf({ palmId }: { readonly palmId: string }): number {
  return Number(palmId.slice('palm-'.length));
}

/** The palm that is recognised, or none. */
export function recognised(candidates: readonly Candidate[]): number[] {
  const [best] = candidates;
  return best !== undefined && best.fused >= defaultThresholds.fused ? [palmOf(best)] : [];
}

/** What the worker does for one identification. */
function identify(shard: Shard, scan: Scan): number[] {
  const probe = readProbe(scan);
  if (!probe.ok) throw new Error(probe.message);
  return recognised(shard.identify(searchedHand, protect(probe.value.vector), probe.value));
}

function imageScan(seed: number, number: number): Scan {
  const { width, height, pixels } = queryImage(seed, number);
  return { format: 'image', encoding: 'raw8', width, height, data: pixels, palmType: searchedHand };
}

/** As somebody without an index would search: one loop over plain floats. */
function plainScan(rows: Float32Array, query: Float32Array, k: number): number[] {
  const scores = new Float32Array(rows.length / VECTOR_LENGTH);
  for (let row = 0; row < scores.length; row += 1) {
    let sum = 0;
    for (let i = 0, at = row * VECTOR_LENGTH; i < VECTOR_LENGTH; i += 1, at += 1)
      sum += query[i]! * rows[at]!;
    scores[row] = sum;
  }
  const floor = scores.slice().sort()[Math.max(0, scores.length - k)]!;
  const best: number[] = [];
  for (let row = 0; row < scores.length; row += 1) if (scores[row]! >= floor) best.push(row);
  return best.sort((a, b) => scores[b]! - scores[a]!);
}
