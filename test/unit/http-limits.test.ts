/** Rates, deadlines and failures at the edge of the pipeline. */
import t from 'tap';
import type { UserView } from '../../actors/api/users.ts';
import type { EngineApi } from '../../actors/api.ts';
import { Admission } from '../../engine/admission/admission.ts';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Log } from '../../engine/ports.ts';
import { deviceHandler, publicHandler } from '../../transport/http/listeners.ts';
import { settled, VirtualClock } from '../support/clock.ts';
import { fakeApi } from '../support/fake-api.ts';
import { fingerprint, id, tenant } from '../support/fake-records.ts';
import { ask, listenerOptions, quiet } from '../support/http.ts';

const bearer = { headers: { authorization: 'Bearer all' } };
const bad = { headers: { authorization: 'Bearer bad' } };

function world(api: EngineApi = fakeApi().api, log: Log = quiet) {
  const clock = new VirtualClock();
  const options = { ...listenerOptions, clock, log, anonymousRate: { perSecond: 1, burst: 3 } };
  return { clock, public: publicHandler(api, options), device: deviceHandler(api, options) };
}

t.test('an address without credentials has its allowance', async (t) => {
  const { clock, public: handler } = world();
  for (const left of ['2', '1', '0']) {
    const told = await ask(handler, 'GET', '/.well-known/jwks.json');
    t.equal(told.status, 200);
    t.equal(told.headers['ratelimit-limit'], '3');
    t.equal(told.headers['ratelimit-remaining'], left);
  }
  const refused = await ask(handler, 'GET', '/.well-known/jwks.json');
  t.equal(refused.status, 429);
  t.equal(refused.json.error.code, 'rate_limited');
  t.equal(refused.headers['retry-after'], '1');
  t.equal(refused.headers['ratelimit-remaining'], '0');
  t.equal((await ask(handler, 'GET', '/nowhere')).status, 429, 'unknown paths count too');
  t.equal(
    (await ask(handler, 'GET', `/v1/users/${id.user}`, bearer)).status,
    200,
    'known callers are not held back',
  );
  await clock.advance(1_000);
  t.equal((await ask(handler, 'GET', '/.well-known/jwks.json')).status, 200);
});

t.test('an address that guesses is held back, and let in again', async (t) => {
  const { clock, public: handler } = world();
  const path = `/v1/users/${id.user}`;
  for (let guess = 0; guess < 3; guess += 1) t.equal((await ask(handler, 'GET', path, bad)).status, 401);
  t.equal((await ask(handler, 'GET', path, bad)).status, 429);
  t.equal((await ask(handler, 'GET', path, bearer)).status, 429);
  await clock.advance(1_000);
  t.equal((await ask(handler, 'GET', path, bearer)).status, 200);
  t.equal((await ask(handler, 'GET', path, bearer)).status, 200, 'right ones cost nothing');
});

t.test('credentials on a public route are no guess, and no way around its limit', async (t) => {
  const { public: handler } = world();
  const authorization = `Basic ${Buffer.from(`${id.client}:right`).toString('base64')}`;
  const token = { headers: { authorization }, body: { grant_type: 'client_credentials' } };
  const cookie = { headers: { cookie: 'thenar_session=tenant_admin' } };
  for (const asked of [token, token])
    t.equal((await ask(handler, 'POST', '/v1/auth/token', asked)).status, 200);
  t.equal((await ask(handler, 'GET', '/.well-known/jwks.json', cookie)).status, 200);
  for (const asked of [cookie, bearer, {}]) {
    t.equal((await ask(handler, 'GET', '/.well-known/jwks.json', asked)).status, 429);
  }
  t.equal((await ask(handler, 'GET', `/v1/users/${id.user}`, bearer)).status, 200, 'nobody has guessed');
});

