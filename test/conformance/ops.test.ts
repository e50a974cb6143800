/** The ops listener: who may ask, and what it answers. */
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { isMedia, type Route } from '../../transport/http/route.ts';
import { opsFacade } from '../../transport/ops/listener.ts';
import { readBuiltPage } from '../../transport/pages/built.ts';
import { inspectorPage } from '../../transport/pages/entries.ts';
import { fakeApi } from '../support/fake-api.ts';
import { id } from '../support/fake-records.ts';
import type { Json } from '../support/node.ts';
import { ask, host, world } from '../support/ops-world.ts';

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
const actor = encodeURIComponent(`device/${id.device}`);
/** One of the files that the inspector page is made of. */
const asset = `/assets/${[...readBuiltPage(inspectorPage).files.keys()].find((file) => file.endsWith('.svg'))}`;
/** A path of the route, of something that is there. */
const pathOf = ({ path }: Route): string => path.replace('{key}', actor).replace('/assets/{file}', asset);
const mutation = { ...host, 'x-thenar-ops': '1' };

t.test('every route answers as it says', async (t) => {
  const { handler, options } = world();
  for (const route of opsFacade(options).routes) {
    const path = pathOf(route);
    const told = await ask(handler, route.method, path, { headers: mutation });
    t.equal(told.status, 200, `${route.method} ${path}`);
    if (path === asset)
      t.equal(told.headers['content-type'], 'image/svg+xml', 'files of a page say their own');
    else if (isMedia(route.reply)) t.equal(told.headers['content-type'], route.reply.media);
    else t.ok(ajv.validate(route.reply.json, told.json), path, { errors: ajv.errors });
  }
});

t.test('only its own Host', async (t) => {
  const { handler } = world();
  for (const own of ['127.0.0.1:9090', 'localhost:9090', 'LOCALHOST', '[::1]:9090']) {
    t.equal((await ask(handler, 'GET', '/healthz', { headers: { host: own } })).status, 200, own);
  }
  for (const foreign of [
    'evil.example',
    'evil.example:9090',
    '127.0.0.1.evil.example',
    '',
    'localhost.evil.example',
  ]) {
    for (const path of ['/healthz', '/actors', '/']) {
      t.equal((await ask(handler, 'GET', path, { headers: { host: foreign } })).status, 403, foreign);
    }
  }
});

t.test('changes need the header', async (t) => {
  const fake = fakeApi();
  const { handler } = world(null, fake.api);
  for (const action of ['passivate', 'restart', 'snapshot']) {
    t.equal((await ask(handler, 'POST', `/actors/${actor}/${action}`)).status, 403);
    t.equal((await ask(handler, 'POST', `/actors/${actor}/${action}`, { headers: mutation })).status, 200);
  }
  const operated = fake.calls.filter(({ name }) => name === 'ops.operate').map(({ args }) => args);
  t.same(
    operated,
    ['passivate', 'restart', 'snapshot'].map((action) => ['device', id.device, action]),
  );
});

t.test('the token, where there is one', async (t) => {
  const { routes } = opsFacade(world().options);
  const open = new Set(['/healthz', '/readyz', '/', asset]);
  t.ok(routes.length > open.size);
  for (const route of routes) {
    // A world for each: an address has few wrong tokens.
    const { handler } = world('operator-secret');
    const path = pathOf(route);
    const told = async (headers: Readonly<Record<string, string>>): Promise<number> =>
      (await ask(handler, route.method, path, { headers: { ...mutation, ...headers } })).status;
    const expected = open.has(path) ? 200 : 401;
    const callers = [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: 'Basic operator-secret' },
      { authorization: 'Bearer operator-secret2' },
      { authorization: 'Bearer all' },
      { authorization: 'Bearer user' },
      { cookie: 'thenar_session=platform_admin', 'x-csrf-token': 'csrf' },
    ];
    for (const caller of callers) t.equal(await told(caller), expected, `${path} ${JSON.stringify(caller)}`);
    t.equal(await told({ authorization: 'Bearer operator-secret' }), 200, path);
    t.equal(await told({ authorization: 'Bearer operator-secret', host: 'evil.example' }), 403, path);
  }
});

