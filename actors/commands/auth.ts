import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { type Eventually, then } from '../../engine/eventually.ts';
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { ConsoleSessionRecord, ConsoleUserRecord, UserStatus } from '../../engine/records.ts';
import { remembered } from '../../engine/remembered.ts';
import { equalBytes, hashSecret, newOpaqueToken } from '../../engine/secrets/generate.ts';
import { refuseToken } from '../../engine/tokens/refusal.ts';
import type { AccessToken } from '../../engine/tokens/verify.ts';
import { provenClient } from '../accounts/client.ts';
import type { EngineApi } from '../api.ts';
import { auditJwks } from '../audit/keys.ts';
import type { ClientCaller, ConsoleCaller, UserCaller } from '../calls.ts';
import type { Context } from '../context.ts';
import type { Views } from '../views.ts';
import { assertNotLocked, noteFailure, noteSuccess } from './attempts.ts';
import { signInGuesses } from './guesses.ts';
import { certificateUsed } from './pairing.ts';

/** Tokens, console sessions and device certificates: who is calling. */
export function authCommands(context: Context): EngineApi['auth'] {
  const { clock, guarded, guesses, store, tokens, views } = context;
  const { authorities } = context.tls;
  return {
    async issueToken(call, { clientId, clientSecret, scopes: wanted }) {
      const { client } = await provenClient(context, call, { clientId, clientSecret });
      const scopes = wanted ?? client.scopes;
      const beyond = scopes.filter((scope) => !client.scopes.includes(scope));
      if (beyond.length > 0) {
        throw new ThenarError('invalid_scope', `This client does not have the scope ${beyond.join(' ')}.`, {
          details: { fields: [{ field: 'scope', message: `may name ${client.scopes.join(' ')}` }] },
        });
      }
      const { token, expiresInSeconds } = await tokens.issue(
        {
          subject: client.clientId,
          clientId: client.clientId,
          tenantId: client.tenantId,
          scopes,
          kind: 'client',
          jti: context.random.uuid(),
        },
        clock.now(),
      );
      return { accessToken: token, expiresInS: expiresInSeconds, scopes };
    },
    authenticateToken: (token) => then(standingToken(context, token), callerOf),
    jwks() {
      const now = clock.now();
      return { keys: [...tokens.jwks(now).keys, ...context.receipts.jwks(now), ...auditJwks(context)] };
    },
    issuer: () => ({ issuer: context.deployment.issuer, publicUrl: context.deployment.publicUrl }),
    async login(call, { email, password }) {
      const address = email.trim().toLowerCase();
      const user = await guarded(`login/${address}`, async (target) => {
        await assertNotLocked(context, target);
        const right = await guesses.guess(signInGuesses(call.address), async () => {
          const found = await store.get('consoleUsers', { email: address, status: 'active' });
          return (await context.passwords.verify(found?.passwordHash ?? null, password)) ? found : null;
        });
        if (right !== null) return right;
        await noteFailure(context, 'login', target, call.actor, { email: address, address: call.address });
        throw new ThenarError('invalid_credentials', 'The e-mail or password is wrong.');
      });
      if (user.tenantId !== null) views.activeTenant(user.tenantId);
      await noteSuccess(context, `login/${address}`);
      const cookie = newOpaqueToken(context.random);
      const csrfToken = newOpaqueToken(context.random);
      const now = clock.now();
      const session: ConsoleSessionRecord = {
        sessionHash: hashSecret(cookie),
        consoleUserId: user.consoleUserId,
        csrfHash: hashSecret(csrfToken),
        createdAt: now,
        expiresAt: now + limits.console_session_life_s * 1000,
      };
      await store.commit({
        tenantId: user.tenantId ?? PLATFORM_TENANT,
        writes: [{ insert: 'consoleSessions', row: session }],
        audit: [
          {
            eventType: 'console_login',
            actor: `console/${user.consoleUserId}`,
            details: { address: call.address },
          },
        ],
      });
      return {
        cookie,
        csrfToken,
        role: user.role,
        tenantId: user.tenantId,
        expiresInS: limits.console_session_life_s,
      };
    },
    async logout(_call, caller) {
      await store.commit({
        tenantId: caller.tenantId ?? PLATFORM_TENANT,
        writes: [{ delete: 'consoleSessions', where: { sessionHash: caller.sessionHash } }],
        audit: [{ eventType: 'console_logout', actor: `console/${caller.consoleUserId}` }],
      });
    },
    authenticateSession: (cookie) => standingSession(context, hashSecret(cookie)),
    checkCsrf: (caller, token) => equalBytes(caller.csrfHash, hashSecret(token)),
    async me(caller) {
      const { consoleUserId, email, name, role, tenantId } = await consoleUser(context, caller.consoleUserId);
      return { consoleUserId, email, name, role, tenantId };
    },
    authenticateDevice(fingerprint) {
      const check = context.certificates.check(fingerprint, clock.now(), authorities.generations);
      if (!check.ok) {
        return { ok: false, code: check.code, superseded: check.certificate?.denyReason === 'superseded' };
      }
      const { tenantId, deviceId } = check.certificate;
      if (views.tenants.get(tenantId)?.status !== 'active') return { ok: false, code: 'tenant_suspended' };
      const status = views.devices.get(deviceId)?.status;
      if (status === 'revoked') return { ok: false, code: 'device_certificate_revoked' };
      if (status === 'suspended') return { ok: false, code: 'device_suspended' };
      certificateUsed(context, fingerprint);
      return { ok: true, tenantId, deviceId };
    },
  };
}