t.test('a wrong secret by HTTP Basic is a guess', async (t) => {
  const { clock, public: handler } = world();
  const authorization = `Basic ${Buffer.from(`${id.client}:wrong`).toString('base64')}`;
  const token = { headers: { authorization }, body: { grant_type: 'client_credentials' } };
  for (let guess = 0; guess < 3; guess += 1) {
    t.equal((await ask(handler, 'POST', '/v1/auth/token', token)).status, 401);
  }
  t.equal((await ask(handler, 'GET', `/v1/users/${id.user}`, bearer)).status, 429);
  await clock.advance(1_000);
  t.equal((await ask(handler, 'GET', `/v1/users/${id.user}`, bearer)).status, 200);
});

t.test('what fails on our side is held against nobody', async (t) => {
  const fake = fakeApi();
  let away = true;
  const authenticateSession: EngineApi['auth']['authenticateSession'] = async (cookie) => {
    if (away) throw new ThenarError('unavailable', 'The database is away.');
    return fake.api.auth.authenticateSession(cookie);
  };
  const { public: handler } = world({ ...fake.api, auth: { ...fake.api.auth, authenticateSession } });
  const person = { headers: { cookie: 'thenar_session=tenant_admin' } };
  for (let call = 0; call < 5; call += 1) {
    t.equal((await ask(handler, 'GET', '/v1/console/me', person)).status, 503);
  }
  away = false;
  t.equal((await ask(handler, 'GET', '/v1/console/me', person)).status, 200);
});

t.test('credentials on unknown paths buy nothing', async (t) => {
  const { public: handler } = world();
  for (let attempt = 0; attempt < 3; attempt += 1)
    t.equal((await ask(handler, 'GET', '/nowhere', bearer)).status, 404);
  t.equal((await ask(handler, 'GET', '/nowhere', bearer)).status, 429);
});

t.test('a client has the rate of its tenant', async (t) => {
  const fake = fakeApi();
  const config = { ...tenant.config, requestsPerSecond: 2, requestsBurst: 2 };
  const get = async () => ({ ...tenant, config });
  const { clock, public: handler } = world({ ...fake.api, tenants: { ...fake.api.tenants, get } });
  const path = `/v1/users/${id.user}`;
  const statuses = async (count: number) => {
    const told = [];
    for (let at = 0; at < count; at += 1) told.push((await ask(handler, 'GET', path, bearer)).status);
    return told;
  };
  t.same(await statuses(3), [200, 200, 429]);
  await clock.advance(500);
  t.same(await statuses(2), [200, 429]);
});

t.test('a device has the rate of a scanner', async (t) => {
  const { device } = world();
  const told = await ask(device, 'GET', '/v1/challenges/pending', { fingerprint });
  t.equal(told.headers['ratelimit-limit'], '400');
});

t.test('a request that takes too long is 503', async (t) => {
  const fake = fakeApi();
  let answer: (value: Awaited<ReturnType<EngineApi['users']['get']>>) => void = () => undefined;
  const get: EngineApi['users']['get'] = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const { clock, public: handler } = world({ ...fake.api, users: { ...fake.api.users, get } });
  const pending = ask(handler, 'GET', `/v1/users/${id.user}`, bearer);
  await clock.advance(10_000);
  const told = await pending;
  t.equal(told.status, 503);
  t.equal(told.json.error.code, 'deadline_exceeded');
  t.equal(told.headers['retry-after'], '1');
  answer(await fake.api.users.get({} as never, { userId: id.user }));
  t.equal(clock.nextDue(), null, 'no timer is left behind');
});

t.test('the deadline travels with the call', async (t) => {
  const fake = fakeApi();
  const { clock, public: handler } = world(fake.api);
  await clock.advance(5);
  await ask(handler, 'GET', `/v1/users/${id.user}`, bearer);
  const [made] = fake.calls.filter(({ name }) => name === 'users.get');
  t.match(made?.args[0], { deadline: 10_005, requestId: /^[0-9a-f-]{36}$/ });
  t.equal(clock.nextDue(), null);
});

