/** The ops listener: who may ask, and what it answers. */
import { createHash } from 'node:crypto';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import type { HttpHandler, Sink } from '../../transport/http/message.ts';
import { isMedia } from '../../transport/http/route.ts';
import { auditRoute } from '../../transport/ops/audit.ts';
import { type OpsOptions, opsFacade, opsHandler } from '../../transport/ops/listener.ts';
import { outboxRoute } from '../../transport/ops/outbox.ts';
import { startRoute } from '../../transport/ops/start.ts';
import { VirtualClock } from '../support/clock.ts';
import { fakeApi } from '../support/fake-api.ts';
import { id } from '../support/fake-records.ts';
import { type Ask, ask as askHandler, listenerOptions, unmetered } from '../support/http.ts';

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
const actor = encodeURIComponent(`device/${id.device}`);
const host = { host: '127.0.0.1:9090' };
const mutation = { ...host, 'x-thenar-ops': '1' };

function world(token: string | null = null, api = fakeApi().api) {
  const clock = new VirtualClock();
  const { anonymousRate: _, ...shared } = listenerOptions;
  const routes = [auditRoute, outboxRoute, startRoute];
  const metered = unmetered();
  const options: OpsOptions = { ...shared, clock, host: '127.0.0.1', port: 0, token, metered, routes };
  return { clock, options, handler: opsHandler(api, options) };
}

function ask(handler: HttpHandler, method: string, path: string, asked: Ask = {}) {
  return askHandler(handler, method, path, { ...asked, headers: { ...host, ...asked.headers } });
}

t.test('every route answers as it says', async (t) => {
  const { handler, options } = world();
  for (const route of opsFacade(options).routes) {
    const path = route.path.replace('{key}', actor);
    const told = await ask(handler, route.method, path, { headers: mutation });
    t.equal(told.status, 200, `${route.method} ${path}`);
    if (isMedia(route.reply)) t.equal(told.headers['content-type'], route.reply.media);
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
  const open = new Set(['/healthz', '/readyz', '/']);
  t.ok(routes.length > open.size);
  for (const route of routes) {
    // A world for each: an address has few wrong tokens.
    const { handler } = world('operator-secret');
    const path = route.path.replace('{key}', actor);
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

t.test('the stream sends a picture a second until its reader leaves', async (t) => {
  const { handler, clock } = world();
  const events: string[] = [];
  let closed: () => void = () => undefined;
  const sink: Sink = {
    write: (chunk) => events.push(chunk) > 0,
    end: () => undefined,
    onClose: (listener) => {
      closed = listener;
    },
  };
  const open = () =>
    handler({
      method: 'GET',
      path: '/actors/stream',
      query: 'limit=5',
      headers: host,
      address: '127.0.0.1',
      secure: false,
      fingerprint: null,
      body: () => Promise.resolve(new Uint8Array()),
    });
  (await open()).stream?.(sink);
  await clock.advance(0);
  t.equal(events.length, 1);
  await clock.advance(2_000);
  t.equal(events.length, 3);
  const picture = JSON.parse(/^event: actors\ndata: (.*)\n\n$/.exec(events[0] ?? '')?.[1] ?? '');
  t.match(picture, {
    connections: 1,
    dead_letters: 0,
    counts: { actors: 1 },
    actors: [{ address: `device/${id.device}` }],
  });
  closed();
  t.equal(clock.nextDue(), null, 'nothing goes on for a reader that left');

  const closers: (() => void)[] = [];
  const patient: Sink = { ...sink, onClose: (listener) => void closers.push(listener) };
  for (let at = 0; at < limits.event_streams_max; at += 1) (await open()).stream?.(patient);
  t.equal((await open()).status, 503);
  closers[0]?.();
  t.equal((await open()).status, 200);
});

t.test('the page loads nothing and runs only its own script', async (t) => {
  const { handler } = world();
  const { text, headers } = await ask(handler, 'GET', '/');
  const policy = headers['content-security-policy'] ?? '';
  t.match(policy, "default-src 'none'");
  t.notMatch(policy, 'unsafe');
  const script = /<script>([\s\S]*)<\/script>/.exec(text)?.[1] ?? '';
  t.match(policy, `'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  t.notMatch(text, /(src|href)="?http/);
  t.notMatch(text, /innerHTML|onclick="/);
  t.doesNotThrow(() => new Function(script), 'it parses');
});
