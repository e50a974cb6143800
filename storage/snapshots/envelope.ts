import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Sealer } from '../../engine/ports.ts';
import type { Json } from '../../engine/records.ts';

/** Actor state holds personal data (names, hardware ids): it leaves the process sealed, bound to key and version. */
export interface Envelope {
  /** @throws ThenarError `payload_too_large`. */
  seal(key: string, version: number, state: Json): Buffer;
  /** Null when it does not open: a cache entry of another deployment, or a damaged one. */
  open(key: string, version: number, sealed: Uint8Array): Json | null;
}

export function envelope(sealer: Sealer): Envelope {
  const place = (key: string, version: number): string => `snapshot/${key}/${version}`;
  return {
    seal(key, version, state) {
      const plain = Buffer.from(JSON.stringify(state));
      if (plain.length > limits.snapshot_bytes_max) {
        throw new ThenarError('payload_too_large', `The snapshot of ${key} has ${plain.length} bytes.`);
      }
      return Buffer.from(sealer.seal(plain, place(key, version)));
    },
    open(key, version, sealed) {
      try {
        return JSON.parse(Buffer.from(sealer.open(sealed, place(key, version))).toString()) as Json;
      } catch {
        return null;
      }
    },
  };
}
