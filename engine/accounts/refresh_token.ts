import { createHmac } from 'node:crypto';
import type { Random } from '../ports.ts';
import { equalBytes, hashSecret } from '../secrets/generate.ts';

const FORM = /^rt_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;
/** Half of its secret is random, and half says that we made it. */
const HALF_BYTES = 16;

export interface RefreshToken {
  /** What the client gets: it names its session, so that a spent token is told from one that never was. */
  readonly text: string;
  readonly hash: Uint8Array;
}

export interface PresentedRefreshToken {
  readonly sessionId: string;
  readonly hash: Uint8Array;
  /**
   * We gave it out once, for this session. Access tokens name their session as well, so without this whoever has read
   * one could end its sign-in, by something that only looks like a spent token of it.
   */
  readonly ours: boolean;
}

/** @param key of the deployment */
export function newRefreshToken(sessionId: string, key: Uint8Array, random: Random): RefreshToken {
  const chance = random.bytes(HALF_BYTES);
  const secret = Buffer.concat([chance, markOf(sessionId, key, chance)]).toString('base64url');
  const text = `rt_${sessionId}.${secret}`;
  return { text, hash: hashSecret(text) };
}

/** Null when it can be no refresh token of ours. */
export function readRefreshToken(text: string, key: Uint8Array): PresentedRefreshToken | null {
  const [, sessionId, secret] = FORM.exec(text) ?? [];
  if (sessionId === undefined || secret === undefined) return null;
  const bytes = Buffer.from(secret, 'base64url');
  const [chance, mark] = [bytes.subarray(0, HALF_BYTES), bytes.subarray(HALF_BYTES)];
  const ours = equalBytes(mark, markOf(sessionId, key, chance));
  return { sessionId, hash: hashSecret(text), ours };
}

function markOf(sessionId: string, key: Uint8Array, chance: Uint8Array): Uint8Array {
  const mac = createHmac('sha256', key).update(`refresh/${sessionId}/`).update(chance).digest();
  return mac.subarray(0, HALF_BYTES);
}
