/** Platform administration of palms over REST: thresholds, vendor health, model, verification server. */
import t from 'tap';
import { palmModels } from '../../engine/palm/models.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import { startTestNode } from '../support/node.ts';
import { capture, eventually, TestTenant } from '../support/tenant.ts';

const node = await startTestNode();
const shipped = palmModels.large.thresholds;
const at = (value: number): number[] => shipped.thresholds.map(() => value);

function audited(eventType: string) {
  return node.engine.context.store.list('audit', {
    where: { tenantId: PLATFORM_TENANT, eventType },
    order: [['seq', 'asc']],
  });
}

t.test('thresholds have versions and take effect with the next decision', async (t) => {
  const tenant = await TestTenant.create(node);
  const scanner = await tenant.scanner();
  const user = await tenant.enrol(scanner, 1);
  const verify = async () => {
    const { challenge_id } = await scanner.askVerification(user);
    await scanner.client.complete(challenge_id, [capture(1)]);
    return tenant.must('GET', `/v1/challenges/${challenge_id}`);
  };
  const first = await node.platform('GET', '/v1/admin/palm/thresholds');
  t.match(first.data, { model: 'large', version: 1, updated_by: 'engine', scale: { min: 0, max: 1 } });
  t.same(first.data.thresholds, shipped.thresholds);
  t.match((await verify()).result, { matched: true, threshold_version: 1 });

  const strict = await node.platform('PUT', '/v1/admin/palm/thresholds', { thresholds: at(1) });
  t.equal(strict.status, 200);
  t.match(strict.data, { version: 2, thresholds: at(1), fused_threshold: shipped.fused });
  t.match(strict.data.history, [{ version: 2 }, { version: 1 }]);
  const refused = await verify();
  t.match(refused, { status: 'failed', result: { matched: false, threshold_version: 2, thresholds: at(1) } });
  t.equal(refused.result.scores.length, 10);

  const back = await node.platform('PUT', '/v1/admin/palm/thresholds', { version: 1 });
  t.match(back.data, { version: 3, thresholds: shipped.thresholds });
  t.match((await verify()).result, { matched: true, threshold_version: 3 });

  const [record] = await audited('palm_thresholds_updated');
  t.match(record?.details, { model: 'large', old: { version: 1 }, new: { version: 2, thresholds: at(1) } });
  t.match(record?.actor, /^console\//);
});

t.test('what no threshold set can be is refused', async (t) => {
  const put = (body: object) => node.platform('PUT', '/v1/admin/palm/thresholds', body);
  for (const thresholds of [[], [0.7], at(0.7).slice(1), [...at(0.7), 0.7], at(1.1), at(-0.1), ['a']]) {
    const reply = await put({ thresholds });
    t.equal(reply.status, 422, JSON.stringify(thresholds));
    t.match(reply.json.error.details.fields[0].field, /^thresholds/);
  }
  t.equal((await put({ version: 99 })).status, 404);
  t.equal((await put({ version: 1, fused_threshold: 0.5 })).status, 422);
  t.match((await node.platform('GET', '/v1/admin/palm/thresholds')).data, { version: 3 });
});

t.test('two administrators at once: one version each, none lost', async (t) => {
  const replies = await Promise.all(
    [0.6, 0.61, 0.62].map((value) =>
      node.platform('PUT', '/v1/admin/palm/thresholds', { thresholds: at(value) }),
    ),
  );
  const kept = replies.filter((reply) => reply.status === 200);
  for (const reply of replies) {
    if (reply.status !== 200) t.same([reply.status, reply.code], [409, 'version_conflict']);
  }
  const { data } = await node.platform('GET', '/v1/admin/palm/thresholds');
  t.equal(data.version, 3 + kept.length);
  t.equal(node.engine.context.deployment.thresholds.version, data.version);
});

t.test('the vendor checks itself, and says so once', async (t) => {
  const { data } = await eventually(
    () => node.platform('GET', '/v1/admin/palm/health'),
    (reply) => reply.data.status !== 'unknown',
  );
  t.match(data, { status: 'healthy', vendor: 'thenar-reference' });
  t.ok(Date.parse(data.checked_at) > 0 && data.latency_ms >= 0);
  const [worker] = data.details.workers;
  t.ok(worker.genuine >= shipped.fused && worker.impostor < shipped.fused, JSON.stringify(worker));
  t.match(
    (await audited('palm_health_changed')).map((record) => record.details),
    [{ from: 'unknown', to: 'healthy' }],
  );
});

t.test('the active model', async (t) => {
  const { data } = await node.platform('GET', '/v1/admin/palm/model');
  t.same(data, {
    model: 'large',
    scores: 10,
    vendor: 'thenar-reference',
    version: 'thenar-palm-1',
    migration_status: 'none',
    migration: null,
  });
});

t.test('a verification server is set whether it answers or not, and its key is never shown', async (t) => {
  const path = '/v1/admin/palm/verification-server';
  const unset = await node.platform('GET', path);
  t.match(unset.data, { url: null, api_key_set: false, health: { status: 'unknown' } });
  t.equal((await node.platform('PUT', path, { timeout_ms: 500 })).status, 422, 'nothing to set it on');
  const url = 'http://127.0.0.1:9';
  const set = await node.platform('PUT', path, { url: `${url}/`, api_key: 'sesame-open', timeout_ms: 500 });
  t.equal(set.status, 200);
  t.match(set.data, { url, api_key_set: true, timeout_ms: 500, health: { status: 'unhealthy' } });
  t.match(set.data.health.message, /does not answer/);
  t.match((await node.platform('PUT', path, { timeout_ms: 600 })).data, { url, api_key_set: true });
  t.match(
    (await node.platform('PUT', path, { url: `${url}/elsewhere` })).data,
    { api_key_set: false },
    'a key is for the server that it was given for',
  );
  await node.platform('PUT', path, { url, api_key: 'sesame-open' });
  for (const wrong of ['ftp://example.com', 'https://user:pw@example.com', 'https://example.com/?a=1']) {
    t.equal((await node.platform('PUT', path, { url: wrong })).status, 422, wrong);
  }
  const seen = JSON.stringify([
    await node.platform('GET', path),
    await audited('verification_server_updated'),
  ]);
  t.notMatch(seen, 'sesame-open');
  const row = await node.engine.context.store.get('settings', { name: 'verification_server' });
  t.notMatch(JSON.stringify(row), 'sesame-open');
});

t.test('all of it outlives a restart', async (t) => {
  const before = await node.platform('GET', '/v1/admin/palm/thresholds');
  await node.restart();
  t.same((await node.platform('GET', '/v1/admin/palm/thresholds')).data, before.data);
  t.equal(node.engine.context.deployment.thresholds.version, before.data.version);
  t.match((await node.platform('GET', '/v1/admin/palm/verification-server')).data, {
    url: 'http://127.0.0.1:9',
    api_key_set: true,
  });
});
