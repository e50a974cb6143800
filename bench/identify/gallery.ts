/**
 * The palms that every side of the `identify` scenario searches, as files of plain rows, made once and kept in the
 * temporary folder: all sides read the same bytes, and a million vectors take two minutes to generate.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeRotation, RotationArena } from '../../engine/index/rotation.ts';
import { VECTOR_LENGTH } from '../../engine/index/vectors.ts';
import { extractTemplate } from '../../engine/palm/extract.ts';
import { bocvWords, competitiveWords } from '../../engine/palm/sizes.ts';
import type { PalmCode, PalmTemplate } from '../../engine/palm/types.ts';
import { SeededRandom } from '../palms/random.ts';
import { renderPalm } from '../palms/render.ts';
import { generateCode, generateVector, templateModel } from '../palms/templates.ts';

export const searchedHand = 'right';
/** The first palms are rendered, so that images of them can be shown; rendering all would take hours. */
export const renderedPalms = 16;
/** Samples from here on are never enrolled. */
const probeSample = 100;
/** Palms whose codes are generated; those beyond have one of these with an eighth of its bits turned over. */
const codedPalms = 100_000;
const rowBytes = VECTOR_LENGTH * 4;
const codeBytes = bocvWords * 4;
const rotations = new RotationArena();
const rotation = rotations.hold(makeRotation(new Uint8Array(32).fill(1)));

/** Where prepared things of a seed are kept; another model of palms is another folder. */
export function preparedFolder(seed: number): string {
  const model = createHash('sha256').update(JSON.stringify(templateModel())).digest('hex').slice(0, 8);
  const folder = join(tmpdir(), 'thenar-bench-searches', `${model}-${seed}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A template as a device has it: its vector is not yet rotated. */
export function templateOf(seed: number, palm: number, sample: number): PalmTemplate {
  const request = { seed, identity: palm, hand: searchedHand, sample } as const;
  if (palm < renderedPalms) return extractTemplate(renderPalm({ ...request, preset: 'hard' }));
  const model = templateModel();
  return { vector: generateVector(request, model.vector), code: generateCode(request, model.code) };
}

export function protect(vector: Float32Array): Float32Array {
  return rotations.rotate(rotation, vector);
}

/** The palm that a query is of, in a gallery of `palms`: any but the rendered ones. */
export function queriedPalm(query: number, palms: number): number {
  return renderedPalms + ((query * 7_919) % (palms - renderedPalms));
}

export function queryTemplate(seed: number, query: number, palms: number): PalmTemplate {
  return templateOf(seed, queriedPalm(query, palms), probeSample + query);
}

/** The rotated vector alone, as searches that compare nothing want it. */
export function queryVector(seed: number, query: number, palms: number): Float32Array {
  const identity = queriedPalm(query, palms);
  const request = { seed, identity, hand: searchedHand, sample: probeSample + query } as const;
  return protect(generateVector(request, templateModel().vector));
}

/** An image of a rendered palm, not enrolled. */
export function queryImage(seed: number, query: number) {
  const identity = query % renderedPalms;
  return renderPalm({ seed, identity, hand: searchedHand, sample: probeSample + query, preset: 'hard' });
}

/** Makes what is not there yet. @param onRow told for each row written */
export function prepareRows(seed: number, palms: number, samples: number, onRow: () => void): void {
  for (let sample = 0; sample < samples; sample += 1) {
    write(vectorFile(seed, palms, sample), palms, rowBytes, (palm, into) => {
      const vector =
        palm < renderedPalms
          ? templateOf(seed, palm, sample).vector
          : generateVector({ seed, identity: palm, hand: searchedHand, sample }, templateModel().vector);
      into.set(new Uint8Array(protect(vector).buffer));
      onRow();
    });
    write(codeFile(seed, palms, sample), Math.min(palms, codedPalms), codeBytes, (palm, into) => {
      const { bocv } = templateOf(seed, palm, sample).code;
      into.set(new Uint8Array(bocv.buffer, bocv.byteOffset, codeBytes));
      onRow();
    });
  }
}

/** How many rows {@link prepareRows} will write. */
export function missingRows(seed: number, palms: number, samples: number): number {
  let missing = 0;
  for (let sample = 0; sample < samples; sample += 1) {
    if (!existsSync(vectorFile(seed, palms, sample))) missing += palms;
    if (!existsSync(codeFile(seed, palms, sample))) missing += Math.min(palms, codedPalms);
  }
  return missing;
}

function vectorFile(seed: number, palms: number, sample: number): string {
  return join(preparedFolder(seed), `vectors-${palms}-${sample}`);
}

function codeFile(seed: number, palms: number, sample: number): string {
  return join(preparedFolder(seed), `codes-${Math.min(palms, codedPalms)}-${sample}`);
}

function write(path: string, rows: number, bytes: number, fill: (row: number, into: Uint8Array) => void) {
  if (existsSync(path)) return;
  const page = new Uint8Array(1_024 * bytes);
  const file = openSync(`${path}.next`, 'w');
  for (let from = 0; from < rows; from += 1_024) {
    const count = Math.min(1_024, rows - from);
    for (let i = 0; i < count; i += 1) fill(from + i, page.subarray(i * bytes, (i + 1) * bytes));
    writeSync(file, page, 0, count * bytes);
  }
  closeSync(file);
  renameSync(`${path}.next`, path);
}

/** Rows of a file by number, read by pages. */
class RowFile {
  readonly #file: number;
  readonly #bytes: number;
  readonly #page: Uint8Array;
  #from = -1;

  constructor(path: string, bytes: number) {
    this.#file = openSync(path, 'r');
    this.#bytes = bytes;
    this.#page = new Uint8Array(1_024 * bytes);
  }

  /** A copy. */
  row(row: number): ArrayBuffer {
    const from = row - (row % 1_024);
    if (from !== this.#from) {
      readSync(this.#file, this.#page, 0, this.#page.length, from * this.#bytes);
      this.#from = from;
    }
    return this.#page.slice((row - from) * this.#bytes, (row - from + 1) * this.#bytes).buffer as ArrayBuffer;
  }
}

/** Prepared templates; vectors are rotated. */
export class PreparedGallery {
  readonly #vectors: RowFile[];
  readonly #codes: RowFile[];
  readonly #palms: number;
  readonly #seed: number;

  constructor(seed: number, palms: number, samples: number) {
    const each = Array.from({ length: samples }, (_, sample) => sample);
    this.#vectors = each.map((sample) => new RowFile(vectorFile(seed, palms, sample), rowBytes));
    this.#codes = each.map((sample) => new RowFile(codeFile(seed, palms, sample), codeBytes));
    this.#palms = palms;
    this.#seed = seed;
  }

  vector(palm: number, sample: number): Float32Array {
    return new Float32Array(this.#vectors[sample]!.row(palm));
  }

  template(palm: number, sample: number): PalmTemplate {
    return { vector: this.vector(palm, sample), code: this.#code(palm, sample) };
  }

  #code(palm: number, sample: number): PalmCode {
    const coded = Math.min(this.#palms, codedPalms);
    const bocv = new Uint32Array(this.#codes[sample]!.row(palm % coded));
    if (palm >= coded) {
      const random = new SeededRandom(this.#seed, palm, 0x7475726e);
      for (let i = 0; i < bocv.length; i += 1) bocv[i]! ^= random.bits() & random.bits() & random.bits();
    }
    // The index keeps no CompCode planes, and nothing here compares them.
    return { bocv, competitive: new Uint32Array(competitiveWords) };
  }
}
