/** The key that signs checkpoints: made once, kept as long as they are, sealed like every private key. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, webcrypto } from 'node:crypto';
import type { Sealer } from '../ports.ts';
import type { AuditKeyRecord, JsonObject } from '../records.ts';

export interface AuditKey {
  /** Thumbprint of the public key (RFC 7638). */
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly publicJwk: JsonObject;
}

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;

function placeOf(kid: string): string {
  return `audit_keys/${kid}/private_key`;
}

export async function createAuditKey(sealer: Sealer, now: number): Promise<AuditKeyRecord> {
  const pair = (await webcrypto.subtle.generateKey(CURVE, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const pkcs8 = new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', pair.privateKey));
  const { kid } = keyOf(pkcs8);
  return { kid, privateKey: sealer.seal(pkcs8, placeOf(kid)), createdAt: now };
}

/**
 * The public half is derived from the sealed one: whoever can write to the database, and only that, cannot put a key
 * of his own in its place.
 * @throws whatever the sealer throws for a record that was tampered with
 */
export function openAuditKey(record: AuditKeyRecord, sealer: Sealer): AuditKey {
  return keyOf(sealer.open(record.privateKey, placeOf(record.kid)));
}

function keyOf(pkcs8: Uint8Array): AuditKey {
  const privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const { crv, x, y } = publicKey.export({ format: 'jwk' });
  const material = { kty: 'EC', crv: crv!, x: x!, y: y! };
  // The members of RFC 7638 in its order.
  const kid = createHash('sha256')
    .update(JSON.stringify({ crv, kty: 'EC', x, y }))
    .digest('base64url');
  return { kid, privateKey, publicKey, publicJwk: { ...material, kid, alg: 'ES256', use: 'sig' } };
}
