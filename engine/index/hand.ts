import type { Random } from '../ports.ts';
import type { CodeStore } from './codes.ts';
import { Graph } from './graph.ts';
import { Nearest } from './nearest.ts';
import type { SlotPool } from './slot_pool.ts';
import { VECTOR_LENGTH, type VectorArena } from './vectors.ts';

/** A palm in the shard; `slots` are those of its templates. */
export interface Palm {
  readonly palmId: string;
  readonly userId: string;
  readonly slots: number[];
}

/** Storage that a worker's shards share; the same place number is used in both. */
export interface Arenas {
  readonly pool: SlotPool;
  readonly vectors: VectorArena;
  readonly codes: CodeStore;
}

const ABSENT = -1;

/**
 * The templates of one hand of one tenant. A slot is *pending* while no graph holds its vector: it is then found
 * by exact scan, so a template is visible to the search right after it was added. Small hands have no graph at all.
 */
export class HandIndex {
  readonly palms = new Map<string, Palm>();
  readonly #arenas: Arenas;
  readonly #random: Random;
  readonly #flatMax: number;
  /** By slot. */
  readonly #owners: (Palm | null)[] = [];
  readonly #samples: number[] = [];
  readonly #positions: number[] = [];
  #places = new Uint32Array(16);
  #pendingAt = new Int32Array(16).fill(ABSENT);
  /** Dense list of pending slots and their places. */
  #pending = new Uint32Array(16);
  #pendingPlaces = new Uint32Array(16);
  #pendingCount = 0;
  readonly #free: number[] = [];
  #live = 0;
  #graph: Graph | null = null;
  /** Slots of the graph whose vector must still be overwritten: the graph was being written when they were removed. */
  readonly #scrub = new Set<number>();
  #frozen = false;
  #changed: Set<number> | null = null;
  readonly #numbers: number[] = new Array<number>(VECTOR_LENGTH).fill(0);

  constructor(arenas: Arenas, random: Random, flatMax: number) {
    this.#arenas = arenas;
    this.#random = random;
    this.#flatMax = flatMax;
  }

  get templates(): number {
    return this.#live;
  }

  get slotCount(): number {
    return this.#owners.length;
  }

  get pendingCount(): number {
    return this.#pendingCount;
  }

  get graph(): Graph | null {
    return this.#graph;
  }

  owner(slot: number): Palm | null {
    return this.#owners[slot] ?? null;
  }

  place(slot: number): number {
    return this.#places[slot]!;
  }

  sample(slot: number): number {
    return this.#samples[slot]!;
  }

  position(slot: number): number {
    return this.#positions[slot]!;
  }

  /** True when the graph that {@link freeze} kept holds this slot's present vector. */
  isInFrozenGraph(slot: number): boolean {
    return this.#graph !== null && this.#pendingAt[slot] === ABSENT && !this.#changed?.has(slot);
  }

