/** A tenant's templates go under a new protection while people are matched, and over kills, without anybody's palm. */
import postgres, { type Sql } from 'postgres';
import t, { type Test } from 'tap';
import { limits } from '../../engine/limits.ts';
import { compareCode } from '../../engine/palm/compare.ts';
import { openTemplate } from '../../engine/palm/protect.ts';
import { decodeTemplate, probeOf } from '../../engine/palm/template.ts';
import type { PalmTemplate } from '../../engine/palm/types.ts';
import { systemRandom } from '../../engine/system.ts';
import { databaseAccount } from '../../storage/postgres/embedded/account.ts';
import { serverFolder, socketFolder } from '../../storage/postgres/embedded/cluster.ts';
import { embeddedConnection } from '../../storage/postgres/lock.ts';
import { SpawnedNode } from '../support/spawned.ts';
import { copyOfKeys, embeddedDatabase, palmLogOf, withKeys } from '../support/stolen.ts';
import { capture, enrolmentScans, eventually, TestTenant } from '../support/tenant.ts';

/** Two templates each: of the first page of a renewal and of the second. */
const PEOPLE = limits.reissue_page_max;
const masterKey = Buffer.from(systemRandom.bytes(32));
const node = await SpawnedNode.start({ THENAR_MASTER_KEY: masterKey.toString('base64') });
const tenant = await TestTenant.create(node);
const neighbour = await TestTenant.create(node);
const scanner = await tenant.scanner();
const elsewhere = await neighbour.scanner();
const people = Array.from({ length: PEOPLE }, (_, person) => person);
const users: { readonly user_id: string }[] = [];
for (const person of people) users.push(await tenant.enrol(scanner, person));
await neighbour.enrol(elsewhere, 0);

const path = `/v1/admin/tenants/${tenant.tenantId}/reissue-templates`;
const account = databaseAccount();
const database = embeddedConnection(socketFolder(serverFolder(node.dataDir, account), account), 5432);

function connect(): postgres.Sql {
  return postgres({ ...database, max: 1, onnotice: () => {} });
}

async function reissue(): Promise<{ reissuing: boolean; templates: number; remaining: number }> {
  return (await node.platform('GET', path)).data;
}

const ended = () => eventually(reissue, ({ reissuing }) => !reissuing);

/** How often the audit log of the tenant says that a renewal ended. */
async function endings(): Promise<number> {
  const { status, json } = await node.rest(
    'GET',
    '/v1/audit-logs?event_type=templates_reissued&page_size=100',
    { headers: await node.signIn(tenant.administrator) },
  );
  if (status !== 200) throw new Error(`audit: ${JSON.stringify(json)}`);
  return json.data.length;
}

/** Each as exactly who they are, among all and as whom they say they are, and a stranger as nobody. */
async function everybodyIsFound(test: Pick<Test, 'equal' | 'match' | 'same'>): Promise<void> {
  for (const person of people) {
    const { decision } = await scanner.client.transaction(capture(person), {});
    test.equal(decision, 'allow', `person ${person}`);
  }
  test.match(await scanner.client.transaction(capture(PEOPLE + 50), {}), { decision: 'not_recognized' });
  // A scanner is never told who it was.
  const sql = connect();
  const rows = await sql`SELECT user_id FROM transactions WHERE tenant_id = ${tenant.tenantId}
    AND user_id IS NOT NULL ORDER BY created_at DESC LIMIT ${PEOPLE}`;
  await sql.end();
  test.same(
    rows.map((row) => row.user_id).reverse(),
    users.map((user) => user.user_id),
    'each by exactly their own palm',
  );
  for (const [claimed, matched] of [
    [people[0]!, true],
    [people[1]!, false],
  ] as const) {
    await scanner.askVerification(users[0]!);
    const { challenge_id } = scanner.presented.at(-1)!;
    test.match(await scanner.client.complete(challenge_id, [capture(claimed)]), { matched });
  }
}

/** Locks what this statement selects, on a connection of its own. @returns what lets go */
async function lock(rows: string): Promise<() => Promise<void>> {
  const sql = connect();
  const connection = await sql.reserve();
  await connection.unsafe(`BEGIN; ${rows}`);
  // The server may have died with its engine, and the lock with both.
  return () => sql.end({ timeout: 0 }).catch(() => {});
}

async function startedAgain(): Promise<void> {
  await node.start();
  for (const { client } of [scanner, elsewhere]) {
    await client.close();
    await client.connect();
  }
}

t.test('matches go on meanwhile', async (t) => {
  const begun = await node.platform('POST', path);
  t.equal(begun.status, 202);
  t.match(begun.data, { tenant_id: tenant.tenantId, reissuing: true });
  t.ok(begun.data.templates >= PEOPLE);
  await everybodyIsFound(t);
  t.match(await ended(), { remaining: 0 });
  t.equal(await endings(), 1);
  await everybodyIsFound(t);
});

