import type { Comparison, PalmCode, PalmProbe } from '../palm/types.ts';
import type { RotationArena } from './rotation.ts';
import type { VectorArena } from './vectors.ts';

/**
 * Exact codes of one worker, as `CodeArena` keeps them. It also gives out the places that the vector arena shares:
 * all shards of a worker lie in one arena each, because every WebAssembly memory reserves gigabytes of address
 * space.
 */
export interface CodeStore {
  /** @throws ThenarError `limit_reached` when the arena is full */
  allocate(): number;
  set(place: number, code: PalmCode): void;
  /** Overwrites the code and gives the place back. */
  clear(place: number): void;
  /** The stored bytes; valid until the next change. */
  raw(place: number): Uint8Array;
  /** Stores what {@link raw} gave. */
  setRaw(place: number, bytes: Uint8Array): void;
  compare(probe: PalmProbe, place: number): Comparison;
  /** Overwrites the probe that was compared last. */
  forgetProbe(): void;
}

/** Storage that a worker's shards share; a template's place is the same in both of the first two. */
export interface Arenas {
  readonly vectors: VectorArena;
  readonly codes: CodeStore;
  readonly rotations: RotationArena;
}
