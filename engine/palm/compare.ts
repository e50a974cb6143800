/**
 * Exact comparison of a probe with enrolled codes, in WebAssembly.
 *
 * 1. Search: the probe's five turned codes at shifts up to ±3 cells both ways; the least overlap-normalised Hamming
 *    distance wins. Four rows say which alignments are worth reading whole.
 * 2. Blocks: the grid falls into 4 x 4 blocks of 8 x 8 cells, and each takes its own best place within ±1 cell of
 *    that alignment, because skin stretches. Six orientations, four quadrants and the whole have a similarity
 *    there, 1 - (differing bits / overlapping bits). The fused score is the whole's; each of the ten scores is a
 *    third its own and two thirds the whole's, because under `all_thresholds` one worn quadrant would otherwise
 *    refuse a palm that is beyond doubt: at the same false match rate (6e-6) that takes FNMR from 3 % to 0.4 %.
 *
 * On hard synthetic palms the wider turns and the blocks raise the distance of genuine from impostor scores (d')
 * from 4.7 to 8.9 against three turns and one rigid alignment.
 * CompCode distance, masks of weak bits, half-cell shifts and 1.5 degree steps were tried and brought nothing, so
 * only BOCV planes lie in memory: 768 bytes a code.
 */
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type CompareKernel, layRows, readSimilarities, startCompareKernel } from './kernel/compare.ts';
import {
  codeBytes,
  localReach,
  masksAt,
  outAt,
  overlapsAt,
  paddingBytes,
  probeAt,
  slotsAt,
  turns,
  variantBytes,
  variantShifts,
  weightsAt,
} from './kernel/layout.ts';
import { bocvWords } from './sizes.ts';
import { toPublished } from './thresholds.ts';
import type { Comparison, PalmCode, PalmProbe } from './types.ts';

/** Six orientations, then upper left, upper right, lower left, lower right quadrant, then the fused score. */
export const rawScoreCount = 11;

const pageBytes = 65_536;
/** Slots are added a few thousand at a time, by a quarter of what is there. */
const growSlotsMin = 4_096;

/**
 * Enrolled codes in the kernel's own memory, so that a comparison copies nothing. One arena serves all shards of a
 * worker: every WebAssembly memory reserves gigabytes of address space, so there should be few.
 */
export class CodeArena {
  readonly #kernel: CompareKernel = startCompareKernel();
  #words: Uint32Array;
  #capacity = 0;
  #used = 0;
  readonly #free: number[] = [];
  #loaded: PalmProbe | null = null;
  readonly #raw = new Float64Array(rawScoreCount);

  constructor() {
    this.#words = new Uint32Array(this.#kernel.memory.buffer);
    this.#capacity = Math.floor((this.#words.byteLength - slotsAt) / codeBytes);
  }

  /** Slots in use or cleared for reuse, times their size. */
  get bytes(): number {
    return this.#used * codeBytes;
  }

  /** @throws ThenarError `limit_reached` when the arena holds `limits.shard_templates_max` codes. */
  allocate(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    if (this.#used >= limits.shard_templates_max) {
      throw new ThenarError('limit_reached', 'This node holds as many palm templates as it can.');
    }
    if (this.#used === this.#capacity) this.#grow();
    this.#used += 1;
    return this.#used - 1;
  }

  #grow(): void {
    const slots = Math.min(
      Math.max(growSlotsMin, this.#capacity >> 2),
      limits.shard_templates_max - this.#capacity,
    );
    try {
      this.#kernel.memory.grow(Math.ceil((slots * codeBytes) / pageBytes));
    } catch (error) {
      throw new ThenarError('limit_reached', 'There is no memory for more palm templates.', { cause: error });
    }
    this.#words = new Uint32Array(this.#kernel.memory.buffer);
    this.#capacity = Math.floor((this.#words.byteLength - slotsAt) / codeBytes);
  }

  /** Writes a code into an allocated slot. */
  set(slot: number, code: PalmCode): void {
    layRows(this.#words, (slotsAt + slot * codeBytes) / 4, code.bocv);
  }

  /** Overwrites the slot with zeros, so that the code is gone from memory, and gives it back. */
  clear(slot: number): void {
    const from = (slotsAt + slot * codeBytes) / 4;
    this.#words.fill(0, from, from + bocvWords);
    this.#free.push(slot);
  }

  /** The slot's bytes as they lie in memory, for a shard file; valid until the next change of the arena. */
  raw(slot: number): Uint8Array {
    return new Uint8Array(this.#words.buffer, slotsAt + slot * codeBytes, codeBytes);
  }

  /** Writes what {@link raw} gave into an allocated slot. */
  setRaw(slot: number, bytes: Uint8Array): void {
    this.raw(slot).set(bytes);
  }

  /** Lays a probe out for every turn and horizontal shift; the last one stays. */
  #load(probe: PalmProbe): void {
    if (this.#loaded === probe) return;
    if (probe.codes.length !== turns) {
      throw new ThenarError('palm_template_invalid', `A probe carries ${turns} codes.`);
    }
    this.#loaded = probe;
    for (let turn = 0; turn < turns; turn++) {
      const centre = probeAt + (turn * variantShifts + localReach) * variantBytes + paddingBytes;
      layRows(this.#words, centre / 4, probe.codes[turn]!.bocv);
      this.#kernel.spread(centre);
    }
  }

  /** Overwrites the probe that was compared last. It is a palm like any other, and may be one that is being erased. */
  forgetProbe(): void {
    if (this.#loaded === null) return;
    this.#loaded = null;
    this.#words.fill(0, probeAt / 4, slotsAt / 4);
  }

  /**
   * Raw similarities of the probe with one slot, into `out` from `at`: `rawScoreCount` numbers.
   * @throws ThenarError `palm_template_invalid` when the probe has another number of codes.
   */
  compareRaw(probe: PalmProbe, slot: number, out: Float64Array, at: number): void {
    this.#load(probe);
    // Addresses beyond 2 GiB arrive as negative numbers and are read as unsigned ones.
    this.#kernel.compare((slotsAt + slot * codeBytes) | 0, probeAt, masksAt, weightsAt, overlapsAt, outAt);
    readSimilarities(this.#words, out, at);
    const whole = out[at + rawScoreCount - 1]!;
    for (let i = at; i < at + rawScoreCount - 1; i++) out[i] = (out[i]! + 2 * whole) / 3;
  }

  /** Ten scores and their fusion on the published scale. */
  compare(probe: PalmProbe, slot: number): Comparison {
    this.compareRaw(probe, slot, this.#raw, 0);
    return toPublished(this.#raw);
  }

  /** One comparison a slot, in order. */
  compareMany(probe: PalmProbe, slots: ArrayLike<number>): Comparison[] {
    return Array.from({ length: slots.length }, (_, i) => this.compare(probe, slots[i]!));
  }
}

let scratch: { readonly arena: CodeArena; readonly slot: number } | null = null;

/** Compares a probe with a code that lies in no arena: an enrolment's own samples, a calibration. */
export function compareCode(probe: PalmProbe, code: PalmCode): Comparison {
  if (scratch === null) {
    const arena = new CodeArena();
    scratch = { arena, slot: arena.allocate() };
  }
  scratch.arena.set(scratch.slot, code);
  return scratch.arena.compare(probe, scratch.slot);
}

/** Overwrites what {@link compareCode} compared last. */
export function forgetCompared(): void {
  if (scratch === null) return;
  scratch.arena.forgetProbe();
  scratch.arena.clear(scratch.slot);
  scratch.arena.allocate();
}
