/**
 * Everything that is held about a user beside the row itself and the palms: what the export shows of it, and what
 * becomes of it when the user is erased. A part of the engine that begins to hold something adds a line.
 */
import { limits } from '../../engine/limits.ts';
import type { Where, Write } from '../../engine/ports.ts';
import type { TableName, Tables } from '../../engine/records.ts';
import { endSessionsWrites } from '../accounts/live-sessions.ts';
import type { Context } from '../context.ts';
import { leaveWrites } from '../faces/forget.ts';
import { identitiesOf } from './identities.ts';

export interface Holding {
  /** Its member in the exported document. */
  readonly name: string;
  read(
    context: Context,
    tenantId: string,
    userId: string,
  ): Promise<{ readonly rows: readonly object[]; readonly whole: boolean }>;
  /** Part of the commit that erases the user; nothing where what is kept names nobody. */
  erase(tenantId: string, userId: string, now: number): readonly Write[];
}

/** Rows of a table with a tenant and a user. */
type OfUsers = {
  [T in TableName]: Tables[T] extends { readonly tenantId: string; readonly userId: string | null }
    ? T
    : never;
}[TableName];

function holding<T extends OfUsers>(
  name: string,
  table: T,
  show: (row: Tables[T]) => object,
  erase: Holding['erase'] = () => [],
): Holding {
  return {
    name,
    async read(context, tenantId, userId) {
      const rows: object[] = [];
      for await (const page of context.store.scan(table, { tenantId, userId } as Where<T>)) {
        for (const row of page) {
          if (rows.length >= limits.export_rows_max) return { rows, whole: false };
          rows.push(show(row));
        }
      }
      return { rows, whole: true };
    },
    erase,
  };
}

/** The row without what it says by its place (tenant, user) and without what is of no use or a secret. */
function without<R extends object, K extends keyof R>(row: R, ...fields: readonly K[]): Omit<R, K> {
  const hidden = new Set<PropertyKey>(['tenantId', 'userId', ...fields]);
  return Object.fromEntries(Object.entries(row).filter(([field]) => !hidden.has(field))) as Omit<R, K>;
}

export const holdings: readonly Holding[] = [
  {
    name: 'identities',
    async read(context, tenantId, userId) {
      const { user } = await context.views.user(tenantId, { userId });
      return { rows: await identitiesOf(context, user), whole: true };
    },
    erase: (tenantId, userId) => [{ delete: 'identities', where: { tenantId, userId } }],
  },
  holding(
    'consents',
    'consents',
    (row) => without(row, 'version'),
    // That consent was given, and when, is the proof that capturing was lawful; it names nobody any more.
    (tenantId, userId, now) => [
      { update: 'consents', where: { tenantId, userId }, set: { channel: null } },
      {
        update: 'consents',
        where: { tenantId, userId, status: 'granted' },
        set: { status: 'withdrawn', withdrawnAt: now },
      },
    ],
  ),
  holding(
    'challenges',
    'challenges',
    (row) => without(row, 'idempotencyKey', 'scanDigest', 'version'),
    (tenantId, userId) => [
      { update: 'challenges', where: { tenantId, userId }, set: { externalUserId: null, metadata: null } },
    ],
  ),
  holding(
    'transactions',
    'transactions',
    (row) => without(row),
    // The decision stays; what the till said about it may name the person.
    (tenantId, userId) => [{ update: 'transactions', where: { tenantId, userId }, set: { context: {} } }],
  ),
  holding(
    'credentials',
    'userCredentials',
    (row) => without(row, 'passwordHash'),
    (tenantId, userId) => [{ delete: 'userCredentials', where: { tenantId, userId } }],
  ),
  holding(
    'sessions',
    'userSessions',
    (row) => without(row, 'tokenHash'),
    (tenantId, userId) => endSessionsWrites(tenantId, userId),
  ),
  holding(
    'account_links',
    'accountLinks',
    (row) => without(row, 'tokenHash', 'passwordHash'),
    (tenantId, userId) => [{ delete: 'accountLinks', where: { tenantId, userId } }],
  ),
  holding(
    'kyc_sessions',
    'kycSessions',
    (row) => without(row, 'random', 'version'),
    // That a check was passed stays; the provider's name for it, which leads to the person, goes.
    (tenantId, userId) => [
      {
        update: 'kycSessions',
        where: { tenantId, userId },
        set: { reference: null, random: null, redirectUrl: null, reason: null },
      },
    ],
  ),
  holding(
    'wallet_accounts',
    'walletUsers',
    (row) => without(row),
    (tenantId, userId) => [{ delete: 'walletUsers', where: { tenantId, userId } }],
  ),
  holding(
    'wallet_devices',
    'walletDevices',
    (row) => without(row, 'keyPoint'),
    (tenantId, userId) => [{ delete: 'walletDevices', where: { tenantId, userId } }],
  ),
  holding('face', 'faces', (row) => without(row, 'sealed', 'attempts', 'forgiven', 'version'), leaveWrites),
  holding(
    'wallet_keys',
    'walletKeys',
    (row) => without(row),
    (tenantId, userId) => [{ delete: 'walletKeys', where: { tenantId, userId } }],
  ),
  holding(
    'key_shares',
    'keyShares',
    // What the client encrypted, as it sent it, is read with the face alone.
    (row) => without(row, 'mark', 'sealed'),
    (tenantId, userId) => [{ delete: 'keyShares', where: { tenantId, userId } }],
  ),
  holding(
    'wallet_transactions',
    'walletTransactions',
    (row) => without(row),
    (tenantId, userId) => [{ delete: 'walletTransactions', where: { tenantId, userId } }],
  ),
  // The chain keeps its records as they are: they name a user by identifier only.
  holding('audit', 'audit', (row) => without(row, 'hash')),
  holding('erasures', 'erasures', (row) => without(row, 'palmPosition')),
];
