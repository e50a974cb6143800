import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { defaultThresholds } from '../palm/thresholds.ts';
import type { Hand, PalmProbe, PalmTemplate } from '../palm/types.ts';
import type { Candidate, IndexedTemplate, Random } from '../ports.ts';
import type { Arenas } from './codes.ts';
import { HandIndex, type Palm } from './hand.ts';
import { type Laps, untimed } from './laps.ts';

/** Hands by the number that shard files use. */
export const handOrder: readonly Hand[] = ['left', 'right'];

export interface ShardOptions {
  readonly tenantId: string;
  readonly arenas: Arenas;
  readonly random: Random;
  /** Templates of one hand up to which it is scanned exactly. */
  readonly flatMax?: number;
  /** Told how long searching and comparing took. */
  readonly laps?: Laps;
}

/**
 * One tenant's templates, searched and compared. Left and right hands are apart, for they are never candidates of
 * each other. Vectors are under the tenant's rotation before they come here.
 */
export class Shard {
  readonly tenantId: string;
  readonly arenas: Arenas;
  readonly hands: Readonly<Record<Hand, HandIndex>>;
  /** Log position that the shard has reached. */
  position = 0;
  /** Where in the arena the tenant's rotation lies, once somebody made it. */
  #rotation: number | null = null;
  readonly #laps: Laps;

  constructor(options: ShardOptions) {
    const { arenas, random, flatMax = limits.flat_max } = options;
    this.tenantId = options.tenantId;
    this.arenas = arenas;
    this.#laps = options.laps ?? untimed;
    this.hands = {
      left: new HandIndex(arenas, random, flatMax),
      right: new HandIndex(arenas, random, flatMax),
    };
  }

  get templates(): number {
    return this.hands.left.templates + this.hands.right.templates;
  }

  get palms(): number {
    return this.hands.left.palms.size + this.hands.right.palms.size;
  }

  get mode(): 'flat' | 'building' | 'hnsw' {
    const { left, right } = this.hands;
    if (left.needsBuild || right.needsBuild) return 'building';
    return left.graph === null && right.graph === null ? 'flat' : 'hnsw';
  }

  /**
   * The tenant's rotation, or null before it was made. It travels in the shard's file, for it takes longer to make than
   * a thousand palms take to read. Valid until a shard of this worker gets its own.
   */
  get rotation(): Float32Array | null {
    return this.#rotation === null ? null : this.arenas.rotations.read(this.#rotation);
  }

  /** Takes the rotation that a file brought. */
  holdRotation(rotation: Float32Array): void {
    this.#releaseRotation();
    this.#rotation = this.arenas.rotations.hold(rotation);
  }

  /** A vector under the tenant's rotation. @param make called when the shard has none yet */
  rotate(vector: Float32Array, make: () => Float32Array): Float32Array {
    this.#rotation ??= this.arenas.rotations.hold(make());
    return this.arenas.rotations.rotate(this.#rotation, vector);
  }

  /**
   * Applies log entries in order; those the shard has already reached are skipped.
   * @throws ThenarError `conflict` at a gap; what came before it is applied
   */
  apply(entries: readonly IndexedTemplate[]): void {
    for (const entry of entries) {
      if (entry.position <= this.position) continue;
      if (entry.position !== this.position + 1) {
        throw new ThenarError('conflict', 'The palm log has a gap here.');
      }
      if (entry.operation === 'remove') {
        // The hand is part of the entry, yet a removal that looked in one place only could leave bytes behind.
        this.hands.left.remove(entry.palmId);
        this.hands.right.remove(entry.palmId);
      } else if (entry.template !== null) {
        this.#add(entry, entry.template);
      }
      this.position = entry.position;
    }
  }

  #add(entry: IndexedTemplate, template: PalmTemplate): void {
    if (this.templates >= limits.shard_templates_max) {
      throw new ThenarError('limit_reached', 'This tenant cannot hold more palm templates.');
    }
    const hand = this.hands[entry.hand];
    const [, place] = hand.take(entry.palmId, entry.userId, entry.sample, entry.position);
    this.arenas.vectors.write(place, template.vector);
    this.arenas.codes.set(place, template.code);
  }

  /** Palms of the shortlist: those whose templates are nearest to the vector, best first, at most `size`. */
  shortlist(hand: Hand, vector: Float32Array, exact = false, size: number = limits.shortlist): Palm[] {
    return [...this.#nearest(hand, vector, size, exact).keys()];
  }

  /** The shortlist, each palm with the slot of its nearest template. */
  #nearest(hand: Hand, vector: Float32Array, size: number, exact = false): Map<Palm, number> {
    const palms = new Map<Palm, number>();
    const index = this.hands[hand];
    if (index.templates === 0) return palms;
    // Templates of one palm lie together, so this many neighbours hold about a shortlist of palms.
    const k = Math.min(index.templates, size * Math.ceil(index.templates / index.palms.size));
    const nearest = exact ? index.scanAll(vector, k) : index.search(vector, k);
    for (let i = 0; i < nearest.count && palms.size < size; i++) {
      const slot = nearest.labels[i]!;
      const { palm } = index.slot(slot)!;
      if (!palms.has(palm)) palms.set(palm, slot);
    }
    return palms;
  }