/** The engine cannot get beyond this template until the lock is let go. */
async function lockTemplate(offset: number): Promise<() => Promise<void>> {
  // In a query of its own: rows that OFFSET skips would be locked too.
  return lock(`SELECT FROM palm_log WHERE tenant_id = '${tenant.tenantId}' AND position = (
    SELECT position FROM palm_log WHERE tenant_id = '${tenant.tenantId}' AND sealed IS NOT NULL
    ORDER BY position LIMIT 1 OFFSET ${offset}) FOR UPDATE`);
}

t.test('killed with half of the templates under the new protection: everybody is found', async (t) => {
  const { templates } = await reissue();
  const release = await lockTemplate(limits.reissue_page_max);
  t.equal((await node.platform('POST', path)).status, 202);
  const { remaining } = await eventually(reissue, (now) => now.remaining < now.templates);
  await node.kill();
  await release();
  t.ok(remaining > 0 && remaining < templates, `${remaining} of ${templates} are under the one before`);
  await startedAgain();
  await everybodyIsFound(t);
  await ended();
  t.equal(await endings(), 2, 'carried on by itself');
  await everybodyIsFound(t);
});

t.test('killed with all of them under it, just before the exchange', async (t) => {
  const { templates } = await reissue();
  const release = await lockTemplate(templates - 1);
  t.equal((await node.platform('POST', path)).status, 202);
  const releaseTenant = await lock(`SELECT FROM tenants WHERE tenant_id = '${tenant.tenantId}' FOR SHARE`);
  await release();
  t.match(await eventually(reissue, ({ remaining }) => remaining === 0), { reissuing: true });
  await node.kill();
  await releaseTenant();
  await startedAgain();
  await everybodyIsFound(t);
  await ended();
  t.equal(await endings(), 3);
  await everybodyIsFound(t);
});

/** What lies under the seals of a user's templates, read as whoever has no key of the tenant's protection has to. */
async function bareTemplates(sql: Sql, userId: string): Promise<PalmTemplate[]> {
  const rows = await palmLogOf(sql, userId);
  const key = await withKeys(copyOfKeys(node.dataDir), masterKey, (keys) => keys.find(userId)!);
  return rows.map((row) => decodeTemplate(openTemplate(row.sealed!, key, row)));
}

t.test(
  'what two tenants store of one palm, and one before and after a re-issue, is as of strangers',
  async (t) => {
    const [here, there] = [await tenant.user(), await neighbour.user()];
    const scans = enrolmentScans(32);
    await scanner.client.enrol(here.user_id, scans);
    await elsewhere.client.enrol(there.user_id, scans);
    const sql = embeddedDatabase(node.dataDir);
    const before = await bareTemplates(sql, here.user_id);
    const abroad = await bareTemplates(sql, there.user_id);
    t.equal((await node.platform('POST', path)).status, 202);
    await ended();
    const after = await bareTemplates(sql, here.user_id);
    for (const [name, ones, others] of [
      ['two tenants', before, abroad],
      ['before and after', before, after],
      ['another tenant and after', abroad, after],
    ] as const) {
      t.ok(ones.length === scans.length && others.length === scans.length);
      for (const one of ones) {
        for (const other of others) {
          const { fused } = compareCode(probeOf(one), other.code);
          t.ok(fused < limits.enrolment_consistency_min, `${name}: ${fused}`);
          const cosine = one.vector.reduce((sum, value, i) => sum + value * other.vector[i]!, 0);
          // Directions at random in 256 dimensions: a standard deviation of 1/16.
          t.ok(Math.abs(cosine) < 6 / 16, `${name}: cosine ${cosine}`);
        }
      }
    }
    t.match(await scanner.client.transaction(capture(32), {}), { decision: 'allow' });
  },
);

t.test(
  'who is enrolled and who is erased after it are as ever, and the neighbour noticed nothing',
  async (t) => {
    const user = await tenant.enrol(scanner, PEOPLE);
    t.match(await scanner.client.transaction(capture(PEOPLE), {}), { decision: 'allow' });
    const { erasure_id } = await tenant.must('DELETE', `/v1/users/${user.user_id}`);
    await eventually(
      () => tenant.must('GET', `/v1/erasures/${erasure_id}`),
      (erasure) => erasure.status === 'complete',
    );
    t.match(await scanner.client.transaction(capture(PEOPLE), {}), { decision: 'not_recognized' });
    t.match(await elsewhere.client.transaction(capture(0), {}), { decision: 'allow' });
    const audit = await node.command('audit', 'verify');
    t.equal(audit.code, 0, audit.out);
  },
);
