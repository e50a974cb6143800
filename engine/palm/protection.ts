/**
 * How a tenant's templates are stored, beneath the seal: the vector under a random rotation, the code under
 * random masks, both made from the tenant's protection key. The same palm stored by two tenants resembles itself no
 * more than another palm does, and a new key renews every template without the palm (ISO/IEC 24745: unlinkability and
 * renewability). Whoever has the key can undo it: it is not irreversible.
 */
import { createCipheriv, createHash, hkdfSync } from 'node:crypto';
import { makeRotation } from '../index/rotation.ts';
import type { TemplatePlace } from './protect.ts';
import { bocvWords, competitiveWords, vectorLength } from './sizes.ts';
import { decodeTemplate, encodeTemplate } from './template.ts';
import type { PalmCode, PalmTemplate } from './types.ts';

/** A tenant's protection key, what is derived from it, and the name under which what it made is stored. */
export interface Protection {
  readonly key: Uint8Array;
  /** 16 hex digits that tell nothing about the key. */
  readonly id: string;
  readonly maskKey: Uint8Array;
}

/** @param key 32 bytes */
export function protectionOf(key: Uint8Array): Protection {
  const id = createHash('sha256').update('thenar/v2/protection-id').update(key).digest('hex').slice(0, 16);
  const maskKey = Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), 'thenar/v2/code-mask', 32));
  return { key, id, maskKey };
}

/** Which template it is, of all that a protection is ever used for. */
export type MaskedPlace = Pick<TemplatePlace, 'palmId' | 'sample'>;

const noBits = new Uint8Array(4 * (bocvWords + competitiveWords));

/**
 * The code under the template's mask, or out of it: the same either way. The mask is the key stream of AES-256 in
 * counter mode, from where the template's name leads.
 *
 * Each template has a mask of its own. With one for the whole tenant the difference of two stored codes would be that
 * of the codes, a palm that is known would give away the mask of everybody, and so would the average of some hundreds:
 * bits of codes are not even.
 */
function masked({ bocv, competitive }: PalmCode, { maskKey }: Protection, place: MaskedPlace): PalmCode {
  const name = `thenar/v2/mask-of|${place.palmId}|${place.sample}`;
  const start = createHash('sha256').update(name).digest().subarray(0, 16);
  const stream = createCipheriv('aes-256-ctr', maskKey, start).update(noBits);
  return {
    bocv: bocv.map((word, i) => word ^ stream.readUInt32LE(4 * i)),
    competitive: competitive.map((word, i) => word ^ stream.readUInt32LE(4 * (bocvWords + i))),
  };
}

/** What is sealed. @param template whose vector is under the protection's rotation, as workers give it */
export function storedForm(
  { vector, code }: PalmTemplate,
  protection: Protection,
  place: MaskedPlace,
): Uint8Array {
  return encodeTemplate({ vector, code: masked(code, protection, place) });
}

/**
 * Out of the mask, because the exact comparison shifts and turns codes, and no mask stays in place then: what is in a
 * worker's memory is the code itself. The vector stays under the rotation, which changes no cosine.
 * @throws ThenarError `palm_template_invalid`
 */
export function fromStoredForm(stored: Uint8Array, protection: Protection, place: MaskedPlace): PalmTemplate {
  const { vector, code } = decodeTemplate(stored);
  return { vector, code: masked(code, protection, place) };
}

/**
 * The key that a shard file is written under: of its own key and the tenant's protection. Neither opens it alone, and a
 * file from before a renewal does not open after it, whichever moment a crash came at.
 */
export function shardFileKey(fileKey: Uint8Array, protectionKey: Uint8Array): Uint8Array {
  return Buffer.from(hkdfSync('sha256', fileKey, protectionKey, 'thenar/v2/shard-file', 32));
}

const lately: { readonly name: string; readonly made: Rerotation }[] = [];
/** One that is under way in either direction, and another tenant's. */
const LATELY_KEPT = 4;

/** Kept for a while, because making one takes as long as using it a thousand times, and logs are read in pages. */
export function rerotation(from: Protection, to: Protection): Rerotation {
  const name = `${from.id}/${to.id}`;
  const known = lately.find((kept) => kept.name === name);
  if (known !== undefined) return known.made;
  const made = new Rerotation(from, to);
  lately.unshift({ name, made });
  lately.length = Math.min(lately.length, LATELY_KEPT);
  return made;
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