/**
 * The token if it is good at this moment. A client's is by its signature and the list of deleted clients, in memory;
 * a user's also by its sign-in and its user, which are in memory once they were asked for.
 * @throws ThenarError invalid_token, tenant_suspended
 */
export function standingToken(context: Context, token: string): Eventually<AccessToken> {
  const { tokens, views } = context;
  const now = context.clock.now();
  return then(tokens.recall(token, now) ?? tokens.verify(token, now), (verified) => {
    views.activeTenant(verified.tenantId);
    return verified.kind === 'client' ? verified : signedIn(context, verified);
  });
}

/** The token of a user who is signed in with it. @throws ThenarError invalid_token */
async function signedIn({ liveSessions, views }: Context, verified: AccessToken): Promise<AccessToken> {
  const { tenantId, subject: userId, sessionId } = verified;
  if (sessionId === null || !(await liveSessions.has(tenantId, userId, sessionId))) {
    throw refuseToken('signed out');
  }
  const status = await statusOf(views, tenantId, userId);
  if (status !== 'active') throw refuseToken(`user ${status}`);
  return verified;
}

/** A token says the same of its caller every time. */
const callerOf = remembered(
  ({ kind, tenantId, clientId, scopes, subject, sessionId }: AccessToken): ClientCaller | UserCaller =>
    kind === 'client'
      ? { kind, tenantId, clientId, scopes }
      : { kind, tenantId, userId: subject, clientId, sessionId: sessionId ?? '' },
);

/** Who a console session speaks for at this moment. @throws ThenarError unauthenticated, tenant_suspended */
async function standingSession(context: Context, sessionHash: Uint8Array): Promise<ConsoleCaller> {
  const session = await context.store.get('consoleSessions', { sessionHash });
  if (session === null || session.expiresAt <= context.clock.now()) throw sessionOver();
  const { consoleUserId, role, tenantId } = await consoleUser(context, session.consoleUserId);
  if (tenantId !== null) context.views.activeTenant(tenantId);
  return { kind: 'console', consoleUserId, role, tenantId, csrfHash: session.csrfHash, sessionHash };
}

/** Whether a session that was let in would be let in again, as the same. */
export async function sessionStands(context: Context, caller: ConsoleCaller): Promise<boolean> {
  try {
    return (await standingSession(context, caller.sessionHash)).tenantId === caller.tenantId;
  } catch (error) {
    if (isThenarError(error, 'unauthenticated', 'tenant_suspended', 'tenant_not_found')) return false;
    throw error;
  }
}

async function statusOf(views: Views, tenantId: string, userId: string): Promise<UserStatus> {
  try {
    return (await views.user(tenantId, { userId })).user.status;
  } catch (error) {
    if (isThenarError(error, 'user_not_found')) return 'deleted';
    throw error;
  }
}

async function consoleUser(context: Context, consoleUserId: string): Promise<ConsoleUserRecord> {
  const user = await context.store.get('consoleUsers', { consoleUserId, status: 'active' });
  if (user === null) throw sessionOver();
  return user;
}

function sessionOver(): ThenarError {
  return new ThenarError('unauthenticated', 'The console session is unknown or over.');
}
