import { ThenarError } from '../../engine/errors.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Authenticator } from './authenticator.ts';

/** An access token of ours in the Authorization header. @throws ThenarError invalid_token */
export const bearer: Authenticator = (exchange) => {
  const token = bearerOf(exchange);
  return token === null ? null : exchange.listener.api.auth.authenticateToken(token);
};

/** The token of the Authorization header (RFC 6750 section 2.1), or null. @throws ThenarError invalid_token */
export function bearerOf({ request }: Exchange): string | null {
  const header = request.headers.authorization;
  if (header === undefined) return null;
  const token = bearerToken(header);
  if (token === null)
    throw new ThenarError('invalid_token', 'The Authorization header must be "Bearer <token>".');
  return token;
}

/** The token of such a header, or null. Whether it is one of ours is seen where it is verified. */
export function bearerToken(header: string): string | null {
  // As nearly everybody writes it: no need to look at each of its thousand characters.
  if (header.startsWith('Bearer ') && header.length > 7 && !header.includes(' ', 7)) return header.slice(7);
  return /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(header)?.[1] ?? null;
}
