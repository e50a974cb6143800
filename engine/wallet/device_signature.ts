/** Signatures of phones over what they send (document 001: device signature authentication). */
import { verify } from 'node:crypto';
import { canonicalJson, hasCanonicalForm } from '../canonical.ts';
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { type DerValue, members, readOne, tag } from '../pki/der.ts';
import type { JsonObject } from '../records.ts';
import type { VerifyingKey } from './verifying_key.ts';

/** The order of P-256 (FIPS 186-5, SP 800-186): a signature's numbers are from 1 to below it. */
const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const NUMBER_BYTES = 32;

/**
 * The bytes that are signed: the canonical form (RFC 8785) of the body without its `device_signature`, whatever else
 * is in it.
 * @throws ThenarError device_signature_invalid for a body that has no canonical form
 */
export function signedBytes(body: JsonObject): Uint8Array {
  const { device_signature: _, ...message } = body;
  if (!hasCanonicalForm(message)) throw refused('The body has no canonical form.');
  return Buffer.from(canonicalJson(message), 'utf8');
}

/**
 * ECDSA over P-256 with SHA-256, hashed once.
 * @param signature DER in hex. Strict: of the encodings that BER would allow only the one of DER, nothing behind it,
 *   and both numbers in their range; either of the two values of `s` is right, as phones give what their chip gives.
 * @throws ThenarError device_signature_invalid
 */
export function verifyDeviceSignature(key: VerifyingKey, message: Uint8Array, signature: string): void {
  const numbers = readNumbers(signature);
  const good =
    numbers !== null && verify('sha256', message, { key: key.key, dsaEncoding: 'ieee-p1363' }, numbers);
  if (!good) throw refused('The device signature is not of this key over this body.');
}

/** `r` and `s` side by side, 32 bytes each; null for what is no signature. */
function readNumbers(signature: string): Buffer | null {
  if (signature.length > limits.device_signature_length_max || !/^([0-9a-f]{2})+$/i.test(signature)) {
    return null;
  }
  try {
    const pair = members(readOne(Buffer.from(signature, 'hex'), tag.sequence), 2);
    const numbers = pair.map(readNumber);
    const [r = null, s = null] = numbers;
    return r === null || s === null ? null : Buffer.concat([r, s]);
  } catch {
    return null;
  }
}

/** A positive INTEGER in its shortest form (X.690 section 8.3), below the order. */
function readNumber({ tag: found, contents }: DerValue): Buffer | null {
  const [first = 0x80, second = 0] = contents;
  const negative = first >= 0x80;
  const padded = first === 0 && second < 0x80 && contents.length > 1;
  if (found !== tag.integer || contents.length === 0 || negative || padded) return null;
  const value = BigInt(`0x${Buffer.from(contents).toString('hex')}`);
  if (value === BigInt(0) || value >= ORDER) return null;
  return Buffer.from(value.toString(16).padStart(2 * NUMBER_BYTES, '0'), 'hex');
}

function refused(message: string): ThenarError {
  return new ThenarError('device_signature_invalid', message);
}
