import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { Caller } from '../../actors/calls.ts';
import { ThenarError } from '../../engine/errors.ts';
import { bearerToken } from '../auth/bearer.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Route } from '../http/route.ts';

export interface OpsAccess {
  /** THENAR_OPS_TOKEN; null on loopback only. */
  readonly token: string | null;
  /** Where the listener is bound. */
  readonly host: string;
  /** Operations that show nothing of the engine, or that probes call: no token. */
  readonly open: ReadonlySet<string>;
}

/**
 * A page on the web can make a browser call loopback under a name it controls (DNS rebinding), so the Host must be
 * ours; and it can post forms anywhere, so what changes something needs a header that forms cannot send.
 * @throws ThenarError forbidden, unauthenticated, invalid_token
 */
export function operator(access: OpsAccess): (exchange: Exchange, route: Route) => Caller {
  return ({ request }, route) => {
    if (!isOwnHost(request.headers.host, access.host)) {
      throw new ThenarError('forbidden', 'The Host header does not name this listener.');
    }
    if (route.method !== 'GET' && request.headers['x-thenar-ops'] !== '1') {
      throw new ThenarError('forbidden', 'This needs the header X-Thenar-Ops: 1.');
    }
    if (access.token !== null && !access.open.has(route.operation)) {
      checkToken(request.headers.authorization, access.token);
    }
    return { kind: 'anonymous' };
  };
}

function checkToken(header: string | undefined, expected: string): void {
  if (header === undefined) throw new ThenarError('unauthenticated', 'This needs the operator token.');
  const given = bearerToken(header);
  if (given === null || !sameSecret(given, expected)) {
    throw new ThenarError('invalid_token', 'This is not the operator token.');
  }
}

/** Hashed first, so that neither content nor length shows in the time it takes. */
function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** The port may differ behind a tunnel; a rebinding attacker can only choose a name. */
function isOwnHost(header: string | undefined, bound: string): boolean {
  if (header === undefined) return false;
  const name = header
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return name === 'localhost' || name === bound.toLowerCase() || isIP(name) !== 0;
}
