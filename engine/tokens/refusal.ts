/** What every token is refused for, whoever issued it. */
import { isUtf8 } from 'node:buffer';
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';

/** Why a token was refused, for the log; callers are not told, so that they learn nothing by trying. */
export class TokenRefusal extends Error {
  override readonly name = 'TokenRefusal';
}

/** @returns the one error that every bad token gives; its `cause` says why. */
export function refuseToken(reason: string, cause?: unknown): ThenarError {
  return new ThenarError('invalid_token', 'The access token is invalid or has expired.', {
    cause: new TokenRefusal(reason, { cause }),
  });
}

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/**
 * A compact JWS (RFC 7515, section 7.1) in its one spelling: without padding or blanks, the unused bits of each last
 * character zero (RFC 4648, section 3.5), header and payload in UTF-8, so that no two texts mean one token and no
 * two subjects become one.
 * @throws ThenarError `invalid_token`
 */
export function assertSpelling(token: string): void {
  // Before anything reads it, so that nobody has us decode megabytes.
  if (token.length > limits.token_bytes_max) throw refuseToken('too long');
  if (!COMPACT.test(token)) throw refuseToken('not a compact JWT');
  for (const [at, segment] of token.split('.').entries()) {
    const bytes = Buffer.from(segment, 'base64url');
    if (bytes.toString('base64url') !== segment) throw refuseToken('not a compact JWT');
    if (at < 2 && !isUtf8(bytes)) throw refuseToken('not UTF-8');
  }
}

/**
 * Is it the token's time? Asked of a token that is remembered as of one that is new: a clock that was set back has
 * not reached the issue of what it verified before.
 * @param from, until, now epoch milliseconds; `limits.clock_skew_s` is tolerated on both sides
 * @throws ThenarError `invalid_token`
 */
export function assertTimely(from: number, until: number, now: number): void {
  const skew = limits.clock_skew_s * 1000;
  // What is beyond all numbers never ends.
  if (!Number.isFinite(from) || !Number.isFinite(until)) throw refuseToken('a time is no number');
  if (until <= now - skew) throw refuseToken('expired');
  if (from > now + skew) throw refuseToken('issued in the future');
}
