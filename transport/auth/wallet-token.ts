import type { Authenticator } from './authenticator.ts';
import { bearerOf } from './bearer.ts';

/** An access token of a tenant's identity provider, or of ours. @throws ThenarError invalid_token, user_suspended, … */
export const walletToken: Authenticator = async (exchange) => {
  const token = bearerOf(exchange);
  return token === null ? null : exchange.listener.api.wallet.authenticateToken(token);
};
