/** The reference verification server, and an engine that has palms verified by it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createHttpSender } from '../../engine/outbound/send.ts';
import { RemoteMatcher } from '../../engine/palm/remote.ts';
import { systemClock } from '../../engine/system.ts';
import { scanOf } from '../../transport/wire/scan.ts';
import { startTestNode } from '../support/node.ts';
import { capture, inBody, TestTenant } from '../support/tenant.ts';
import { TestVerificationServer } from '../support/verification.ts';

const node = await startTestNode();
const server = await TestVerificationServer.open();
const sender = createHttpSender({ clock: systemClock, allowPrivate: true });
t.teardown(() => sender.close());
const client = new RemoteMatcher(sender, { url: server.url, apiKey: server.apiKey, timeoutMs: 5_000 });
const tenantId = '11111111-1111-4111-8111-111111111111';
const scan = (person: number) => scanOf(inBody(capture(person)) as Parameters<typeof scanOf>[0], 'scan');

t.test('the protocol, by the engine’s own client', async (t) => {
  t.same(await client.health(), { vendor: 'thenar-reference', model: 'thenar-palm-1' });
  const one = await client.extract(scan(1));
  const other = await client.extract(scan(2));
  if (!one.ok || !other.ok) throw new Error('extraction was refused');
  const answer = await client.compare(scan(1), [other.value, one.value]);
  t.ok(answer.ok && answer.value.comparisons.length === 2);
  if (!answer.ok) return;
  const [stranger, same] = answer.value.comparisons;
  t.equal(same!.scores.length, 10);
  t.ok(same!.fused > 0.75 && stranger!.fused < 0.71, `${same!.fused} and ${stranger!.fused}`);
  t.equal(await client.feature(tenantId, 'never seen', 'right'), null);
  t.equal(await client.feature(tenantId, '..', 'right'), null);
  await server.keep(tenantId, 'dev/1 ü', [inBody(capture(1)), inBody(capture(1))]);
  t.equal((await client.feature(tenantId, 'dev/1 ü', 'right'))?.length, 2);
  t.equal(await client.feature(tenantId, 'dev/1 ü', 'left'), null, 'of that hand only');
  t.equal(await client.feature(tenantId.replace(/1$/, '2'), 'dev/1 ü', 'right'), null, 'of that tenant only');
  await server.stop();
  await t.rejects(client.health(), { code: 'unavailable' });
  await server.start();
  t.equal((await client.feature(tenantId, 'dev/1 ü', 'right'))?.length, 2, 'and it outlives a restart');
  const gone = `/v1/features/${encodeURIComponent('dev/1 ü')}?tenant_id=${tenantId}&palm_type=right`;
  t.equal((await server.call('DELETE', gone)).status, 200);
  t.equal((await server.call('DELETE', gone)).status, 404);
});

t.test('nobody without the key, and nothing that is not of the protocol', async (t) => {
  t.equal((await server.call('GET', '/v1/health', undefined, null)).status, 401);
  t.equal((await server.call('GET', '/v1/health', undefined, 'another-key-entirely')).status, 401);
  const wrong = new RemoteMatcher(sender, { url: server.url, apiKey: 'wrong', timeoutMs: 5_000 });
  await t.rejects(wrong.health(), { code: 'unavailable', message: /refuses the API key/ });
  t.equal((await server.call('GET', '/v2/health')).status, 404);
  t.equal((await server.call('POST', '/v1/extract', {})).status, 422);
  const probe = inBody(capture(1));
  t.equal((await server.call('POST', '/v1/compare', { probe, templates: [] })).status, 422);
  const many = Array.from({ length: 25 }, () => 'AAAA');
  t.equal((await server.call('POST', '/v1/compare', { probe, templates: many })).status, 422);
  const broken = await server.call('POST', '/v1/compare', { probe, templates: ['AAAA'] });
  t.same([broken.status, broken.code], [422, 'palm_template_invalid']);
  const grey = { ...probe, data: Buffer.alloc(128 * 128, 128).toString('base64'), width: 128, height: 128 };
  const poor = await server.call('POST', '/v1/extract', { scan: grey });
  t.same([poor.status, poor.code], [422, 'palm_quality_too_low']);
  t.equal((await server.call('GET', '/v1/features/x?tenant_id=nobody&palm_type=right')).status, 422);
});

t.test('palms at rest are sealed', async (t) => {
  await server.keep(tenantId, 'sealed', [inBody(capture(3))]);
  const folder = join(server.dataDir, 'features');
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), 'utf8');
    t.notMatch(text, Buffer.from('THNP').toString('base64').slice(0, 5), name);
  }
});

t.test('a tenant whose palms are verified by it', async (t) => {
  const tenant = await TestTenant.create(node, { palm_provider: 'verification_server' });
  const scanner = await tenant.scanner();
  const user = await tenant.enrol(scanner, 5);
  const verify = async (person: number) => {
    const { challenge_id } = await scanner.askVerification(user);
    const refused = await scanner.codeOf(scanner.client.complete(challenge_id, [capture(person)]));
    return { refused, challenge: await tenant.must('GET', `/v1/challenges/${challenge_id}`) };
  };
  t.equal((await verify(5)).refused, 'verification_server_unset', 'never by another matcher instead');
  const path = '/v1/admin/palm/verification-server';
  const setUp = await node.platform('PUT', path, { url: server.url, api_key: server.apiKey });
  t.match(setUp.data.health, { status: 'healthy', vendor: 'thenar-reference', message: null });
  const matched = (await verify(5)).challenge;
  t.match(matched, { status: 'completed', result: { matched: true, vendor: 'thenar-reference' } });
  t.equal(matched.result.scores.length, 10);
  t.match((await verify(6)).challenge, { status: 'failed', result: { matched: false } });
  await server.stop();
  const down = await verify(5);
  t.equal(down.refused, 'unavailable');
  t.not(down.challenge.status, 'failed', 'which is no verdict on anybody');
  await server.start();
});