  /**
   * 1:N: the shortlist compared exactly, by descending fused score. When nobody on it stands out, the palm may lie
   * further down the list (a palm enrolled with one template does so in some percent of scans), and exact comparison
   * is cheap: a longer list is compared then.
   *
   * The nearest sample of each palm comes first. Once one stands out, the others of a palm matter only if it may be a
   * rival; until one does, all samples are compared.
   * @param vector the probe's vector under the tenant's rotation
   */
  identify(hand: Hand, vector: Float32Array, probe: PalmProbe): Candidate[] {
    const nearest = this.#nearest(hand, vector, limits.shortlist);
    this.#laps.search();
    let templates = nearest.size;
    const first = Array.from(nearest, ([palm, slot]) => this.#compare(hand, palm, probe, [slot]));
    const least = first.some(standsOut) ? limits.identify_other_samples_min : 0;
    const compared = Array.from(nearest, ([palm, slot], i) => {
      const known = first[i]!;
      if (palm.slots.length === 1 || known.fused < least) return known;
      const others = palm.slots.filter((other) => other !== slot);
      templates += others.length;
      return better(known, this.#compare(hand, palm, probe, others));
    });
    this.#laps.compare(templates);
    if (!compared.some(standsOut)) {
      // Searched again rather than widely at once: most scans are of somebody enrolled, and a long list costs more.
      const wide = this.shortlist(hand, vector, false, limits.shortlist_wide);
      this.#laps.search();
      templates = 0;
      for (const palm of wide) {
        if (nearest.has(palm)) continue;
        compared.push(this.#compare(hand, palm, probe));
        templates += palm.slots.length;
      }
      this.#laps.compare(templates);
    }
    return compared.sort((a, b) => b.fused - a.fused).slice(0, limits.shortlist);
  }

  /** 1:1: the best of the named palms, or null when this hand has none of them. */
  verify(hand: Hand, palmIds: readonly string[], probe: PalmProbe): Candidate | null {
    let best: Candidate | null = null;
    let templates = 0;
    for (const palmId of palmIds) {
      const palm = this.hands[hand].palms.get(palmId);
      if (palm === undefined) continue;
      const candidate = this.#compare(hand, palm, probe);
      templates += palm.slots.length;
      if (best === null || candidate.fused > best.fused) best = candidate;
    }
    this.#laps.compare(templates);
    return best;
  }

  /** 1:N of several stored templates, their vectors under the rotation: the best candidate of each palm found, by descending fused score. */
  duplicates(probes: readonly { readonly hand: Hand; readonly probe: PalmProbe }[]): Candidate[] {
    const best = new Map<string, Candidate>();
    for (const { hand, probe } of probes) {
      for (const candidate of this.identify(hand, probe.vector, probe)) {
        const known = best.get(candidate.palmId);
        if (known === undefined || candidate.fused > known.fused) best.set(candidate.palmId, candidate);
      }
    }
    return [...best.values()].sort((a, b) => b.fused - a.fused).slice(0, limits.shortlist);
  }

  /** Works on the graphs until `until()` says stop; true while there is more to do. */
  build(until: () => boolean): boolean {
    for (const hand of handOrder) {
      const index = this.hands[hand];
      while (index.needsBuild) {
        index.buildStep();
        if (until()) return this.mode === 'building';
      }
    }
    return false;
  }

  /** Share of the exact shortlist that the index finds, for one stored vector a probe; null when nothing is indexed. */
  recallSample(probes: number, fraction: () => number): number | null {
    let wanted = 0;
    let found = 0;
    for (let i = 0; i < probes; i++) {
      const hand = handOrder[i % 2]!;
      const index = this.hands[hand];
      const slot = index.slot(Math.floor(fraction() * index.slotCount));
      if (index.graph === null || slot === null) continue;
      const vector = new Float32Array(this.arenas.vectors.read(slot.place));
      const exact = this.shortlist(hand, vector, true);
      const searched = new Set(this.shortlist(hand, vector));
      wanted += exact.length;
      found += exact.filter((palm) => searched.has(palm)).length;
    }
    return wanted === 0 ? null : found / wanted;
  }

  /** Forgets everything and zeroes its bytes. */
  clear(): void {
    this.hands.left.clear();
    this.hands.right.clear();
    this.position = 0;
    this.#releaseRotation();
  }

  #releaseRotation(): void {
    if (this.#rotation !== null) this.arenas.rotations.release(this.#rotation);
    this.#rotation = null;
  }

  /** The best template decides, and all scores are of that one template. @param slots some of the palm's */
  #compare(hand: Hand, palm: Palm, probe: PalmProbe, slots: readonly number[] = palm.slots): Candidate {
    const index = this.hands[hand];
    let best = this.arenas.codes.compare(probe, index.slot(slots[0]!)!.place);
    for (let i = 1; i < slots.length; i++) {
      const comparison = this.arenas.codes.compare(probe, index.slot(slots[i]!)!.place);
      if (comparison.fused > best.fused) best = comparison;
    }
    return { palmId: palm.palmId, userId: palm.userId, hand, scores: best.scores, fused: best.fused };
  }
}

function standsOut(candidate: Candidate): boolean {
  return candidate.fused >= defaultThresholds.fused;
}

function better(one: Candidate, other: Candidate): Candidate {
  return other.fused > one.fused ? other : one;
}
