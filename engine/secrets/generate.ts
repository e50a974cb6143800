import { createHash, timingSafeEqual } from 'node:crypto';
import type { Random } from '../ports.ts';

/**
 * Lower-case letters and digits without i, o, 0 and 1, which are taken for one another and for l. Exactly 32, so
 * that five random bits give one character and none is likelier than another.
 */
const ALPHABET = 'abcdefghjklmnpqrstuvwxyz23456789';
const PAIRING_CODE = /^[a-hj-np-z2-9]{9}$/;

function characters(random: Random, count: number): string {
  return [...random.bytes(count)].map((byte) => ALPHABET[byte & 31]).join('');
}

/** An initial password that can be read out and typed: five groups of four, 100 bits. */
export function newPassword(random: Random): string {
  return Array.from({ length: 5 }, () => characters(random, 4)).join('-');
}

/** Secret of an OAuth client: 256 bits. */
export function newClientSecret(random: Random): string {
  return `cs_live_${Buffer.from(random.bytes(32)).toString('base64url')}`;
}

/**
 * A one-time pairing code for typing on a scanner: nine characters, 45 bits. Guessing is limited, see
 * `limits.pairing_guesses_per_min`.
 */
export function newPairingCode(random: Random): string {
  return characters(random, 9);
}

/** The code as it was issued, from what somebody typed; null when it can be no code of ours. */
export function normalisePairingCode(typed: string): string | null {
  if (typed.length > 64) return null;
  const code = typed.toLowerCase().replace(/[\s-]/g, '').replace(/[1i]/g, 'l');
  return PAIRING_CODE.test(code) ? code : null;
}

export interface WebhookSecret {
  /** What the integrator gets, once: `whsec_` and base64, as Standard Webhooks writes it. */
  readonly text: string;
  /** The key itself; seal it before it is written. */
  readonly key: Uint8Array;
}

export function newWebhookSecret(random: Random): WebhookSecret {
  const key = Uint8Array.from(random.bytes(32));
  return { text: `whsec_${Buffer.from(key).toString('base64')}`, key };
}

/** Value of a cookie or another bearer secret: 256 bits, base64url. */
export function newOpaqueToken(random: Random): string {
  return Buffer.from(random.bytes(32)).toString('base64url');
}

/** SHA-256, under which secrets of high entropy are stored and found. Passwords go through argon2 instead. */
export function hashSecret(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}

/** Equality of two byte strings in a time that depends on their lengths only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
