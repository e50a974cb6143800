import type { Random } from '../ports.ts';
import type { Arenas } from './codes.ts';
import { Graph } from './graph.ts';
import { Nearest } from './nearest.ts';
import { PendingSlots } from './pending.ts';
import { VECTOR_LENGTH } from './vectors.ts';

/** A palm in the shard; `slots` are those of its templates. */
export interface Palm {
  readonly palmId: string;
  readonly userId: string;
  readonly slots: number[];
}

interface Slot {
  readonly palm: Palm;
  readonly sample: number;
  readonly position: number;
  readonly place: number;
}

/**
 * The templates of one hand of one tenant. A slot is *pending* while no graph holds its vector: it is then found
 * by exact scan, so a template is visible to the search right after it was added. Small hands have no graph at all.
 * The graph's labels are slots.
 */
export class HandIndex {
  readonly palms = new Map<string, Palm>();
  readonly #arenas: Arenas;
  readonly #random: Random;
  readonly #flatMax: number;
  readonly #slots: (Slot | null)[] = [];
  readonly #free: number[] = [];
  readonly #pending: PendingSlots;
  #live = 0;
  #graph: Graph | null = null;
  /** Slots whose removed vector the graph still holds: its file was written before the removal. */
  readonly #scrub = new Set<number>();
  #changed: Set<number> | null = null;
  readonly #numbers: number[] = new Array<number>(VECTOR_LENGTH).fill(0);

  /** @param flatMax templates up to which there is no graph */
  constructor(arenas: Arenas, random: Random, flatMax: number) {
    this.#arenas = arenas;
    this.#pending = new PendingSlots(arenas.vectors);
    this.#random = random;
    this.#flatMax = flatMax;
  }

  get templates(): number {
    return this.#live;
  }

  /** Slots ever used; each has a template or none. */
  get slotCount(): number {
    return this.#slots.length;
  }

  get graph(): Graph | null {
    return this.#graph;
  }

  slot(slot: number): Slot | null {
    return this.#slots[slot] ?? null;
  }

