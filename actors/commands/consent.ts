import { ThenarError } from '../../engine/errors.ts';
import { coversPalms, grantConsent, statusAfter, withdrawConsent } from '../../engine/identity/consent.ts';
import type { ConsentRecord, UserRecord } from '../../engine/records.ts';
import type { ConsentGrant, EngineApi } from '../api.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { callingDevice } from '../device/calling.ts';
import { cancelChallenges } from '../users/challenges.ts';
import { changeUser, type UserChange } from '../users/change.ts';
import { changeAndErasePalms } from '../users/erase.ts';
import { emit } from '../webhook/emit.ts';

/** Consent: what stands of each kind, and the user's `consent_status`, always in one commit. */
export function consentCommands(context: Context): EngineApi['consent'] {
  const { store, views } = context;

  async function grant(call: TenantCall, userId: string, input: ConsentGrant): Promise<ConsentRecord> {
    const { tenantId, actor } = call;
    const { consentType, version: consentVersion, channel = null } = input;
    const { value } = await changeUser<ConsentRecord>(context, tenantId, userId, async (user, now) => {
      const current = await store.get('consents', { tenantId, userId, consentType });
      const record = grantConsent(current, { tenantId, userId, consentType, consentVersion, channel }, now);
      if (record === current) return { unchanged: record };
      const details = { consent_type: consentType, version: consentVersion, channel };
      return {
        set: { consentStatus: statusAfter(user.consentStatus, record) },
        writes: [{ upsert: 'consents', row: record }],
        audit: [{ eventType: 'consent_granted', actor, userId, details }],
        value: record,
      };
    });
    return value;
  }

  return {
    async grant(call, reference, input) {
      const { user } = await views.user(call.tenantId, reference);
      return grant(call, user.userId, input);
    },
    async grantAtDevice(call, userId, input) {
      await callingDevice(context, call, 'consent');
      return grant(call, userId, { ...input, channel: 'device' });
    },
    async status(call, userId) {
      const { tenantId } = call;
      const { user } = await views.user(tenantId, { userId });
      const consents = await store.list('consents', {
        where: { tenantId, userId },
        order: [['consentType', 'asc']],
      });
      return { userId, status: user.consentStatus, consents };
    },
    async withdraw(call, reference, { consentType, erase = false }) {
      const { tenantId } = call;
      const { userId } = (await views.user(tenantId, reference)).user;
      const current = (user: UserRecord) => withdrawal(context, call, user, consentType);
      if (erase) {
        const { changed, erasure } = await changeAndErasePalms(context, call, userId, async (user, now) => {
          const { change, record } = await current(user);
          // Palms may be left from a withdrawal that did not erase them: then only they go.
          return change(now) ?? { set: {}, audit: [], value: record };
        });
        cancelChallenges(context, tenantId, userId, 'consent_withdrawn');
        return { consent: changed.value, erasure };
      }
      const { value } = await changeUser<ConsentRecord>(context, tenantId, userId, async (user, now) => {
        const { change, record } = await current(user);
        return change(now) ?? { unchanged: record };
      });
      if (coversPalms(consentType)) cancelChallenges(context, tenantId, userId, 'consent_withdrawn');
      return { consent: value, erasure: null };
    },
    async records(call, query) {
      const { consentType, status, from, until, page, pageSize } = query;
      return store.page('consents', {
        where: {
          tenantId: call.tenantId,
          ...(consentType === undefined ? {} : { consentType }),
          ...(status === undefined ? {} : { status }),
          ...(from === undefined && until === undefined
            ? {}
            : { grantedAt: { gte: from ?? 0, ...(until === undefined ? {} : { lt: until }) } }),
        },
        order: [
          ['grantedAt', query.order ?? 'desc'],
          ['userId', 'asc'],
          ['consentType', 'asc'],
        ],
        limit: pageSize,
        offset: (page - 1) * pageSize,
      });
    },
  };
}

/** What withdrawing would change of a user as it is now; `change` is null when it was withdrawn before. */
async function withdrawal(
  context: Context,
  call: TenantCall,
  user: UserRecord,
  consentType: string,
): Promise<{
  readonly record: ConsentRecord;
  readonly change: (now: number) => UserChange<ConsentRecord> | null;
}> {
  const { tenantId, userId, externalUserId } = user;
  const current = await context.store.get('consents', { tenantId, userId, consentType });
  if (current === null) {
    throw new ThenarError('consent_not_found', 'This user never gave consent of that type.', {
      details: { consent_type: consentType },
    });
  }
  const { consentVersion: version } = current;
  return {
    record: current,
    change(now) {
      const record = withdrawConsent(current, now);
      if (record === current) return null;
      const facts = { userId, externalUserId, consentType, version, withdrawnAt: now };
      return {
        set: { consentStatus: statusAfter(user.consentStatus, record) },
        writes: [{ upsert: 'consents', row: record }],
        audit: [
          {
            eventType: 'consent_withdrawn',
            severity: 'warning',
            actor: call.actor,
            userId,
            details: { consent_type: consentType, version },
          },
        ],
        emission: emit(context, tenantId, 'consent.withdrawn', facts),
        value: record,
      };
    },
  };
}
