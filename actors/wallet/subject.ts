/**
 * The key behind a user's face and key shares. It is another than the one behind the palms: withdrawing consent to
 * palms erases those and their key, and must not cost anybody the shares of their keys.
 */
import { openUnder, sealUnder } from '../../engine/secrets/seal.ts';
import type { Context } from '../context.ts';

/** Its name among the subject keys. */
export function walletSubject(userId: string): string {
  return `wallet/${userId}`;
}

/** @param place tells it from everything else that is sealed under the same key */
export async function sealForWallet(
  { subjectKeys, random }: Context,
  { tenantId, userId }: { readonly tenantId: string; readonly userId: string },
  plain: Uint8Array,
  place: string,
): Promise<Uint8Array> {
  return sealUnder(await subjectKeys.ensure(walletSubject(userId), tenantId), plain, place, random);
}

/** Null when the key is destroyed: the user is being erased. */
export function openForWallet(
  { subjectKeys }: Context,
  userId: string,
  sealed: Uint8Array,
  place: string,
): Uint8Array | null {
  const key = subjectKeys.find(walletSubject(userId));
  return key === null ? null : openUnder(key, sealed, place, place.split('|')[0] ?? 'value');
}
