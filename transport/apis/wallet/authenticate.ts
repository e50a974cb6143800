import type { Caller } from '../../../actors/calls.ts';
import { ThenarError } from '../../../engine/errors.ts';
import { session } from '../../auth/session.ts';
import { walletToken } from '../../auth/wallet-token.ts';
import type { Exchange } from '../../http/exchange.ts';

/**
 * A token of the tenant's identity provider, or of a user of ours. A console session is looked at as well, so that
 * the wrong kind of caller is told 403 and only nobody is told 401.
 * @throws ThenarError unauthenticated when the request brings neither
 */
export async function authenticate(exchange: Exchange): Promise<Caller> {
  const caller = (await walletToken(exchange)) ?? (await session(exchange));
  if (caller === null) throw new ThenarError('unauthenticated', 'This needs an access token.');
  return caller;
}
