/** Public keys of phones: points of NIST P-256 in any of the forms that clients write them in. */
import { createPublicKey, ECDH, type KeyObject } from 'node:crypto';
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';

/** Of X9.62: a point with both coordinates, or with one and the sign of the other. */
const UNCOMPRESSED = { first: [0x04], bytes: 65 } as const;
const COMPRESSED = { first: [0x02, 0x03], bytes: 33 } as const;

/**
 * What stands before the point in a SubjectPublicKeyInfo (RFC 5480) of a named P-256. Nothing else may: parameters
 * spelled out, which could be those of another curve, are not read at all.
 */
const SPKI = {
  uncompressed: Buffer.from('3059301306072a8648ce3d020106082a8648ce3d030107034200', 'hex'),
  compressed: Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
} as const;

export interface VerifyingKey {
  /** 65 bytes, uncompressed: the same for every form of one key. */
  readonly point: Uint8Array;
  readonly key: KeyObject;
}

/**
 * Reads a key: a point in hex, uncompressed or compressed, or a SubjectPublicKeyInfo in hex, base64, base64url or PEM.
 * @throws ThenarError verifying_key_invalid
 */
export function readVerifyingKey(text: string): VerifyingKey {
  if (text.length > limits.verifying_key_length_max) throw refused();
  const point = pointOf(bytesOf(text.trim()));
  if (point === null) throw refused();
  try {
    // Both steps solve the curve's equation, and throw for coordinates that do not.
    const whole = ECDH.convertKey(point, 'prime256v1', undefined, undefined, 'uncompressed') as Buffer;
    return { point: whole, key: keyOf(whole) };
  } catch {
    throw refused();
  }
}

function bytesOf(text: string): Buffer {
  if (/^([0-9a-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex');
  const [, inPem] =
    /^-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----$/.exec(text) ?? [];
  const base64 = inPem === undefined ? text : inPem.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) throw refused();
  return Buffer.from(base64, 'base64');
}

function pointOf(bytes: Buffer): Buffer | null {
  for (const [form, prefix] of [
    [UNCOMPRESSED, SPKI.uncompressed],
    [COMPRESSED, SPKI.compressed],
  ] as const) {
    const bare = bytes.length === form.bytes;
    const wrapped =
      bytes.length === prefix.length + form.bytes && bytes.subarray(0, prefix.length).equals(prefix);
    if (!bare && !wrapped) continue;
    const point = bytes.subarray(bytes.length - form.bytes);
    return (form.first as readonly number[]).includes(point[0] ?? 0) ? point : null;
  }
  return null;
}

function keyOf(point: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI.uncompressed, point]), format: 'der', type: 'spki' });
}

function refused(): ThenarError {
  return new ThenarError(
    'verifying_key_invalid',
    'device_verifying_key must be a point of P-256 in hex, or its SubjectPublicKeyInfo.',
  );
}
