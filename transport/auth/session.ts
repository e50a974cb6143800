import { ThenarError } from '../../engine/errors.ts';
import type { Authenticator } from './authenticator.ts';
import { cookieOf, SESSION_COOKIE } from './cookie.ts';

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A console session by its cookie. A browser sends the cookie by itself, so anything that changes something must
 * also bring the token that only our pages know.
 * @throws ThenarError unauthenticated, csrf_token_invalid
 */
export const session: Authenticator = async ({ request, listener }) => {
  const cookie = cookieOf(request.headers.cookie, SESSION_COOKIE);
  if (cookie === null || cookie === '') return null;
  const caller = await listener.api.auth.authenticateSession(cookie);
  if (!safeMethods.has(request.method)) {
    const token = request.headers['x-csrf-token'];
    if (token === undefined || !listener.api.auth.checkCsrf(caller, token)) {
      throw new ThenarError('csrf_token_invalid', 'X-CSRF-Token must carry the token of this session.');
    }
  }
  return caller;
};
