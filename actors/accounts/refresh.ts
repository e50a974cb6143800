/** Refresh tokens: each works once, and one that is used again ends all that came of its sign-in. */
import { newRefreshToken, readRefreshToken } from '../../engine/accounts/refresh_token.ts';
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { ClientRecord, UserSessionRecord } from '../../engine/records.ts';
import { equalBytes } from '../../engine/secrets/generate.ts';
import type { UserTokens } from '../api.ts';
import type { Context } from '../context.ts';
import { accessToken, standing } from './sign-in.ts';

/**
 * A spent token in anybody's hands means that two hold what only one was given, and nobody can tell which of them is
 * the thief: the session ends for both (RFC 9700 section 4.14.2). So does a race: of two calls with one token one
 * wins the compare-and-set, and the loser ends what the winner got. There is no time of grace in which a stolen token
 * would work; a client sends one refresh at a time.
 * @throws ThenarError invalid_grant, invalid_client
 */
export async function refreshed(context: Context, client: ClientRecord, text: string): Promise<UserTokens> {
  const { clock, random, store } = context;
  const presented = readRefreshToken(text, context.codeKey);
  const session =
    presented === null
      ? null
      : await store.get('userSessions', { tenantId: client.tenantId, sessionId: presented.sessionId });
  const now = clock.now();
  if (session === null || presented === null || session.clientId !== client.clientId) throw spent();
  if (session.expiresAt <= now) throw spent();
  if (!equalBytes(session.tokenHash, presented.hash)) {
    if (!presented.ours) throw spent();
    return reused(context, session);
  }
  const { tenantId, userId, sessionId } = session;
  const next = newRefreshToken(sessionId, context.codeKey, random);
  const access = await accessToken(context, session);
  const expiresAt = Math.min(
    now + limits.refresh_idle_s * 1000,
    session.createdAt + limits.refresh_life_s * 1000,
  );
  try {
    await store.commit({
      tenantId,
      writes: [
        ...standing(session, client.clientId),
        {
          update: 'userSessions',
          where: { sessionId, tokenHash: session.tokenHash },
          set: { tokenHash: next.hash, usedAt: now, expiresAt },
          otherwise: 'invalid_grant',
        },
      ],
    });
  } catch (error) {
    if (isThenarError(error, 'user_suspended')) throw spent();
    if (isThenarError(error, 'invalid_grant')) return reused(context, session);
    throw error;
  }
  return { ...access, refreshToken: next.text, userId };
}

async function reused(context: Context, session: UserSessionRecord): Promise<never> {
  await endSession(context, session, {
    eventType: 'refresh_token_reused',
    severity: 'warning',
    actor: `user/${session.userId}`,
  });
  throw spent();
}

/** Ends a sign-in with all of its tokens. Ending it twice is no harm. */
export async function endSession(
  context: Context,
  { tenantId, userId, sessionId, clientId }: UserSessionRecord,
  audit: { readonly eventType: string; readonly severity?: 'info' | 'warning'; readonly actor: string },
): Promise<void> {
  await context.store.commit({
    tenantId,
    writes: [{ delete: 'userSessions', where: { tenantId, sessionId } }],
    audit: [{ ...audit, userId, details: { session_id: sessionId, client_id: clientId } }],
  });
  context.liveSessions.forget(tenantId, userId);
}

function spent(): ThenarError {
  return new ThenarError('invalid_grant', 'The refresh token is unknown, spent or over.');
}
