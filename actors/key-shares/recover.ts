/**
 * Recovery: with the face, a few times an hour, and never silently. What leaves is on record, and the tenant's webhooks
 * on their way, before it leaves.
 */
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { KeyShareRecord, WalletKeyRecord } from '../../engine/records.ts';
import type { RecoveredShare, RecoverShares } from '../api.ts';
import type { UserCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { notRegistered } from '../faces/rules.ts';
import { verifyFace } from '../faces/verify.ts';
import { walletTransaction } from '../wallet/history.ts';
import { emit } from '../webhook/emit.ts';
import { openShare, partyOf } from './place.ts';

export async function recoverShares(
  context: Context,
  call: UserCall,
  { keyIds, versions = 'latest', face }: RecoverShares,
): Promise<readonly RecoveredShare[]> {
  const { tenantId, userId } = call;
  // Before the face, so that a caller who must wait spends no attempt at it.
  await assertAllowance(context, call);
  await verifyFace(context, call, userId, face, 'recovery');
  const keys = await context.store.list('walletKeys', {
    where: { tenantId, userId, ...(keyIds === undefined ? {} : { keyId: { in: keyIds } }) },
    order: [['createdAt', 'asc']],
  });
  const missing = keyIds?.find((keyId) => !keys.some((key) => key.keyId === keyId));
  if (missing !== undefined) {
    throw new ThenarError('key_share_not_found', 'There is no share of that key.', {
      details: { key_id: missing },
    });
  }
  const shares: RecoveredShare[] = [];
  for (const key of keys) shares.push(...(await sharesOf(context, key, versions)));
  await record(
    context,
    call,
    keys.map((key) => key.keyId),
  );
  return shares;
}

async function sharesOf(
  context: Context,
  { tenantId, userId, keyId, algorithm, publicKey }: WalletKeyRecord,
  versions: 'latest' | 'all',
): Promise<RecoveredShare[]> {
  const where = { tenantId, userId, keyId };
  const rows = await context.store.list('keyShares', { where, order: [['version', 'desc']] });
  const latest = new Map<string, KeyShareRecord>();
  for (const row of rows) if (!latest.has(row.party)) latest.set(row.party, row);
  return (versions === 'all' ? rows : [...latest.values()]).map((row) => {
    const ciphertext = openShare(context, row);
    if (ciphertext === null) throw new ThenarError('user_not_found', 'There is no such user.');
    const { version, threshold } = row;
    return { keyId, version, algorithm, publicKey, threshold, party: partyOf(row), ciphertext };
  });
}

/** @throws ThenarError rate_limited */
async function assertAllowance(context: Context, { tenantId, userId }: UserCall): Promise<void> {
  const now = context.clock.now();
  const since = now - limits.key_share_recovery_window_ms;
  const recent = await context.store.list('walletTransactions', {
    where: { tenantId, userId, type: 'recovery', status: 'completed', createdAt: { gt: since } },
    order: [['createdAt', 'desc']],
    limit: limits.key_share_recoveries_max,
  });
  const oldest = recent[limits.key_share_recoveries_max - 1];
  if (oldest === undefined) return;
  throw new ThenarError('rate_limited', 'Too many recoveries; try again later.', {
    retryAfterMs: oldest.createdAt + limits.key_share_recovery_window_ms - now,
  });
}

/**
 * Counted again, against the version of the face's row: of several recoveries at once, each raises it, and no two are
 * committed on one count.
 */
async function record(context: Context, call: UserCall, keyIds: readonly string[]): Promise<void> {
  const { tenantId, userId, actor } = call;
  const { user } = await context.views.user(tenantId, { userId });
  for (let tries = 1; ; tries += 1) {
    const face = await context.store.get('faces', { tenantId, userId, status: 'registered' });
    if (face === null) throw notRegistered();
    await assertAllowance(context, call);
    const details = { key_ids: keyIds };
    const recoveredAt = context.clock.now();
    const { externalUserId } = user;
    const emission = emit(context, tenantId, 'keyshare.recovered', {
      userId,
      externalUserId,
      keyIds,
      recoveredAt,
    });
    try {
      await context.store.commit({
        tenantId,
        writes: [
          { check: 'users', where: { tenantId, userId, status: 'active' }, otherwise: 'user_suspended' },
          {
            update: 'faces',
            where: { tenantId, userId, status: 'registered', version: face.version },
            set: { version: face.version + 1 },
            otherwise: 'version_conflict',
          },
          walletTransaction(context, { tenantId, userId, type: 'recovery', details }),
          ...emission.writes,
        ],
        audit: [{ eventType: 'key_shares_recovered', severity: 'warning', actor, userId, details }],
      });
      emission.wake();
      return;
    } catch (error) {
      if (!isThenarError(error, 'version_conflict') || tries >= limits.face_change_attempts_max) throw error;
    }
  }
}
