/** A whole engine while what it stands on is away: what must be stored is refused in time, the rest goes on, and all of it comes back. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { pair } from '../../bench/scanner/pair.ts';
import { limits } from '../../engine/limits.ts';
import { FaultProxy } from '../support/fault_proxy.ts';
import { FILE_TIMEOUT_MS, rest, startTestNode, TestNode } from '../support/node.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { available } from '../support/require.ts';
import { readyDataDir, testDatabase } from '../support/store.ts';
import { capture, eventually, TestTenant } from '../support/tenant.ts';

const { host, port, username, database } = await testDatabase();
const postgres = await FaultProxy.open({ path: `${host}/.s.PGSQL.${port}` });
const redis = hasRedis()
  ? await FaultProxy.open({ port: Number(new URL((await startRedis()).url).port) })
  : null;
const node = await startTestNode({
  DATABASE_URL: `postgres://${username}@127.0.0.1:${postgres.port}/${database}`,
  ...(redis === null ? {} : { REDIS_URL: `redis://127.0.0.1:${redis.port}` }),
});
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const user = await tenant.enrol(scanner, 1);

const HOUR = 3_600_000;
const ready = () => rest(node.node.opsUrl, 'GET', '/readyz');
const metrics = async () => String((await rest(node.node.opsUrl, 'GET', '/metrics')).json);
const verified = async (at = scanner): Promise<unknown> => {
  const { challenge_id } = await at.askVerification(user);
  return at.client.complete(challenge_id, [capture(1)]);
};

t.test('without Redis the engine goes on and says so', async (t) => {
  if (!available(t, 'redis', redis !== null) || redis === null) return;
  t.match((await ready()).json, { ready: true, checks: { snapshots: { ok: true } } });
  const away = { ready: true, checks: { snapshots: { ok: false, required: false, detail: String } } };
  await redis.refuse();
  t.match((await ready()).json, away);
  t.match(await metrics(), /^thenar_dependency\{name="snapshots",state="down"\} 1$/m);
  t.match(await verified(await tenant.scanner()), { matched: true }, 'new actors and old ones');
  t.match(await verified(), { matched: true });

  await redis.accept();
  await eventually(ready, ({ json }) => json.checks.snapshots.ok);
  t.match(await metrics(), /^thenar_dependency\{name="snapshots",state="ok"\} 1$/m);

  redis.hold('requests', 'answers');
  t.match((await ready()).json, away, 'hanging is as good as away');
  t.match(await verified(await tenant.scanner()), { matched: true }, 'new actors and old ones');
  t.match(await verified(), { matched: true });
  redis.release();
  await eventually(ready, ({ json }) => json.checks.snapshots.ok);
  t.match(await verified(), { matched: true });
});

t.test('without PostgreSQL writes are refused in time, and all of it works when it is back', async (t) => {
  const open = await scanner.askVerification(user);
  const headers = await tenant.headers();
  const create = (name: string) =>
    node.rest('POST', '/v1/users', { headers, body: { external_user_id: name } });
  const scan = capture(1);
  const pay = () => scanner.client.transaction(scan, { gate: 'north' }, 'while-away');
  const connected = node.engine.api.sessions.connections().length;
  await postgres.refuse();
  const startedAt = node.clock.monotonic();
  const [writes, paying, deciding, told, view, keys] = await Promise.all([
    // So many that they would fill the door.
    Promise.all(Array.from({ length: 20 }, (_, nth) => create(nth === 0 ? 'ann' : `away-${nth}`))),
    scanner.codeOf(pay()),
    scanner.codeOf(scanner.client.complete(open.challenge_id, [capture(1)], 'while-away')),
    ready(),
    tenant.call('GET', `/v1/challenges/${open.challenge_id}`),
    node.rest('GET', '/.well-known/jwks.json'),
  ]);
  const tookMs = node.clock.monotonic() - startedAt;
  for (const reply of writes) {
    t.equal(reply.status, 503);
    t.ok(Number(reply.headers.get('retry-after')) >= 1);
  }
  t.ok(tookMs < limits.request_deadline_ms + limits.commit_wait_ms, `in bounded time, ${tookMs} ms`);
  for (const code of [paying, deciding]) t.match(String(code), /^(unavailable|deadline_exceeded)$/);
  t.match(
    [told.status, told.json],
    [503, { ready: false, checks: { database: { ok: false, detail: String } } }],
  );
  t.equal(view.status, 200, 'a live challenge is read from memory');
  t.equal(keys.status, 200);
  t.match(await metrics(), /^thenar_dependency\{name="database",state="down"\} 1$/m);
  t.equal((await rest(node.node.opsUrl, 'GET', '/healthz')).status, 200);
  t.equal(node.engine.api.sessions.connections().length, connected, 'scanners stay');

  await postgres.accept();
  await eventually(ready, ({ status }) => status === 200);
  t.same([(await create('ann')).status, (await create('ann')).status], [201, 200], 'nothing was half done');
  const decided = await pay();
  t.match(decided, { decision: 'allow' });
  t.same(await pay(), decided);
  const where = { tenantId: tenant.tenantId };
  t.equal(await node.engine.context.store.count('transactions', where), 1);
  t.match(await scanner.client.complete(open.challenge_id, [capture(1)], 'while-away'), { matched: true });
});

t.test('connections cut under load: each command that was answered took effect, once', async (t) => {
  const headers = await tenant.headers();
  const names = Array.from({ length: 40 }, (_, i) => `cut-${i}`);
  const creating = names.map((name) =>
    node.rest('POST', '/v1/users', { headers, body: { external_user_id: name } }),
  );
  await Promise.race(creating);
  postgres.cut();
  const replies = await Promise.all(creating);
  t.same(new Set(replies.map(({ status }) => status)), new Set([201]));
  const users = await node.engine.context.store.list('users', { where: { tenantId: tenant.tenantId } });
  const made = users.filter(({ externalUserId }) => externalUserId?.startsWith('cut-'));
  t.equal(made.length, names.length);
});

t.test('the machine is set forward: what grants ends, and a challenge has its whole life', async (t) => {
  const headers = await tenant.headers();
  const { challenge_id } = await scanner.askVerification(user);
  const expiring = await scanner.askVerification(user, { expires_in: 60 });
  node.clock.moveOn(2 * HOUR);
  const late = await node.rest('GET', '/v1/webhooks', { headers });
  t.equal(late.status, 401, 'a token that ran out');
  await tenant.authenticate();
  t.match(await scanner.client.complete(challenge_id, [capture(1)]), { matched: true }, 'not early');
  node.clock.pass(61_000);
  const over = await scanner.codeOf(scanner.client.complete(expiring.challenge_id, [capture(1)]));
  t.equal(over, 'challenge_expired', 'nor late');
  node.clock.moveOn(-2 * HOUR);
  const back = await node.rest('GET', '/v1/webhooks', { headers });
  t.equal(back.status, 200, `a mistake put right is forgotten ${JSON.stringify(back.json).slice(0, 200)}`);
  await tenant.authenticate();
});

t.test('the machine is set back: nothing that was over comes back, and nothing lives for ever', async (t) => {
  const headers = await tenant.headers();
  const { pairing_code: old } = await tenant.register();
  node.clock.pass(limits.access_token_life_s * 1000 + 10_000);
  t.equal((await node.rest('GET', '/v1/webhooks', { headers })).status, 401);
  node.clock.moveOn(-24 * HOUR);
  t.equal((await node.rest('GET', '/v1/webhooks', { headers })).status, 401, 'a token that ran out');
  await tenant.authenticate();
  t.equal((await tenant.call('GET', '/v1/webhooks')).status, 200, 'a new one is good');
  await t.rejects(pair(node.node.publicUrl, old, { hardwareId: 'hw-old' }), { code: 'pairing_code_expired' });
  const { pairing_code: fresh } = await tenant.register();
  await pair(node.node.publicUrl, fresh, { hardwareId: 'hw-fresh' });

  const expiring = await scanner.askVerification(user, { expires_in: 60 });
  t.match((await ready()).json, { ready: true, checks: { clock: { ok: false, detail: /8\d{4} s behind/ } } });
  t.match(await metrics(), /^thenar_clock_behind_seconds 8\d{4}/m);
  node.clock.pass(61_000);
  const over = await scanner.codeOf(scanner.client.complete(expiring.challenge_id, [capture(1)]));
  t.equal(over, 'challenge_expired');
  t.match(await verified(), { matched: true });
});

t.test('the embedded PostgreSQL dies under the engine', async (t) => {
  t.setTimeout(FILE_TIMEOUT_MS);
  const own = new TestNode(await readyDataDir('embedded-fault'), {});
  await own.start();
  t.teardown(() => own.stop());
  const other = await TestTenant.create(own);
  const pidFile = join(own.dataDir, 'postgres', 'cluster', 'postmaster.pid');
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  const making = Array.from({ length: 8 }, (_, i) => other.user(`before-${i}`));
  await Promise.race(making);
  process.kill(pid, 'SIGKILL');
  const after = Array.from({ length: 8 }, (_, i) => other.user(`after-${i}`));
  t.equal(new Set((await Promise.all([...making, ...after])).map(({ user_id }) => user_id)).size, 16);
  await eventually(
    () => rest(own.node.opsUrl, 'GET', '/readyz'),
    ({ status }) => status === 200,
  );
  t.not(Number(readFileSync(pidFile, 'utf8').split('\n')[0]), pid);
});
