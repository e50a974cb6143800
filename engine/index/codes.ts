import type { Comparison, PalmCode } from '../palm/types.ts';

/** Exact codes of one worker, by place; places are the same as in the vector arena. */
export interface CodeStore {
  write(place: number, code: PalmCode): void;
  /** The stored bytes; valid until the next write. */
  raw(place: number): Uint8Array;
  writeRaw(place: number, bytes: Uint8Array): void;
  clear(place: number): void;
  /** Names the probe that the following {@link compare} calls are against: codes of the turned copies of one image. */
  aim(codes: readonly PalmCode[]): void;
  compare(place: number): Comparison;
  readonly bytes: number;
}
