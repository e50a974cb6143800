import { ThenarError } from '../../engine/errors.ts';
import type { Authenticator } from './authenticator.ts';

/** An access token in the Authorization header (RFC 6750 section 2.1). @throws ThenarError invalid_token */
export const bearer: Authenticator = async ({ request, listener }) => {
  const header = request.headers.authorization;
  if (header === undefined) return null;
  const token = bearerToken(header);
  if (token === null)
    throw new ThenarError('invalid_token', 'The Authorization header must be "Bearer <token>".');
  return listener.api.auth.authenticateToken(token);
};

export function bearerToken(header: string): string | null {
  return /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i.exec(header)?.[1] ?? null;
}
