/**
 * How a tenant's templates are stored, beneath the seal: the vector under a random rotation, the code under a random
 * mask, both made from the tenant's protection key. The same palm stored by two tenants resembles itself no more than
 * another palm does, and a new key renews every template without the palm (ISO/IEC 24745: unlinkability and
 * renewability). Whoever has the key can undo it: it is not irreversible.
 */
import { createCipheriv, createHash, hkdfSync } from 'node:crypto';
import { makeRotation } from '../index/rotation.ts';
import { limits } from '../limits.ts';
import { bocvWords, competitiveWords, vectorLength } from './sizes.ts';
import { decodeTemplate, encodeTemplate } from './template.ts';
import type { PalmCode, PalmTemplate } from './types.ts';

/** A tenant's protection key, and the name under which what it made is stored. */
export interface Protection {
  readonly key: Uint8Array;
  /** 16 hex digits that tell nothing about the key. */
  readonly id: string;
}

/** @param key 32 bytes */
export function protectionOf(key: Uint8Array): Protection {
  const id = createHash('sha256').update('thenar/v2/protection-id').update(key).digest('hex').slice(0, 16);
  return { key, id };
}

const masks = new Map<string, Uint32Array>();

/** As many random words as a code has: the key stream of AES-256 in counter mode under a key of its own. */
function maskOf({ id, key }: Protection): Uint32Array {
  const known = masks.get(id);
  if (known !== undefined) return known;
  const own = Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), 'thenar/v2/code-mask', 32));
  const stream = createCipheriv('aes-256-ctr', own, new Uint8Array(16));
  const bytes = stream.update(new Uint8Array(4 * (bocvWords + competitiveWords)));
  const words = new Uint32Array(bytes.length / 4);
  for (let i = 0; i < words.length; i++) words[i] = bytes.readUInt32LE(4 * i);
  if (masks.size >= limits.protections_cached_max) masks.clear();
  masks.set(id, words);
  return words;
}

/** The code under the mask, or out of it: the same either way. */
export function masked({ bocv, competitive }: PalmCode, protection: Protection): PalmCode {
  const mask = maskOf(protection);
  return {
    bocv: bocv.map((word, i) => word ^ mask[i]!),
    competitive: competitive.map((word, i) => word ^ mask[bocvWords + i]!),
  };
}

/** What is sealed. @param template whose vector is under the protection's rotation, as workers give it */
export function storedForm({ vector, code }: PalmTemplate, protection: Protection): Uint8Array {
  return encodeTemplate({ vector, code: masked(code, protection) });
}

/** @throws ThenarError `palm_template_invalid` */
export function fromStoredForm(stored: Uint8Array, protection: Protection): PalmTemplate {
  const { vector, code } = decodeTemplate(stored);
  return { vector, code: masked(code, protection) };
}

/** Brings vectors from under one rotation under another: the product of the second and the first one's inverse. */
export class Rerotation {
  readonly #matrix: Float64Array;

  constructor(from: Protection, to: Protection) {
    const [before, after] = [makeRotation(from.key), makeRotation(to.key)];
    const n = vectorLength;
    this.#matrix = new Float64Array(n * n);
    // The inverse of a rotation is its transpose, so that rows meet rows.
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += after[i * n + k]! * before[j * n + k]!;
        this.#matrix[i * n + j] = sum;
      }
    }
  }

  /** Of unit length again, so that roundings do not add up over many renewals. */
  apply(vector: Float32Array): Float32Array {
    const n = vectorLength;
    const turned = new Float32Array(n);
    let squares = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += this.#matrix[i * n + j]! * vector[j]!;
      turned[i] = sum;
      squares += sum * sum;
    }
    const length = Math.sqrt(squares);
    return turned.map((component) => component / length);
  }
}
