/** One share at rest: bound to the key, party and version it is of. */
import type { KeyShareRecord } from '../../engine/records.ts';
import type { Party } from '../api.ts';
import type { Context } from '../context.ts';
import { openForWallet, sealForWallet } from '../wallet/subject.ts';

type Place = Pick<KeyShareRecord, 'tenantId' | 'userId' | 'keyId' | 'party' | 'version'>;

export function sealShare(context: Context, place: Place, ciphertext: string): Promise<Uint8Array> {
  return sealForWallet(context, place, Buffer.from(ciphertext), shareAt(place));
}

/** Null when the user is being erased. */
export function openShare(context: Context, share: KeyShareRecord): string | null {
  const plain = openForWallet(context, share.userId, share.sealed, shareAt(share));
  return plain === null ? null : Buffer.from(plain).toString();
}

/** A party as it is stored: 1 and "1" are two. */
export function partyText(party: Party): string {
  return JSON.stringify(party);
}

export function partyOf({ party }: KeyShareRecord): Party {
  return JSON.parse(party) as Party;
}

/** Client's names may hold anything, so they are kept apart as JSON keeps them. */
function shareAt({ tenantId, userId, keyId, party, version }: Place): string {
  return `key share|${JSON.stringify([tenantId, userId, keyId, party, version])}`;
}
