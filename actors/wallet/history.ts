/** What wallet users did: a row of their history, as part of the commit that did it. */
import type { Write } from '../../engine/ports.ts';
import type { WalletTransactionRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';

export type WalletDeed = Pick<WalletTransactionRecord, 'tenantId' | 'userId' | 'type'> &
  Partial<Pick<WalletTransactionRecord, 'status' | 'details'>>;

/** @param deed `completed` unless it says otherwise; its details name keys and devices, never anything secret */
export function walletTransaction({ clock, random }: Context, deed: WalletDeed): Write {
  const { tenantId, userId, type, status = 'completed', details = {} } = deed;
  return {
    insert: 'walletTransactions',
    row: { transactionId: random.uuid(), tenantId, userId, type, status, details, createdAt: clock.now() },
  };
}
