/** Every row that belongs to a tenant, as a table: what is named here is erased with it. */
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT, type Write } from '../../engine/ports.ts';
import type { FaceRecord, TableName, Tables } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { forgetAtVendor } from '../faces/forget.ts';
import { revocationWrites } from '../tls/issuers.ts';
import { walletSubject } from '../wallet/subject.ts';

/** Tables with a tenant in every row. What erasure does with the first four is its own matter. */
type TenantTable = Exclude<
  { [T in TableName]: 'tenantId' extends keyof Tables[T] ? T : never }[TableName],
  'tenants' | 'tenantHeads' | 'audit' | 'auditCheckpoints' | 'deliveryHeads'
>;

/**
 * The columns that, with the tenant, tell a page of rows from others. Total: a new table of tenants does not compile
 * until it says here how it is erased. In this order: what refers to people goes before what counts them.
 */
const tellingColumns: { readonly [T in TenantTable]: readonly (keyof Tables[T] & string)[] } = {
  messages: ['messageId'],
  faces: ['userId'],
  keyShares: ['userId', 'keyId', 'party', 'version'],
  walletKeys: ['userId', 'keyId'],
  walletTransactions: ['transactionId'],
  oneTimeCodes: ['codeId'],
  accountLinks: ['tokenHash'],
  userSessions: ['sessionId'],
  userCredentials: ['userId'],
  walletDevices: ['deviceId'],
  walletUsers: ['userId'],
  identities: ['userId', 'type'],
  consents: ['userId', 'consentType'],
  kycSessions: ['sessionId'],
  palmMigrationUsers: ['migrationId', 'userId'],
  palmMigrationPalms: ['palmId'],
  transactionIntents: ['transactionId'],
  transactions: ['transactionId'],
  challenges: ['challengeId'],
  palms: ['palmId'],
  palmLog: ['position'],
  erasures: ['erasureId'],
  users: ['userId'],
  deviceOutbox: ['deviceId', 'seq'],
  pairingCodes: ['codeHash'],
  certificates: ['fingerprint'],
  devices: ['deviceId'],
  deliveries: ['deliveryId'],
  webhookEvents: ['eventId'],
  webhooks: ['webhookId'],
  linkedServices: ['serviceId'],
  idempotency: ['scope', 'key'],
  identityProviders: ['issuer'],
  clients: ['clientId'],
  consoleUsers: ['consoleUserId'],
  authActivity: ['hour'],
  tenantCounters: ['subject', 'value'],
};

/** Deletes all of a tenant's rows, a page a commit. Repeatable at any point. */
export async function eraseRows(context: Context, tenantId: string): Promise<void> {
  for (const table of Object.keys(tellingColumns) as TenantTable[]) {
    await erasePages(context, table, tenantId, tellingColumns[table]);
  }
}

/** What goes with a page of rows, outside of their table, before they go. */
type Before = (rows: readonly Readonly<Record<string, unknown>>[]) => Promise<readonly Write[]>;

export async function erasePages(
  context: Context,
  table: TableName,
  tenantId: string,
  columns: readonly string[],
): Promise<void> {
  const before = beforeErasing(context, table);
  for (;;) {
    const found = await context.store.list(table, { where: { tenantId }, limit: limits.read_page_max });
    if (found.length === 0) return;
    const rows = found as unknown as readonly Readonly<Record<string, unknown>>[];
    const also = await before(rows);
    // With several columns this may take in a few rows more: of the same tenant, and their turn has come anyway.
    const telling = columns.map((column) => [column, { in: [...new Set(rows.map((row) => row[column]))] }]);
    const where = { tenantId, ...Object.fromEntries(telling) };
    await context.store.commit({ tenantId, writes: [...also, { delete: table, where } as Write] });
  }
}

function beforeErasing(context: Context, table: TableName): Before {
  switch (table) {
    case 'palmLog':
    case 'users':
      // The keys first: without them, what copies of the rows remain anywhere say nothing.
      return async (rows) => {
        const subjects = new Set(rows.map((row) => row.userId as string));
        const keys = [...subjects].flatMap((subject) => [subject, walletSubject(subject)]);
        await Promise.all(keys.map((key) => context.subjectKeys.destroy(key)));
        return [];
      };
    case 'faces':
      return async (rows) => {
        for (const row of rows) await forgetAtVendor(context, row as unknown as FaceRecord);
        return [];
      };
    case 'certificates':
      return async (rows) => {
        const now = context.clock.now();
        for (const row of rows) context.certificates.deny(row.fingerprint as string, now, 'revoked');
        // A certificate that has not run out stays on the revocation list (RFC 5280, section 3.3), and is nobody's.
        const where = {
          fingerprint: { in: rows.map((row) => row.fingerprint as string) },
          notAfter: { gt: now },
        };
        const set = { tenantId: PLATFORM_TENANT, deviceId: PLATFORM_TENANT };
        return [...revocationWrites(where, now), { update: 'certificates', where, set }];
      };
    case 'devices':
      return async (rows) => {
        await Promise.all(
          rows.map((row) => context.snapshots.delete(`device/${row.tenantId}/${row.deviceId}`)),
        );
        return [];
      };
    case 'consoleUsers':
      return async (rows) => [
        {
          delete: 'consoleSessions',
          where: { consoleUserId: { in: rows.map((row) => row.consoleUserId as string) } },
        },
        { delete: 'attempts', where: { target: { in: rows.map((row) => `login/${row.email}`) } } },
      ];
    default:
      return async () => [];
  }
}