  /**
   * Takes a slot for a template and returns it; the caller writes vector and code to its place. A template of the
   * same palm and sample is replaced, so that replaying the log over a newer state changes nothing.
   */
  take(palmId: string, userId: string, sample: number, position: number, wanted?: number): number {
    let palm = this.palms.get(palmId);
    if (palm !== undefined) {
      const same = palm.slots.find((slot) => this.#samples[slot] === sample);
      if (same !== undefined) this.#release(palm, same);
    }
    palm = this.palms.get(palmId);
    if (palm === undefined) {
      palm = { palmId, userId, slots: [] };
      this.palms.set(palmId, palm);
    }
    const place = this.#arenas.pool.take();
    const slot = wanted ?? this.#free.pop() ?? this.#owners.length;
    this.#grow(slot);
    this.#owners[slot] = palm;
    this.#samples[slot] = sample;
    this.#positions[slot] = position;
    this.#places[slot] = place;
    palm.slots.push(slot);
    this.#live += 1;
    this.#changed?.add(slot);
    this.#addPending(slot);
    return slot;
  }

  /** Removes a palm with all its templates and overwrites their bytes. False when it is not there. */
  remove(palmId: string): boolean {
    const palm = this.palms.get(palmId);
    if (palm === undefined) return false;
    for (const slot of [...palm.slots]) this.#release(palm, slot);
    if (this.#graph !== null && this.#live < this.#flatMax / 2) this.#dropGraph();
    return true;
  }

  /** The `k` templates nearest to a unit vector. */
  search(query: Float32Array, k: number): Nearest {
    const nearest = new Nearest(k);
    if (this.#graph !== null) {
      for (let i = 0; i < VECTOR_LENGTH; i++) this.#numbers[i] = query[i]!;
      const { neighbors, distances } = this.#graph.search(this.#numbers, k);
      for (let i = 0; i < neighbors.length; i++) {
        const slot = neighbors[i]!;
        // A removed or replaced slot is in the graph with a vector that is no longer its own.
        if (this.#owners[slot] && this.#pendingAt[slot] === ABSENT) nearest.offer(slot, 1 - distances[i]!);
      }
    }
    if (this.#pendingCount > 0) this.scanPending(query, nearest);
    return nearest;
  }

  /** Exact scan of every template, whatever the graph holds: the oracle of recall samples. */
  scanAll(query: Float32Array, k: number): Nearest {
    const nearest = new Nearest(k);
    const slots = new Uint32Array(this.#live);
    const places = new Uint32Array(this.#live);
    let count = 0;
    for (let slot = 0; slot < this.#owners.length; slot++) {
      if (!this.#owners[slot]) continue;
      slots[count] = slot;
      places[count++] = this.#places[slot]!;
    }
    this.#arenas.vectors.scan(query, places, slots, count, nearest);
    return nearest;
  }

  scanPending(query: Float32Array, nearest: Nearest): void {
    this.#arenas.vectors.scan(query, this.#pendingPlaces, this.#pending, this.#pendingCount, nearest);
  }

  /** Removed templates whose vector a graph still holds. */
  get unscrubbed(): number {
    return this.#scrub.size;
  }

  /** Whether {@link buildStep} has something to do. */
  get needsBuild(): boolean {
    if (this.#frozen) return false;
    return (
      this.#scrub.size > 0 || (this.#pendingCount > 0 && (this.#graph !== null || this.#live > this.#flatMax))
    );
  }

  /** Moves one pending template into the graph, or overwrites one removed one. About a millisecond. */
  buildStep(): void {
    if (this.#frozen) return;
    for (const slot of this.#scrub) {
      this.#overwrite(slot);
      return;
    }
    if (this.#pendingCount === 0) return;
    this.#graph ??= Graph.create(this.#live);
    const slot = this.#pending[this.#pendingCount - 1]!;
    this.#arenas.vectors.read(this.#places[slot]!, this.#numbers);
    this.#graph.insert(slot, this.#numbers);
    this.#dropPending(slot);
    this.#changed?.add(slot);
  }

  /** Keeps the graph unchanged until {@link thaw}, and notes which slots change, so that both can be saved. */
  freeze(): Graph | null {
    this.#frozen = true;
    this.#changed = new Set();
    return this.#graph;
  }

  /** The graph may change again; changed slots are noted until {@link saved}. */
  thaw(): void {
    this.#frozen = false;
  }

  /** Ends the note of changes and returns it. */
  saved(): number[] {
    const changed = [...(this.#changed ?? [])];
    this.#changed = null;
    return changed;
  }

  /**
   * Ends loading: slots that nobody took are free.
   * @param graph null when there is none: everything stays pending
   * @param held slots whose present vector the graph holds
   * @param stale slots that changed after the graph was written; those that nobody owns hold a removed vector
   */
  settle(graph: Graph | null, held: readonly number[], stale: readonly number[]): void {
    this.#graph = graph;
    if (graph !== null) {
      for (const slot of held) this.#dropPending(slot);
      for (const slot of stale) {
        this.#grow(slot);
        if (!this.#owners[slot]) this.#scrub.add(slot);
      }
    }
    this.#free.length = 0;
    for (let slot = this.#owners.length - 1; slot >= 0; slot--) {
      if (!this.#owners[slot] && !this.#scrub.has(slot)) this.#free.push(slot);
    }
  }

  /** Zeroes and gives back everything. */
  clear(): void {
    for (let slot = 0; slot < this.#owners.length; slot++) if (this.#owners[slot]) this.#wipe(slot);
    this.palms.clear();
    this.#owners.length = 0;
    this.#live = 0;
    this.#pendingCount = 0;
    this.#pendingAt.fill(ABSENT);
    this.#free.length = 0;
    this.#scrub.clear();
    this.#graph = null;
    this.#frozen = false;
    this.#changed = null;
  }

  #release(palm: Palm, slot: number): void {
    palm.slots.splice(palm.slots.indexOf(slot), 1);
    if (palm.slots.length === 0) this.palms.delete(palm.palmId);
    this.#wipe(slot);
    this.#owners[slot] = null;
    this.#live -= 1;
    this.#changed?.add(slot);
    if (this.#pendingAt[slot] !== ABSENT) {
      this.#dropPending(slot);
      this.#free.push(slot);
    } else if (this.#frozen) {
      this.#scrub.add(slot);
    } else {
      this.#overwrite(slot);
    }
  }

  /** hnswlib's own deletion only marks the element and keeps its bytes; a new vector at the label replaces them. */
  #overwrite(slot: number): void {
    this.#scrub.delete(slot);
    if (this.#graph !== null) {
      randomUnit(this.#random, this.#numbers);
      this.#graph.insert(slot, this.#numbers);
    }
    this.#free.push(slot);
  }

  #wipe(slot: number): void {
    const place = this.#places[slot]!;
    this.#arenas.vectors.clear(place);
    this.#arenas.codes.clear(place);
    this.#arenas.pool.give(place);
  }

  #dropGraph(): void {
    if (this.#frozen) return;
    this.#graph = null;
    for (let slot = 0; slot < this.#owners.length; slot++) {
      if (this.#owners[slot] && this.#pendingAt[slot] === ABSENT) this.#addPending(slot);
    }
  }

  #addPending(slot: number): void {
    if (this.#pendingCount === this.#pending.length) {
      this.#pending = enlarge(this.#pending);
      this.#pendingPlaces = enlarge(this.#pendingPlaces);
    }
    this.#pending[this.#pendingCount] = slot;
    this.#pendingPlaces[this.#pendingCount] = this.#places[slot]!;
    this.#pendingAt[slot] = this.#pendingCount++;
  }

  #dropPending(slot: number): void {
    const at = this.#pendingAt[slot]!;
    const last = this.#pending[--this.#pendingCount]!;
    this.#pending[at] = last;
    this.#pendingPlaces[at] = this.#pendingPlaces[this.#pendingCount]!;
    this.#pendingAt[last] = at;
    this.#pendingAt[slot] = ABSENT;
  }

  #grow(slot: number): void {
    while (slot >= this.#places.length) {
      const length = this.#places.length;
      this.#places = enlarge(this.#places);
      const wider = new Int32Array(length * 2).fill(ABSENT);
      wider.set(this.#pendingAt);
      this.#pendingAt = wider;
    }
    while (this.#owners.length <= slot) {
      this.#owners.push(null);
      this.#samples.push(0);
      this.#positions.push(0);
    }
  }
}

function enlarge(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(array.length * 2);
  wider.set(array);
  return wider;
}

/** A random direction: far from every palm (cosine about 0 with deviation 1/16), so it never enters a shortlist. */
function randomUnit(random: Random, into: number[]): void {
  const bytes = random.bytes(VECTOR_LENGTH * 2);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let norm = 0;
  for (let i = 0; i < VECTOR_LENGTH; i++) {
    const value = view.getInt16(i * 2);
    into[i] = value;
    norm += value * value;
  }
  const scale = 1 / Math.sqrt(norm || 1);
  for (let i = 0; i < VECTOR_LENGTH; i++) into[i] = into[i]! * scale;
}