t.test('what we did not expect is opaque outside and whole in the log', async (t) => {
  const fake = fakeApi();
  const logged: { requestId?: string; err?: Error }[] = [];
  const log: Log = { ...quiet, error: (facts) => void logged.push(facts) };
  const get = () => Promise.reject(new Error('password=hunter2'));
  const { public: handler } = world({ ...fake.api, users: { ...fake.api.users, get } }, log);
  const told = await ask(handler, 'GET', `/v1/users/${id.user}`, bearer);
  t.equal(told.status, 500);
  t.notMatch(told.text, 'hunter2');
  t.equal(logged.length, 1);
  t.equal(logged[0]?.requestId, told.headers['x-request-id']);
  t.match(logged[0]?.err?.message, 'hunter2');
});

t.test('no log line holds a token, a cookie or a body', async (t) => {
  const lines: object[] = [];
  const keep = (facts: object) => void lines.push(facts);
  const { public: handler } = world(fakeApi().api, { debug: keep, info: keep, warn: keep, error: keep });
  await ask(handler, 'POST', '/v1/users', {
    headers: { authorization: 'Bearer all', cookie: 'a=SECRET' },
    body: { name: 'SECRET' },
  });
  await ask(handler, 'POST', '/v1/auth/token', {
    body: { grant_type: 'client_credentials', client_id: id.client, client_secret: 'SECRET' },
  });
  await ask(handler, 'GET', '/v1/users?token=SECRET', bad);
  t.equal(lines.length, 3);
  t.notMatch(JSON.stringify(lines), 'SECRET');
  t.notMatch(JSON.stringify(lines), 'Bearer');
});

t.test('beyond what may be under way a request waits, beyond what may wait it is refused', async (t) => {
  const { api } = fakeApi();
  const limit = {
    value: 2,
    pressedValue: 2,
    called: () => {},
    door: { waits: () => false, pressed: () => false, pressedWaits: () => false, risen: () => {} },
  };
  const clock = new VirtualClock();
  const admission = new Admission(clock, limit);
  const working: (() => void)[] = [];
  const create: EngineApi['users']['create'] = async (...asked) => {
    await new Promise<void>((resolve) => working.push(resolve));
    return api.users.create(...asked);
  };
  let found: UserView | null = null;
  const get: EngineApi['users']['get'] = async (...asked) => {
    found = await api.users.get(...asked);
    return found;
  };
  const options = { ...listenerOptions, clock, admission, deadlineMs: 2 * limits.call_wait_ms };
  const handler = publicHandler(
    { ...api, users: { ...api.users, create, get: (...asked) => found ?? get(...asked) } },
    options,
  );
  const post = (body: object = { external_user_id: 'one' }) =>
    ask(handler, 'POST', '/v1/users', { ...bearer, body });
  const read = () => ask(handler, 'GET', `/v1/users/${id.user}`, bearer);
  for (let nth = 0; nth < 2; nth += 1) t.equal((await read()).status, 200);
  const calls = Array.from({ length: 2 + limits.calls_waiting_max }, () => post());
  await settled();
  t.equal(working.length, 2);
  const refused = await post();
  t.equal(refused.status, 503);
  t.equal(refused.json.error.code, 'engine_busy');
  t.equal(refused.headers['retry-after'], '1');
  t.same(admission.counts, {
    underWay: 2,
    waiting: limits.calls_waiting_max,
    limit: 2,
    pressedLimit: 2,
    refused: 1,
  });
  t.equal((await read()).status, 200, 'what is answered from memory is answered');
  for (const go of working.splice(0)) go();
  await settled();
  t.equal(working.length, 2, 'whose answer is there makes room for the next');
  await clock.advance(limits.call_wait_ms);
  for (const go of working.splice(0)) go();
  const statuses = (await Promise.all(calls)).map(({ status }) => status);
  t.equal(statuses.filter((status) => status === 201).length, 4);
  t.equal(statuses.filter((status) => status === 503).length, limits.calls_waiting_max - 2);
  t.equal((await post({ external_user_id: 7 })).status, 422);
  t.equal(admission.counts.underWay, 0, 'what fails has left too');
  const ended = Array.from({ length: 3 }, () => post());
  await settled();
  await clock.advance(limits.call_wait_ms + 3 * limits.call_wait_pressed_ms);
  for (const go of working.splice(0)) go();
  await Promise.all(ended);
  t.same(admission.counts.underWay, 0);
});
