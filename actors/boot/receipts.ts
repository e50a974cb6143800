/** Receipt keys: made when due, disarmed when they have signed their last, published until nobody needs them. */
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT, type Write } from '../../engine/ports.ts';
import { receiptKeysDue } from '../../engine/receipts/keys.ts';
import { Receipts } from '../../engine/receipts/receipts.ts';
import type { ReceiptKeyRecord } from '../../engine/records.ts';
import { createSigningKey } from '../../engine/tokens/signingKey.ts';
import type { Context, Ports } from '../context.ts';

/** @param issuer of the receipts */
export async function openReceipts(
  { clock, sealer, store }: Pick<Ports, 'clock' | 'sealer' | 'store'>,
  issuer: string,
): Promise<Receipts> {
  const now = clock.now();
  const keys = await store.list('receiptKeys', { limit: limits.read_page_max });
  const { create, disarm, retire } = receiptKeysDue(keys, now);
  const writes: Write[] = [
    ...disarm.map((kid): Write => ({ update: 'receiptKeys', where: { kid }, set: { privateKey: null } })),
    ...retire.map((kid): Write => ({ delete: 'receiptKeys', where: { kid } })),
  ];
  const kept: ReceiptKeyRecord[] = keys
    .filter(({ kid }) => !retire.includes(kid))
    .map((key) => (disarm.includes(key.kid) ? { ...key, privateKey: null } : key));
  if (create !== null) {
    // Elliptic, so that a receipt is short enough for a QR code.
    const made = await createSigningKey({ ...create, alg: 'ES256', now, sealer });
    writes.push({ insert: 'receiptKeys', row: made });
    kept.push(made);
  }
  if (writes.length > 0) {
    await store.commit({
      tenantId: PLATFORM_TENANT,
      writes,
      audit: [
        { eventType: 'receipt_keys_rotated', actor: 'engine', details: { keys: kept.map(({ kid }) => kid) } },
      ],
    });
  }
  return Receipts.load(kept, sealer, issuer);
}

/** Regular work. */
export async function renewReceiptKeys(context: Context): Promise<void> {
  context.receipts = await openReceipts(context, context.deployment.issuer);
}
