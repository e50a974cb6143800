/** Accounts of end users, from signing up to signing out. */
import { readRefreshToken } from '../../engine/accounts/refresh_token.ts';
import { isThenarError } from '../../engine/errors.ts';
import { equalBytes } from '../../engine/secrets/generate.ts';
import type { AccessToken } from '../../engine/tokens/verify.ts';
import { provenClient } from '../accounts/client.ts';
import { endSession } from '../accounts/refresh.ts';
import type { SendLimits } from '../accounts/send-limits.ts';
import type { EngineApi, Introspection } from '../api.ts';
import type { Context } from '../context.ts';
import { standingToken } from './auth.ts';
import { grantCommands } from './grants.ts';
import { passwordCommands } from './passwords.ts';
import { registrationCommands } from './registration.ts';

export function accountCommands(context: Context, sendLimits: SendLimits): EngineApi['accounts'] {
  return {
    ...grantCommands(context),
    ...registrationCommands(context, sendLimits),
    ...passwordCommands(context, sendLimits),
    async revoke(call, token) {
      const { tenantId, userId } = call;
      const refresh = readRefreshToken(token, context.codeKey);
      const sessionId = refresh?.sessionId ?? (await accessOf(context, token))?.sessionId ?? null;
      if (sessionId === null) return;
      const session = await context.store.get('userSessions', { tenantId, userId, sessionId });
      if (session === null) return;
      // A spent refresh token still ends its family: whoever holds it wants it dead.
      await endSession(context, session, { eventType: 'user_signed_out', actor: call.actor });
    },
    async introspect(call, { clientId, clientSecret, token }) {
      const { tenant } = await provenClient(context, call, { clientId, clientSecret });
      const found = (await introspectRefresh(context, token)) ?? (await introspectAccess(context, token));
      return found?.tenantId === tenant.tenantId ? found : null;
    },
  };
}

async function accessOf(context: Context, token: string): Promise<AccessToken | null> {
  try {
    return await standingToken(context, token);
  } catch (error) {
    if (isThenarError(error, 'invalid_token', 'tenant_suspended')) return null;
    throw error;
  }
}

async function introspectAccess(context: Context, token: string): Promise<Introspection | null> {
  const access = await accessOf(context, token);
  if (access === null) return null;
  const { kind, subject, clientId, tenantId, scopes, issuedAt, expiresAt, jti } = access;
  return { kind, subject, clientId, tenantId, scopes, issuedAt, expiresAt, jti };
}

async function introspectRefresh(context: Context, token: string): Promise<Introspection | null> {
  const refresh = readRefreshToken(token, context.codeKey);
  if (refresh === null) return null;
  const session = await context.store.get('userSessions', { sessionId: refresh.sessionId });
  if (session === null || session.expiresAt <= context.clock.now()) return null;
  if (!equalBytes(session.tokenHash, refresh.hash)) return null;
  const { userId, clientId, tenantId, scopes, usedAt, expiresAt } = session;
  const user = await context.store.get('users', { tenantId, userId, status: 'active' });
  if (user === null) return null;
  return {
    kind: 'refresh',
    subject: userId,
    clientId,
    tenantId,
    scopes,
    issuedAt: usedAt,
    expiresAt,
    jti: null,
  };
}
