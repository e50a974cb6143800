/** Backups: every share of a request in one commit, each against the version of its key that was read. */
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Write } from '../../engine/ports.ts';
import type { KeyShareRecord, WalletKeyRecord } from '../../engine/records.ts';
import type { BackedUpShare, StoredShare } from '../api.ts';
import type { UserCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { walletTransaction } from '../wallet/history.ts';
import { partyText, sealShare } from './place.ts';

export async function backUpShares(
  context: Context,
  call: UserCall,
  shares: readonly BackedUpShare[],
): Promise<readonly StoredShare[]> {
  const keyIds = [...new Set(shares.map(({ keyId }) => keyId))];
  const keys = keyIds.map((keyId) => shares.filter((share) => share.keyId === keyId));
  for (const ofKey of keys) assertOneDescription(ofKey);
  for (let tries = 1; ; tries += 1) {
    try {
      return await backUpOnce(context, call, shares, keys);
    } catch (error) {
      if (!isThenarError(error, 'version_conflict') || tries >= limits.user_change_attempts_max) throw error;
    }
  }
}

/** What becomes of one key: its row, the rows of its shares, and where each share of the request is. */
interface KeyBackup {
  readonly isNew: boolean;
  readonly writes: readonly Write[];
  readonly stored: ReadonlyMap<BackedUpShare, StoredShare>;
}

async function backUpOnce(
  context: Context,
  call: UserCall,
  shares: readonly BackedUpShare[],
  keys: readonly (readonly BackedUpShare[])[],
): Promise<readonly StoredShare[]> {
  const { tenantId, userId } = call;
  const backups = await Promise.all(keys.map((ofKey) => backUpKey(context, call, ofKey)));
  const added = backups.filter((backup) => backup.isNew).length;
  if (added > 0) {
    const held = await context.store.count('walletKeys', { tenantId, userId });
    if (held + added > limits.wallet_keys_per_user_max) {
      throw new ThenarError('limit_reached', `A user has at most ${limits.wallet_keys_per_user_max} keys.`);
    }
  }
  const writes = backups.flatMap((backup) => backup.writes);
  if (writes.length > 0) {
    const details = { key_ids: keys.map(([first]) => first!.keyId), shares: shares.length };
    await context.store.commit({
      tenantId,
      writes: [
        { check: 'users', where: { tenantId, userId, status: 'active' }, otherwise: 'user_suspended' },
        ...writes,
        walletTransaction(context, { tenantId, userId, type: 'backup', details }),
      ],
      audit: [{ eventType: 'key_shares_backed_up', actor: call.actor, userId, details }],
    });
  }
  const stored = new Map(backups.flatMap((backup) => [...backup.stored]));
  return shares.map((share) => stored.get(share)!);
}

async function backUpKey(
  context: Context,
  { tenantId, userId }: UserCall,
  shares: readonly BackedUpShare[],
): Promise<KeyBackup> {
  const { keyId, algorithm, publicKey, threshold } = shares[0]!;
  const where = { tenantId, userId, keyId };
  const before = await context.store.get('walletKeys', where);
  if (before !== null && (before.publicKey !== publicKey || before.algorithm !== algorithm)) {
    throw new ThenarError('key_share_conflict', 'This key has another public key or algorithm here.', {
      details: { key_id: keyId },
    });
  }
  // At most parties times versions of them.
  const kept = await context.store.list('keyShares', { where, order: [['version', 'desc']] });
  const now = context.clock.now();
  const version = (before?.version ?? 0) + 1;
  const stored = new Map<BackedUpShare, StoredShare>();
  const writes: Write[] = [];
  for (const share of shares) {
    const party = partyText(share.party);
    const versions = kept.filter((row) => row.party === party);
    const mark = markOf(context, { tenantId, userId, keyId, party, threshold }, share.ciphertext);
    const [latest] = versions;
    if (latest !== undefined && Buffer.from(latest.mark).equals(mark)) {
      stored.set(share, { keyId, version: latest.version, storedAt: latest.storedAt });
      continue;
    }
    const place = { tenantId, userId, keyId, party, version };
    const sealed = await sealShare(context, place, share.ciphertext);
    writes.push({ insert: 'keyShares', row: { ...place, threshold, mark, sealed, storedAt: now } });
    writes.push(...oldVersions(versions));
    stored.set(share, { keyId, version, storedAt: now });
  }
  const parties = new Set([
    ...kept.map((row) => row.party),
    ...shares.map((share) => partyText(share.party)),
  ]);
  if (parties.size > limits.wallet_key_parties_max) {
    throw new ThenarError('limit_reached', `A key has at most ${limits.wallet_key_parties_max} parties.`);
  }
  if (writes.length === 0) return { isNew: false, writes, stored };
  const set = { threshold, version, updatedAt: now };
  const row: WalletKeyRecord = { ...where, algorithm, publicKey, createdAt: now, ...set };
  const change: Write =
    before === null
      ? { insert: 'walletKeys', row, conflict: 'version_conflict' }
      : {
          update: 'walletKeys',
          where: { ...where, version: before.version },
          set,
          otherwise: 'version_conflict',
        };
  return { isNew: before === null, writes: [change, ...writes], stored };
}

/** @param versions of one share, the newest first; one more is being added */
function oldVersions(versions: readonly KeyShareRecord[]): Write[] {
  return versions
    .slice(limits.key_share_versions_max - 1)
    .map(({ tenantId, userId, keyId, party, version }) => ({
      delete: 'keyShares',
      where: { tenantId, userId, keyId, party, version },
    }));
}

function markOf(
  { sealer }: Context,
  place: Pick<KeyShareRecord, 'tenantId' | 'userId' | 'keyId' | 'party' | 'threshold'>,
  ciphertext: string,
): Buffer {
  const { tenantId, userId, keyId, party, threshold } = place;
  const at = `key share|${JSON.stringify([tenantId, userId, keyId, party, threshold])}`;
  return Buffer.from(sealer.of(tenantId).mark(Buffer.from(ciphertext), at));
}

/** @throws ThenarError validation_failed */
function assertOneDescription(shares: readonly BackedUpShare[]): void {
  const [first] = shares;
  for (const { algorithm, publicKey, threshold } of shares) {
    if (algorithm === first?.algorithm && publicKey === first.publicKey && threshold === first.threshold)
      continue;
    throw new ThenarError('validation_failed', 'The shares of one key must describe it alike.', {
      details: { key_id: first?.keyId },
    });
  }
  if (new Set(shares.map(({ party }) => partyText(party))).size === shares.length) return;
  throw new ThenarError('validation_failed', 'Each party of a key has one share in a backup.', {
    details: { key_id: first?.keyId },
  });
}