  /**
   * Takes a slot for a template; the caller writes vector and code to its place. A template of the same palm and
   * sample is replaced, so that replaying the log over a newer state changes nothing.
   * @param wanted the slot to use, while loading
   * @returns slot and place
   * @throws ThenarError `limit_reached` when the worker's arenas are full
   */
  take(palmId: string, userId: string, sample: number, position: number, wanted?: number): [number, number] {
    const same = this.palms.get(palmId)?.slots.find((slot) => this.#slots[slot]!.sample === sample);
    if (same !== undefined) this.#release(same);
    const place = this.#arenas.codes.allocate();
    let palm = this.palms.get(palmId);
    if (palm === undefined) {
      palm = { palmId, userId, slots: [] };
      this.palms.set(palmId, palm);
    }
    const slot = wanted ?? this.#free.pop() ?? this.#slots.length;
    this.#reach(slot);
    this.#slots[slot] = { palm, sample, position, place };
    palm.slots.push(slot);
    this.#live += 1;
    this.#changed?.add(slot);
    this.#pending.add(slot, place);
    return [slot, place];
  }

  /** Removes a palm with all its templates and overwrites their bytes. False when it is not there. */
  remove(palmId: string): boolean {
    const palm = this.palms.get(palmId);
    if (palm === undefined) return false;
    for (const slot of [...palm.slots]) this.#release(slot);
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
        if (this.#slots[slot] && !this.#pending.has(slot)) nearest.offer(slot, 1 - distances[i]!);
      }
    }
    if (this.#pending.count > 0) this.#pending.scan(query, nearest);
    return nearest;
  }

  /** Exact scan of every template, whatever the graph holds: the oracle of recall samples. */
  scanAll(query: Float32Array, k: number): Nearest {
    const nearest = new Nearest(k);
    const labels = new Uint32Array(this.#live);
    const places = new Uint32Array(this.#live);
    let count = 0;
    for (const [label, slot] of this.#slots.entries()) {
      if (slot === null) continue;
      labels[count] = label;
      places[count++] = slot.place;
    }
    this.#arenas.vectors.scanExact(query, places, labels, count, nearest);
    return nearest;
  }

  /** Removed templates whose vector the graph still holds. */
  get unscrubbed(): number {
    return this.#scrub.size;
  }

  /** Whether {@link buildStep} has something to do. */
  get needsBuild(): boolean {
    if (this.#scrub.size > 0) return true;
    return this.#pending.count > 0 && (this.#graph !== null || this.#live > this.#flatMax);
  }

  /** Moves one pending template into the graph, or overwrites one removed one. About a millisecond. */
  buildStep(): void {
    for (const slot of this.#scrub) {
      this.#overwrite(slot);
      return;
    }
    if (this.#pending.count === 0) return;
    this.#graph ??= Graph.create(this.#live);
    const slot = this.#pending.last();
    this.#arenas.vectors.read(this.#slots[slot]!.place, this.#numbers);
    this.#graph.insert(slot, this.#numbers);
    this.#pending.delete(slot);
    this.#changed?.add(slot);
  }

  /** Notes from here on which slots change; the graph as it is now goes into the file that is being written. */
  noteChanges(): void {
    this.#changed = new Set();
  }

  /** True when the graph held this slot's present vector at {@link noteChanges}. */
  wasInGraph(slot: number): boolean {
    return this.#graph !== null && !this.#pending.has(slot) && !this.#changed?.has(slot);
  }

  /** Ends the note of changes and returns it. */
  takeChanges(): number[] {
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
      for (const slot of held) this.#pending.delete(slot);
      for (const slot of stale) {
        this.#reach(slot);
        if (this.#slots[slot] === null) this.#scrub.add(slot);
      }
    }
    this.#free.length = 0;
    for (let slot = this.#slots.length - 1; slot >= 0; slot--) {
      if (this.#slots[slot] === null && !this.#scrub.has(slot)) this.#free.push(slot);
    }
  }

  /** Zeroes and gives back everything. */
  clear(): void {
    for (const slot of this.#slots) if (slot !== null) this.#wipe(slot.place);
    this.palms.clear();
    this.#slots.length = 0;
    this.#free.length = 0;
    this.#pending.clear();
    this.#scrub.clear();
    this.#live = 0;
    this.#graph = null;
    this.#changed = null;
  }

  #release(label: number): void {
    const { palm, place } = this.#slots[label]!;
    palm.slots.splice(palm.slots.indexOf(label), 1);
    if (palm.slots.length === 0) this.palms.delete(palm.palmId);
    this.#slots[label] = null;
    this.#live -= 1;
    this.#wipe(place);
    this.#changed?.add(label);
    // A pending slot that is used again may still be in the graph, but then with a vector overwritten before.
    if (this.#pending.delete(label)) this.#free.push(label);
    else this.#overwrite(label);
  }

  /** hnswlib's own deletion only marks the element and keeps its bytes; a new vector at the label replaces them. */
  #overwrite(label: number): void {
    this.#scrub.delete(label);
    if (this.#graph !== null) {
      randomUnit(this.#random, this.#numbers);
      this.#graph.insert(label, this.#numbers);
    }
    this.#free.push(label);
  }

  #wipe(place: number): void {
    this.#arenas.vectors.clear(place);
    this.#arenas.codes.clear(place);
  }

  #dropGraph(): void {
    this.#graph = null;
    for (const label of this.#scrub) this.#free.push(label);
    this.#scrub.clear();
    for (const [label, slot] of this.#slots.entries()) {
      if (slot !== null && !this.#pending.has(label)) this.#pending.add(label, slot.place);
    }
  }

  #reach(slot: number): void {
    while (this.#slots.length <= slot) this.#slots.push(null);
  }
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