t.test('guesses of the token are held back', async (t) => {
  const { handler, clock } = world('operator-secret');
  const asked = (token: string): Promise<number> =>
    ask(handler, 'GET', '/shards', { headers: { authorization: `Bearer ${token}` } }).then(
      ({ status }) => status,
    );
  for (let guess = 0; guess < limits.operator_guesses_burst; guess += 1) t.equal(await asked('guess'), 401);
  t.equal(await asked('operator-secret'), 429);
  t.equal((await ask(handler, 'GET', '/readyz')).status, 200, 'probes bring nothing and are not held back');
  await clock.advance(1_000);
  t.equal(await asked('operator-secret'), 200);
  for (let call = 0; call < 2 * limits.operator_guesses_burst; call += 1) {
    t.equal(await asked('operator-secret'), 200, 'the right one is no guess');
  }
});

t.test('an actor that is not live is 404', async (t) => {
  const { handler } = world();
  for (const key of ['x', 'device%2Fnobody', 'a%2Fb%2Fc', '%2F']) {
    t.equal((await ask(handler, 'GET', `/actors/${key}`)).status, 404, key);
    t.equal((await ask(handler, 'POST', `/actors/${key}/restart`, { headers: mutation })).status, 404, key);
  }
  t.equal((await ask(handler, 'POST', `/actors/${actor}/explode`, { headers: mutation })).status, 404);
});

t.test('not ready is 503 with the reason', async (t) => {
  const fake = fakeApi();
  const checks = { postgres: { ok: false, required: true, detail: 'down' } };
  const readiness = async () => ({ ready: false, checks });
  const { handler } = world(null, { ...fake.api, ops: { ...fake.api.ops, readiness } });
  const told = await ask(handler, 'GET', '/readyz');
  t.equal(told.status, 503);
  t.same(told.json, { ready: false, checks });
});

t.test('metrics are in the text format', async (t) => {
  const { handler } = world();
  await ask(handler, 'GET', '/actors');
  const { text } = await ask(handler, 'GET', '/metrics');
  for (const line of text.split('\n').filter((line) => line !== '')) {
    t.match(
      line,
      /^(# (HELP|TYPE) [a-z0-9_]+ .+|[a-z0-9_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? -?[0-9.e+-]+)$/,
    );
  }
  t.match(text, 'thenar_http_requests_total{listener="ops",operation="listActors",status="200"} 1');
  t.match(
    text,
    'thenar_http_request_duration_seconds_bucket{listener="ops",operation="listActors",le="+Inf"} 1',
  );
});

t.test('shards and connections come in windows, with the number of all', async (t) => {
  const fake = fakeApi();
  const [shard] = await fake.api.ops.shards();
  const shards = Array.from({ length: 250 }, (_, i) => ({
    ...shard!,
    tenantId: `tenant-${String(i).padStart(3, '0')}`,
    templates: i % 10,
    replayLag: 250 - i,
  }));
  const connections = shards.map(({ tenantId }, i) => ({ tenantId, deviceId: `device-${i}`, since: i }));
  const { handler } = world(null, {
    ...fake.api,
    sessions: { ...fake.api.sessions, connections: () => connections },
    ops: { ...fake.api.ops, shards: async () => shards },
  });
  const shown = async (query: string): Promise<{ total: number; tenants: string[] }> => {
    const { json } = await ask(handler, 'GET', `/shards?${query}`);
    return { total: json.total, tenants: json.shards.map((row: Json) => row.tenant_id) };
  };
  const first = await shown('');
  t.equal(first.total, 250);
  t.equal(first.tenants.length, 100);
  t.same(first.tenants.slice(0, 2), ['tenant-009', 'tenant-019'], 'the largest first');
  const seen = [first, await shown('offset=100'), await shown('offset=200')].flatMap(
    ({ tenants }) => tenants,
  );
  t.equal(new Set(seen).size, 250, 'windows fit together');
  t.same((await shown('sort=replay_lag&limit=2')).tenants, ['tenant-000', 'tenant-001']);
  t.same(await shown('tenant=tenant-042'), { total: 1, tenants: ['tenant-042'] });
  const told = await ask(handler, 'GET', '/connections?offset=240&limit=50');
  t.equal(told.json.total, 250);
  t.equal(told.json.connections.length, 10);
  for (const path of ['/shards', '/connections']) {
    t.equal((await ask(handler, 'GET', `${path}?limit=${limits.window_rows_max + 1}`)).status, 422);
  }
});
