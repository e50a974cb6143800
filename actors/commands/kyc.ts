import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { type KycProvider, kycProviderNames, type SignedBody } from '../../engine/kyc/provider.ts';
import { isOverdue, kycDecided, kycExpired, kycStarted, newKycSession } from '../../engine/kyc/session.ts';
import { limits } from '../../engine/limits.ts';
import type { Where, Write } from '../../engine/ports.ts';
import type { KycSessionRecord, UserRecord } from '../../engine/records.ts';
import { canonicalUuid, isUuid } from '../../engine/uuid.ts';
import type { EngineApi, InitiateKyc, KycQuery } from '../api.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { kycProviders } from '../kyc/providers.ts';
import { expireSession, settleSession } from '../kyc/settle.ts';
import { findIdentity } from '../users/identities.ts';
import { oneAtATime } from './attempts.ts';
import { timeRange } from './deliveries.ts';

/** Identity checks: one open at a time a user, decided once by what the provider signed. */
export function kycCommands(context: Context): EngineApi['kyc'] {
  const { clock, store, views } = context;
  const providers = kycProviders(context);
  const guarded = oneAtATime();

  async function open(tenantId: string, userId: string): Promise<KycSessionRecord | null> {
    const session = await store.get('kycSessions', { tenantId, userId, status: 'pending' });
    if (session === null || !isOverdue(session, clock.now())) return session;
    await expireSession(context, session);
    return null;
  }

  async function latest(tenantId: string, userId: string): Promise<KycSessionRecord | null> {
    const order = [['createdAt', 'desc']] as const;
    const [session] = await store.list('kycSessions', { where: { tenantId, userId }, order, limit: 1 });
    return session ?? null;
  }

  async function begin(call: TenantCall, user: UserRecord, input: InitiateKyc): Promise<KycSessionRecord> {
    const { tenantId, userId } = user;
    const found = await open(tenantId, userId);
    if (found !== null && input.provider !== undefined && input.provider !== found.provider) {
      throw new ThenarError('kyc_in_progress', 'A check with another provider is open.', {
        details: { session_id: found.sessionId, provider: found.provider },
      });
    }
    if (found !== null && found.startedAt !== null) return found;
    if (found === null && user.kycStatus === 'verified') {
      const done = await latest(tenantId, userId);
      if (done?.status === 'verified') return done;
    }
    const name = found?.provider ?? input.provider ?? views.tenant(tenantId).config.kycProvider;
    const provider = providers.get(name);
    if (provider === undefined) {
      throw new ThenarError('kyc_provider_unset', `The provider ${name} is not configured here.`);
    }
    const linked = input.nationalId === undefined ? await findIdentity(context, user, 'national_id') : null;
    const nationalId = input.nationalId ?? linked?.value ?? null;
    provider.check({ nationalId });
    // The row is there before the provider is asked, and names the request: after a crash in between the same request
    // is made again.
    const session = found ?? (await openNew(context, user, name));
    return start(call, session, provider, nationalId);
  }

  async function start(
    call: TenantCall,
    session: KycSessionRecord,
    provider: KycProvider,
    nationalId: string | null,
  ): Promise<KycSessionRecord> {
    const { tenantId, sessionId } = session;
    const started = await provider.start({ sessionId, nationalId }).catch(async (error: unknown) => {
      const reason = isThenarError(error) ? error.code : 'internal';
      const next = kycExpired(session, reason, clock.now());
      await settleSession(context, session, next, call.actor).catch((failure: unknown) => {
        context.log.warn({ sessionId, error: failure }, 'A check that no provider took ends by its time');
      });
      throw error;
    });
    try {
      return await settleSession(context, session, kycStarted(session, started, clock.now()), call.actor);
    } catch (error) {
      if (!isThenarError(error, 'kyc_session_over')) throw error;
      // The provider called back before its own answer was here.
      const decided = await store.get('kycSessions', { tenantId, sessionId });
      if (decided === null) throw error;
      return decided;
    }
  }

  return {
    async initiate(call, input) {
      const { user } = await views.user(call.tenantId, input.user);
      return guarded(`kyc/${user.userId}`, async () => {
        // Read again: whoever was before us in the line may have changed it.
        const fresh = (await views.user(call.tenantId, { userId: user.userId })).user;
        if (fresh.status !== 'active') {
          throw new ThenarError('user_suspended', `This user is ${fresh.status}.`, {
            details: { status: fresh.status },
          });
        }
        return begin(call, fresh, input);
      });
    },
    async status(call, userId) {
      const { tenantId } = call;
      await views.user(tenantId, { userId });
      await open(tenantId, userId);
      const [{ user }, session] = await Promise.all([
        views.user(tenantId, { userId }),
        latest(tenantId, userId),
      ]);
      return { user, session };
    },
    sessions: (call, query) =>
      store.page('kycSessions', {
        where: { tenantId: call.tenantId, ...filters(query) },
        order: [['createdAt', 'desc']],
        limit: query.pageSize,
        offset: (query.page - 1) * query.pageSize,
      }),
    async callback(_call, name, signed) {
      const provider = providers.get(name);
      if (provider === undefined) {
        // One that is not configured has no key here, so that nothing can be signed by it.
        throw (kycProviderNames as readonly string[]).includes(name)
          ? new ThenarError('kyc_signature_invalid', `The provider ${name} is not configured here.`)
          : new ThenarError('not_found', 'There is no such provider.');
      }
      return applyCallback(context, provider, signed);
    },
  };
}

