import { createHmac } from 'node:crypto';
import type { Random } from '../ports.ts';

/** Six digits, each of the million as likely as another. */
export function newOneTimeCode(random: Random): string {
  for (;;) {
    const value = Buffer.from(random.bytes(4)).readUInt32BE();
    // The last, incomplete million of the range would make low codes likelier.
    if (value < 4_294_000_000) return String(value % 1_000_000).padStart(6, '0');
  }
}

/** Under which a pairing code is kept: keyed, because its 45 bits are tried in hours; found again by it alone. */
export function hashPairingCode(key: Uint8Array, code: string): Uint8Array {
  return hashCode(key, 'pairing', code);
}

/**
 * Under which a code is kept: keyed, because a million codes are tried in no time, and with the code's identifier, so
 * that equal codes do not show.
 */
export function hashCode(key: Uint8Array, codeId: string, code: string): Uint8Array {
  return createHmac('sha256', key).update(`${codeId}/${code}`).digest();
}
