import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { ConsoleSessionRecord, ConsoleUserRecord } from '../../engine/records.ts';
import { equalBytes, hashSecret, newOpaqueToken } from '../../engine/secrets/generate.ts';
import type { EngineApi } from '../api.ts';
import { auditJwks } from '../audit/keys.ts';
import type { ConsoleCaller } from '../calls.ts';
import type { Context } from '../context.ts';
import { assertNotLocked, noteFailure, noteSuccess, oneAtATime } from './attempts.ts';
import { certificateUsed } from './pairing.ts';

/** Tokens, console sessions and device certificates: who is calling. */
export function authCommands(context: Context): EngineApi['auth'] {
  const { clock, store, tokens, views } = context;
  const guarded = oneAtATime();
  const { authorities } = context.tls;
  return {
    async issueToken(_call, { clientId, clientSecret }) {
      const client = await views.client(clientId);
      const presented = hashSecret(clientSecret);
      if (client === null || !equalBytes(client.secretHash, presented)) {
        throw new ThenarError('invalid_client', 'The client_id or client_secret is wrong.');
      }
      views.activeTenant(client.tenantId);
      const { token, expiresInSeconds } = await tokens.issue(
        {
          subject: clientId,
          clientId,
          tenantId: client.tenantId,
          scopes: client.scopes,
          kind: 'client',
          jti: context.random.uuid(),
        },
        clock.now(),
      );
      return { accessToken: token, expiresInS: expiresInSeconds };
    },
    async authenticateToken(token) {
      const now = clock.now();
      const verified = tokens.recall(token, now) ?? (await tokens.verify(token, now));
      views.activeTenant(verified.tenantId);
      const { tenantId, clientId, scopes } = verified;
      return { kind: 'client', tenantId, clientId, scopes };
    },
    jwks() {
      const now = clock.now();
      return { keys: [...tokens.jwks(now).keys, ...context.receipts.jwks(now), ...auditJwks(context)] };
    },
    async login(call, { email, password }) {
      const address = email.trim().toLowerCase();
      const user = await guarded(`login/${address}`, async (target) => {
        await assertNotLocked(context, target);
        const found = await store.get('consoleUsers', { email: address, status: 'active' });
        const right = await context.passwords.verify(found?.passwordHash ?? null, password);
        if (found !== null && right) return found;
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
    async authenticateSession(cookie) {
      const sessionHash = hashSecret(cookie);
      const session = await store.get('consoleSessions', { sessionHash });
      if (session === null || session.expiresAt <= clock.now()) throw sessionOver();
      const user = await consoleUser(context, session.consoleUserId);
      if (user.tenantId !== null) views.activeTenant(user.tenantId);
      return {
        kind: 'console',
        consoleUserId: user.consoleUserId,
        role: user.role,
        tenantId: user.tenantId,
        csrfHash: session.csrfHash,
        sessionHash,
      } satisfies ConsoleCaller;
    },
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

async function consoleUser(context: Context, consoleUserId: string): Promise<ConsoleUserRecord> {
  const user = await context.store.get('consoleUsers', { consoleUserId, status: 'active' });
  if (user === null) throw sessionOver();
  return user;
}

function sessionOver(): ThenarError {
  return new ThenarError('unauthenticated', 'The console session is unknown or over.');
}