/** One open check a user: the index of the table holds it against engines and callers that race. */
async function openNew(context: Context, user: UserRecord, provider: string): Promise<KycSessionRecord> {
  const { tenantId, userId } = user;
  const sessionId = context.random.uuid();
  const session = newKycSession({ sessionId, tenantId, userId, provider }, context.clock.now());
  await context.store.commit({
    tenantId,
    writes: [
      { check: 'users', where: { tenantId, userId, status: 'active' }, otherwise: 'user_suspended' },
      { insert: 'kycSessions', row: session, conflict: 'kyc_in_progress' },
    ],
  });
  return session;
}

async function applyCallback(
  context: Context,
  provider: KycProvider,
  signed: SignedBody,
): Promise<KycSessionRecord> {
  const { clock, store } = context;
  const now = clock.now();
  const { callbackId, said } = provider.read(signed, now);
  const seen = { provider: provider.name, callbackId };
  if ((await store.get('kycCallbacks', seen)) !== null) {
    throw new ThenarError('kyc_callback_replayed', 'This callback was acted upon before.');
  }
  const sessionId = canonicalUuid(said.sessionId);
  const session = isUuid(sessionId)
    ? await store.get('kycSessions', { provider: provider.name, sessionId })
    : null;
  if (session === null || (session.reference ?? said.reference) !== (said.reference ?? session.reference)) {
    throw new ThenarError('kyc_session_not_found', 'There is no such identity check.');
  }
  if (isOverdue(session, now)) await expireSession(context, session);
  const next = kycDecided(session, said, now);
  if (next === null) return session;
  const expiresAt = now + 2 * limits.webhook_signature_tolerance_s * 1000;
  const once: Write = {
    insert: 'kycCallbacks',
    row: { ...seen, expiresAt },
    conflict: 'kyc_callback_replayed',
  };
  return settleSession(context, session, next, `provider/${provider.name}`, [once]);
}

function filters({ status, provider, userId, from, until }: KycQuery): Where<'kycSessions'> {
  return {
    ...(status === undefined ? {} : { status }),
    ...(provider === undefined ? {} : { provider }),
    ...(userId === undefined ? {} : { userId }),
    ...(from === undefined && until === undefined ? {} : { createdAt: timeRange(from, until) }),
  };
}
