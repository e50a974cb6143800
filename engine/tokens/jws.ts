/** Signing what others verify: JSON Web Signatures with a key of a ring. */
import type { RingKey } from './keyRing.ts';

/**
 * A JWS in compact serialisation (RFC 7515, section 3.1).
 * @param type of what it is, for its header (RFC 8725, section 3.11)
 */
export async function signJws(key: RingKey, type: string, claims: object): Promise<string> {
  const input = `${base64url({ alg: key.alg, kid: key.kid, typ: type })}.${base64url(claims)}`;
  const signature = await key.sign(input);
  return `${input}.${signature.toString('base64url')}`;
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
