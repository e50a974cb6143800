/** Signing in: a session with its first pair of tokens, and going on with it. */
import { newRefreshToken } from '../../engine/accounts/refresh_token.ts';
import { limits } from '../../engine/limits.ts';
import type { Write } from '../../engine/ports.ts';
import type { ClientRecord, UserRecord, UserSessionRecord } from '../../engine/records.ts';
import type { UserTokens } from '../api.ts';
import type { Call } from '../calls.ts';
import type { Context } from '../context.ts';

/** The user and the client stand at the moment of the commit; nobody is let in through one that was just ended. */
export function standing(user: Pick<UserRecord, 'tenantId' | 'userId'>, clientId: string): Write[] {
  const { tenantId, userId } = user;
  return [
    { check: 'users', where: { tenantId, userId, status: 'active' }, otherwise: 'user_suspended' },
    { check: 'clients', where: { tenantId, clientId, status: 'active' }, otherwise: 'invalid_client' },
  ];
}

/** @param spent what the commit that opens the session takes away: a code, failures held against the login */
export async function signIn(
  context: Context,
  call: Call,
  client: ClientRecord,
  user: UserRecord,
  by: { readonly method: string; readonly spent: readonly Write[] },
): Promise<UserTokens> {
  const { clock, random, store } = context;
  const { tenantId, userId } = user;
  const now = clock.now();
  const sessionId = random.uuid();
  const refresh = newRefreshToken(sessionId, context.codeKey, random);
  const session: UserSessionRecord = {
    sessionId,
    tenantId,
    userId,
    clientId: client.clientId,
    scopes: [],
    tokenHash: refresh.hash,
    createdAt: now,
    usedAt: now,
    expiresAt: now + limits.refresh_idle_s * 1000,
  };
  const access = await accessToken(context, session);
  await store.commit({
    tenantId,
    writes: [
      ...standing(user, client.clientId),
      { insert: 'userSessions', row: session },
      ...(await crowdedOut(context, tenantId, userId)),
      ...by.spent,
    ],
    audit: [
      {
        eventType: 'user_signed_in',
        actor: `user/${userId}`,
        userId,
        details: { method: by.method, client_id: client.clientId, address: call.address },
      },
    ],
  });
  context.liveSessions.forget(tenantId, userId);
  return { ...access, refreshToken: refresh.text, userId };
}

/** The longest unused sign-ins of a user who has too many. */
async function crowdedOut(context: Context, tenantId: string, userId: string): Promise<Write[]> {
  const rows = await context.store.list('userSessions', {
    where: { tenantId, userId },
    order: [['usedAt', 'desc']],
  });
  const over = rows.slice(limits.user_sessions_max - 1).map((row) => row.sessionId);
  return over.length === 0 ? [] : [{ delete: 'userSessions', where: { sessionId: { in: over } } }];
}

/** Signed before the commit that makes it good, so that a key that is missing leaves nothing behind. */
export async function accessToken(
  context: Context,
  session: UserSessionRecord,
): Promise<Pick<UserTokens, 'accessToken' | 'expiresInS'>> {
  const { sessionId, tenantId, userId, clientId, scopes } = session;
  const { token, expiresInSeconds } = await context.tokens.issue(
    { subject: userId, clientId, tenantId, scopes, kind: 'user', jti: context.random.uuid(), sessionId },
    context.clock.now(),
  );
  return { accessToken: token, expiresInS: expiresInSeconds };
}
