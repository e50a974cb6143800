/** Key sets of other issuers (RFC 7517), reduced to what verifies a token. */
import type { JSONWebKeySet, JWK, JWTVerifyGetKey } from 'jose';
import { limits } from '../limits.ts';
import { joseLibrary } from './library.ts';

const COMMON = ['kty', 'kid', 'alg', 'use'] as const;
/** Public members by type of key. Symmetric keys have none, so they are not here. */
const PUBLIC: Readonly<Record<string, readonly string[]>> = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'] };
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/**
 * The keys of a set that can verify tokens here; others are left out, as RFC 7517 section 5 wants it.
 * @throws Error when it is no key set, or holds too much
 */
export function readKeySet(json: unknown): JSONWebKeySet {
  const { keys } = (json ?? {}) as { readonly keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('no array of keys');
  if (keys.length > limits.jwks_keys_max) throw new Error(`more than ${limits.jwks_keys_max} keys`);
  return { keys: keys.filter(isUsable).map(publicPart) };
}

/** Finds the key of a token's header in a set that {@link readKeySet} gave. */
export async function keyFinder(keys: JSONWebKeySet): Promise<JWTVerifyGetKey> {
  return (await joseLibrary()).createLocalJWKSet(keys);
}

/** Whether that search found nothing, so that a newer set may have what it looked for. */
export function isUnknownKey(error: unknown): boolean {
  return (error as { readonly code?: unknown } | null)?.code === 'ERR_JWKS_NO_MATCHING_KEY';
}

/** Whether any key carries more than its public part: such a set must not be kept anywhere. */
export function hasPrivatePart(json: unknown): boolean {
  const { keys } = (json ?? {}) as { readonly keys?: unknown };
  return (
    Array.isArray(keys) &&
    keys.some((key: unknown) => PRIVATE.some((member) => Object.hasOwn(Object(key), member)))
  );
}

function isUsable(key: unknown): key is Readonly<Record<string, string>> {
  if (key === null || typeof key !== 'object') return false;
  const { kty, use, n, e, crv } = key as Readonly<Record<string, unknown>>;
  const members = typeof kty === 'string' && Object.hasOwn(PUBLIC, kty) ? PUBLIC[kty] : undefined;
  if (members === undefined || (use !== undefined && use !== 'sig')) return false;
  if (!members.every((name) => typeof (key as Readonly<Record<string, unknown>>)[name] === 'string')) {
    return false;
  }
  // The work of a verification grows with both numbers, and the issuer chose them.
  return kty === 'RSA'
    ? String(n).length <= limits.jwks_modulus_length_max && isExponent(String(e))
    : crv === 'P-256';
}

/** Odd and above 1: under 1 every message is its own signature (RFC 8017, section 3.1). */
function isExponent(e: string): boolean {
  const value = e.length <= 6 ? Number(`0x0${Buffer.from(e, 'base64url').toString('hex')}`) : 0;
  return value > 2 && value % 2 === 1;
}

function publicPart(key: Readonly<Record<string, string>>): JWK {
  const names = [...COMMON, ...(PUBLIC[key.kty ?? ''] ?? [])];
  return Object.fromEntries(
    names.filter((name) => typeof key[name] === 'string').map((name) => [name, key[name]]),
  );
}
