import type { Random } from '../ports.ts';
import { hashSecret, newOpaqueToken } from '../secrets/generate.ts';

const FORM = /^rt_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.[A-Za-z0-9_-]{43}$/;

export interface RefreshToken {
  /** What the client gets: it names its session, so that a spent token is told from one that never was. */
  readonly text: string;
  readonly hash: Uint8Array;
}

export function newRefreshToken(sessionId: string, random: Random): RefreshToken {
  const text = `rt_${sessionId}.${newOpaqueToken(random)}`;
  return { text, hash: hashSecret(text) };
}

/** Null when it can be no refresh token of ours. */
export function readRefreshToken(
  text: string,
): { readonly sessionId: string; readonly hash: Uint8Array } | null {
  const sessionId = FORM.exec(text)?.[1];
  return sessionId === undefined ? null : { sessionId, hash: hashSecret(text) };
}
