/** Plans that serve all parameters alike, which the server keeps: they find rows by the index that is made for them. */
import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import t from 'tap';
import { openStatuses } from '../../engine/identity/challenge.ts';
import type { TableName } from '../../engine/records.ts';
import { systemRandom } from '../../engine/system.ts';
import { compileWhere, TableParameters } from '../../storage/postgres/sql.ts';
import { tables } from '../../storage/postgres/tables.ts';
import { openSealers } from '../../storage/seal.ts';
import { fixedKeys } from '../support/keys.ts';
import { testDatabase } from '../support/store.ts';

const [tenantId, deviceId, webhookId, userId] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
const present = { status: { not: 'deleted' } };

const lookUps: readonly (readonly [index: string, table: TableName, where: object])[] = [
  ['users_external_user_id', 'users', { tenantId, externalUserId: 'x', ...present }],
  ['users_email', 'users', { tenantId, email: 'a@b.example', ...present }],
  ['users_mobile', 'users', { tenantId, mobile: '+966501234567', ...present }],
  ['devices_hardware_id', 'devices', { tenantId, hardwareId: 'x', status: { not: 'revoked' } }],
  ['challenges_live', 'challenges', { deviceId, status: { in: openStatuses } }],
  ['deliveries_order', 'deliveries', { webhookId, subject: 'x', status: 'pending' }],
  ['deliveries_pending', 'deliveries', { webhookId, nextAttemptAt: { lte: 0 }, status: 'pending' }],
  ['kyc_sessions_open', 'kycSessions', { tenantId, userId, status: 'pending' }],
  ['erasures_pending', 'erasures', { tenantId, status: 'pending' }],
  ['console_users_email', 'consoleUsers', { email: 'a@b.example', status: { not: 'removed' } }],
  ['audit_severity', 'audit', { tenantId, severity: 'critical', at: { gte: 0 } }],
];

t.test('an index of the rows in one state serves a statement that asks for that state', async (t) => {
  const sql = postgres({ ...(await testDatabase()), max: 1, onnotice: () => {} });
  t.teardown(() => sql.end());
  for (const [index, name, where] of lookUps) {
    const table = tables[name];
    const condition = compileWhere(
      table,
      where,
      new TableParameters(openSealers(fixedKeys, 'columns', systemRandom)),
    );
    const plan = await planWith(sql, table.name, index, `SELECT 1 FROM ${table.sql} WHERE ${condition}`);
    t.match(plan, new RegExp(index === 'audit_severity' ? 'severity' : index), `${condition}\n${plan}`);
  }
});

t.test('a column of words is never null: "not" is said of it as of a value that is there', async (t) => {
  const sql = postgres({ ...(await testDatabase()), max: 1 });
  t.teardown(() => sql.end());
  const rows = await sql<{ place: string; nullable: string }[]>`
    SELECT c.table_name || '.' || c.column_name AS place, c.is_nullable AS nullable
    FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE t.table_type = 'BASE TABLE' AND c.table_schema = 'public'`;
  const nullable = new Map(rows.map((row) => [row.place, row.nullable]));
  for (const { name, sealedAt, columns } of Object.values(tables)) {
    for (const { field, kind } of columns) {
      // A view has the columns of what it is of, and says of none that it is never null.
      if (kind === 'word') t.equal(nullable.get(`${sealedAt}.${field}`), 'NO', `${name}.${field}`);
    }
  }
});

/** How a statement is run, whatever its parameters are, where the table has this index alone. */
async function planWith(sql: postgres.Sql, table: string, index: string, statement: string): Promise<string> {
  let plan = '';
  await sql
    .begin(async (one) => {
      const others = await one<{ name: string }[]>`
        SELECT indexrelid::regclass::text AS name FROM pg_index
        WHERE indrelid = ${table}::regclass AND indexrelid <> ${index}::regclass
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`;
      for (const { name } of others) await one.unsafe(`DROP INDEX ${name}`);
      await one.unsafe('SET LOCAL enable_seqscan = off');
      const lines = await one.unsafe(`EXPLAIN (GENERIC_PLAN) ${statement}`).simple();
      plan = lines.map((line) => line['QUERY PLAN']).join('\n');
      throw rollback;
    })
    .catch((error: unknown) => {
      if (error !== rollback) throw error;
    });
  return plan;
}

const rollback = new Error('rolled back');
