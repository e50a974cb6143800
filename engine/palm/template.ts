/**
 * Templates and probes as bytes: what devices send, and what storage seals. Little-endian:
 *
 *   0  magic "THNP"             8  vector length (uint16)
 *   4  version (uint8, 1)      10  number of codes (uint8): 1 a template, 5 a probe (its turned codes, `probeTurns`)
 *   5  flags (uint8, 0)        11  length of the model name (uint8), then the name, then zeros up to a multiple of 4
 *   6  reserved (uint16, 0)    ..  vector (float32), then each code: BOCV (192 x uint32), CompCode (96 x uint32)
 *                              end CRC-32 of all before it (uint32)
 */

import { ThenarError } from '../errors.ts';
import { crc32 } from './crc32.ts';
import { palmModel, probeTurns, uprightTurn } from './model.ts';
import { bocvWords, competitiveWords, vectorLength } from './sizes.ts';
import { turnCode } from './turn.ts';
import type { PalmCode, PalmProbe, PalmTemplate, QualityReport } from './types.ts';

const magic = 0x504e4854;
const version = 1;
const fixedBytes = 12;
const codeWords = bocvWords + competitiveWords;
/** Float32 rounding of 256 squares stays far below; a vector that is not a direction is far above. */
const unitTolerance = 1e-3;

function invalid(message: string): ThenarError {
  return new ThenarError('palm_template_invalid', message);
}

function headerBytes(nameLength: number): number {
  return (fixedBytes + nameLength + 3) & ~3;
}

function write(vector: Float32Array, codes: readonly PalmCode[]): Uint8Array {
  const header = headerBytes(palmModel.length);
  const out = new Uint8Array(header + 4 * (vectorLength + codes.length * codeWords) + 4);
  const view = new DataView(out.buffer);
  view.setUint32(0, magic, true);
  view.setUint8(4, version);
  view.setUint16(8, vectorLength, true);
  view.setUint8(10, codes.length);
  view.setUint8(11, palmModel.length);
  for (let i = 0; i < palmModel.length; i++) out[fixedBytes + i] = palmModel.charCodeAt(i);
  let at = header;
  for (let i = 0; i < vectorLength; i++, at += 4) view.setFloat32(at, vector[i]!, true);
  for (const { bocv, competitive } of codes) {
    for (let i = 0; i < bocvWords; i++, at += 4) view.setUint32(at, bocv[i]!, true);
    for (let i = 0; i < competitiveWords; i++, at += 4) view.setUint32(at, competitive[i]!, true);
  }
  view.setUint32(at, crc32(out.subarray(0, at)), true);
  return out;
}

function read(bytes: Uint8Array): { readonly vector: Float32Array; readonly codes: PalmCode[] } {
  if (bytes.length < fixedBytes + 4) throw invalid('The template is too short.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== magic) throw invalid('This is not a palm template.');
  if (view.getUint8(4) !== version) throw invalid(`Template version ${view.getUint8(4)} is unknown.`);
  if (view.getUint8(5) !== 0 || view.getUint16(6, true) !== 0)
    throw invalid('The template has unknown flags.');
  const codeCount = view.getUint8(10);
  if (codeCount !== 1 && codeCount !== probeTurns.length) {
    throw invalid(`A template carries one code and a probe ${probeTurns.length}, not ${codeCount}.`);
  }
  const nameLength = view.getUint8(11);
  const header = headerBytes(nameLength);
  const length = view.getUint16(8, true);
  if (bytes.length !== header + 4 * (length + codeCount * codeWords) + 4)
    throw invalid('The template is cut off.');
  if (view.getUint32(bytes.length - 4, true) !== crc32(bytes.subarray(0, bytes.length - 4))) {
    throw invalid('The template is damaged: its checksum differs.');
  }
  const name = String.fromCharCode(...bytes.subarray(fixedBytes, fixedBytes + nameLength));
  if (name !== palmModel || length !== vectorLength) throw invalid('The template is of another palm model.');
  let at = header;
  const vector = new Float32Array(vectorLength);
  let squares = 0;
  for (let i = 0; i < vectorLength; i++, at += 4) {
    const value = view.getFloat32(at, true);
    vector[i] = value;
    squares += value * value;
  }
  // NaN and infinities fail this comparison too.
  if (!(Math.abs(squares - 1) <= unitTolerance)) throw invalid('The search vector is not of unit length.');
  const codes: PalmCode[] = [];
  for (let c = 0; c < codeCount; c++) {
    const bocv = new Uint32Array(bocvWords);
    const competitive = new Uint32Array(competitiveWords);
    for (let i = 0; i < bocvWords; i++, at += 4) bocv[i] = view.getUint32(at, true);
    for (let i = 0; i < competitiveWords; i++, at += 4) competitive[i] = view.getUint32(at, true);
    codes.push({ bocv, competitive });
  }
  return { vector, codes };
}

/** 2,208 bytes with the built-in model. @throws RangeError when the template has not the model's lengths. */
export function encodeTemplate(template: PalmTemplate): Uint8Array {
  checkLengths(template.vector, [template.code]);
  return write(template.vector, [template.code]);
}

/** The same with the codes of the turned image: what a device should send, so that turned hands are recognised. */
export function encodeProbe(probe: Pick<PalmProbe, 'vector' | 'codes'>): Uint8Array {
  checkLengths(probe.vector, probe.codes);
  return write(probe.vector, probe.codes);
}

function checkLengths(vector: Float32Array, codes: readonly PalmCode[]): void {
  const fits =
    vector.length === vectorLength &&
    (codes.length === 1 || codes.length === probeTurns.length) &&
    codes.every((code) => code.bocv.length === bocvWords && code.competitive.length === competitiveWords);
  if (!fits) throw new RangeError('This is not a template of the built-in palm model.');
}

/**
 * Reads a template, or the upright code of a probe.
 * @throws ThenarError `palm_template_invalid` for anything that is not exactly one of ours: magic, version, model,
 *   lengths, checksum, a vector that is not finite and of unit length.
 */
export function decodeTemplate(bytes: Uint8Array): PalmTemplate {
  const { vector, codes } = read(bytes);
  return { vector, code: codes.length === 1 ? codes[0]! : codes[uprightTurn]! };
}

/** A device vouches for the quality of what it sends; its claim is checked apart. */
const unknownQuality: QualityReport = {
  overall: 1,
  contrast: 1,
  sharpness: 1,
  orientation: 1,
  background: 1,
  reasons: [],
};

/**
 * Reads a probe. A plain template serves too: its turned codes are then made from its bits, which recognises turned
 * hands a little worse than codes of the turned image.
 * @throws ThenarError `palm_template_invalid`, as {@link decodeTemplate}.
 */
export function decodeProbe(bytes: Uint8Array): PalmProbe {
  const { vector, codes } = read(bytes);
  if (codes.length > 1) return { vector, codes, quality: unknownQuality };
  return { ...probeOf({ vector, code: codes[0]! }), quality: unknownQuality };
}

/** A template as a probe, its turned codes made from its bits. */
export function probeOf(template: PalmTemplate): PalmProbe {
  const codes = probeTurns.map((degrees) => turnCode(template.code, degrees));
  return { vector: template.vector, codes, quality: unknownQuality };
}
