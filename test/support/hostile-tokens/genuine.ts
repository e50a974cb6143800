/** The token that everything hostile is made around: one that a verifier must take. */
import { type KeyObject, sign } from 'node:crypto';

export type Json = Readonly<Record<string, unknown>>;

/** A genuine token's parts, and the key that signs it. */
export interface Genuine {
  readonly alg: 'RS256' | 'ES256';
  readonly header: Json;
  readonly payload: Json;
  readonly key: KeyObject;
  /** Identifiers of keys that are there and sign something else. */
  readonly otherKids?: readonly string[];
}

export type Tokens = Readonly<Record<string, string>>;

export function base64url(value: unknown): string {
  const bytes = typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value);
  return Buffer.from(bytes as string).toString('base64url');
}

/** Signed as genuine tokens are, whatever header and payload say: text and bytes stand as they are. */
export function forge({ alg, key }: Pick<Genuine, 'alg' | 'key'>, header: unknown, payload: unknown): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  const how = alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' as const } : { key };
  return `${input}.${sign('sha256', Buffer.from(input), how).toString('base64url')}`;
}

export function partsOf(genuine: Genuine): {
  readonly token: string;
  readonly parts: [string, string, string];
} {
  const token = forge(genuine, genuine.header, genuine.payload);
  return { token, parts: token.split('.') as [string, string, string] };
}
