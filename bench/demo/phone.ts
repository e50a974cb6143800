/** A wallet's phone: a key of P-256 that never leaves it, and what it signs. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { canonicalJson } from '../../engine/canonical.ts';
import type { JsonObject } from '../../engine/records.ts';

export class Phone {
  readonly #privateKey: KeyObject;
  /** Uncompressed point, in hex. */
  readonly verifyingKey: string;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    const hex = (coordinate: string): string => Buffer.from(coordinate, 'base64url').toString('hex');
    this.#privateKey = privateKey;
    this.verifyingKey = `04${hex(x)}${hex(y)}`;
  }

  /** The body with its signature. */
  signed<B extends JsonObject>(body: B): B & { readonly device_signature: string } {
    const bytes = Buffer.from(canonicalJson(body));
    return { ...body, device_signature: sign('sha256', bytes, this.#privateKey).toString('hex') };
  }
}
