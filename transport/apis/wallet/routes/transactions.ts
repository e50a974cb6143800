/** What a wallet user did. */
import type { WalletTransactionRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  defined,
  freeform,
  list,
  named,
  object,
  oneOf,
  optional,
  type TypeOf,
  time,
  uuid,
} from '../../../http/schema.ts';
import { pageAnswer, pageFields, pageOf } from '../../../wire/paging.ts';
import { moment, periodOf } from '../../../wire/period.ts';
import { timestamp } from '../../../wire/time.ts';

const type = oneOf('authentication', 'device_registration', 'face_registration', 'backup', 'recovery');
const status = oneOf('completed', 'failed');

const transactionSchema = named(
  'WalletTransaction',
  object({ transaction_id: uuid, type, status, details: freeform, created_at: time }),
);

function transactionWire(transaction: WalletTransactionRecord): TypeOf<typeof transactionSchema> {
  return {
    transaction_id: transaction.transactionId,
    type: transaction.type,
    status: transaction.status,
    details: transaction.details,
    created_at: timestamp(transaction.createdAt),
  };
}

export const walletTransactionRoutes = [
  route({
    method: 'GET',
    path: '/transactions',
    operation: 'listWalletTransactions',
    summary: 'What the user did: authentications, registrations, backups and recoveries, the newest first.',
    auth: 'wallet',
    scope: 'wallet:read',
    envelope: 'list',
    query: object({
      ...pageFields,
      type: optional(type),
      status: optional(status),
      from: optional(moment),
      to: optional(moment),
    }),
    reply: object({ transactions: list(transactionSchema) }),
    handle: async ({ api, call, query }) => {
      const page = pageOf(query);
      const found = await api.walletKeys.transactions(call, {
        ...page,
        ...periodOf(query.from, query.to, ['from', 'to']),
        ...defined({ type: query.type, status: query.status }),
      });
      const { data, pagination } = pageAnswer(found, page, transactionWire);
      return { data: { transactions: data }, pagination };
    },
  }),
];
