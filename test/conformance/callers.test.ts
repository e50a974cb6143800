/** Who may call what: every route of the table against every kind of caller it does not take. */
import t from 'tap';
import type { Auth } from '../../transport/http/route.ts';
import { fakeApi } from '../support/fake-api.ts';
import { id } from '../support/fake-records.ts';
import { ask } from '../support/http.ts';
import {
  allRoutes,
  asPerson,
  call,
  codeOf,
  credentialsOf,
  familyOf,
  listeners,
  targetOf,
  title,
} from '../support/samples.ts';

const to = listeners(fakeApi().api);
/** Routes that only the token of an end user opens. */
const forEndUsers: ReadonlySet<Auth> = new Set(['user', 'wallet', 'subject']);
const roles = ['tenant_admin', 'operator', 'viewer'] as const;

t.test('a fitting caller is let in', async (t) => {
  for (const route of allRoutes) t.equal((await call(to, route)).status, route.status, title(route));
});

t.test('nobody is 401, with a challenge', async (t) => {
  for (const route of allRoutes.filter(({ auth }) => auth !== 'public')) {
    const told = await call(to, route, {});
    t.equal(told.status, 401, title(route));
    t.equal(codeOf(route, told.json), 'unauthenticated', title(route));
    t.type(told.headers['www-authenticate'], 'string', title(route));
  }
});

t.test('wrong credentials are 401', async (t) => {
  for (const route of allRoutes.filter(({ auth }) => auth !== 'public')) {
    const wrong = [
      { headers: { authorization: 'Bearer bad' } },
      { headers: { authorization: 'Basic bad' } },
      { headers: { cookie: 'thenar_session=gone', 'x-csrf-token': 'csrf' } },
      { fingerprint: 'cd'.repeat(32) },
    ];
    for (const asked of wrong) t.equal((await call(to, route, asked)).status, 401, title(route));
  }
});

t.test('the wrong kind of caller is 403', async (t) => {
  const forPeople = allRoutes.filter(
    ({ auth }) => auth === 'session' || auth === 'platform' || auth === 'self',
  );
  t.ok(forPeople.length > 0);
  for (const route of forPeople) {
    const told = await call(to, route, { headers: { authorization: 'Bearer all' } });
    t.equal(told.status, 403, title(route));
    t.equal(codeOf(route, told.json), 'forbidden', title(route));
  }
  const others = allRoutes.filter(
    ({ auth }) => !forEndUsers.has(auth) && auth !== 'public' && auth !== 'device',
  );
  for (const route of others) {
    const told = await call(to, route, { headers: { authorization: 'Bearer user' } });
    t.equal(told.status, 403, title(route));
  }
  for (const route of allRoutes.filter(({ auth }) => forEndUsers.has(auth))) {
    for (const asked of [{ headers: { authorization: 'Bearer all' } }, asPerson('platform_admin')]) {
      const told = await call(to, route, asked);
      t.equal(told.status, 403, title(route));
      t.equal(codeOf(route, told.json), 'forbidden', title(route));
    }
  }
});

t.test('the wrong scope is 403 and named', async (t) => {
  const scoped: ReadonlySet<Auth> = new Set(['client_or_session', 'wallet', 'subject']);
  for (const route of allRoutes.filter(({ auth }) => scoped.has(auth))) {
    t.ok(route.scope, `${title(route)} has a scope`);
    const told = await call(to, route, { headers: { authorization: 'Bearer none' } });
    t.equal(told.status, 403, title(route));
    t.equal(codeOf(route, told.json), 'insufficient_scope', title(route));
    t.equal(told.json.error.message, `The token lacks the scope ${route.scope}.`);
    if (familyOf(route).catalogue === undefined) t.same(told.json.error.details, { scope: route.scope });
  }
});

t.test('exactly the roles of the table are let in', async (t) => {
  for (const route of allRoutes.filter(({ auth }) => auth === 'client_or_session' || auth === 'session')) {
    for (const role of roles) {
      const expected = route.roles?.includes(role) ? route.status : 403;
      t.equal((await call(to, route, asPerson(role))).status, expected, `${title(route)} as ${role}`);
    }
  }
  for (const route of allRoutes.filter(({ auth }) => auth === 'platform')) {
    for (const role of roles) t.equal((await call(to, route, asPerson(role))).status, 403, title(route));
  }
});

t.test('a cookie alone changes nothing', async (t) => {
  for (const route of allRoutes.filter(({ auth }) => auth !== 'public' && auth !== 'device')) {
    for (const headers of [
      { cookie: 'thenar_session=platform_admin' },
      { cookie: 'thenar_session=platform_admin', 'x-csrf-token': 'wrong' },
    ]) {
      const told = await call(to, route, { headers: { ...headers, 'x-tenant-id': id.tenant } });
      if (route.method === 'GET') {
        t.equal(
          told.status,
          forEndUsers.has(route.auth) && route.auth !== 'user' ? 403 : route.status,
          title(route),
        );
      } else t.equal(codeOf(route, told.json), 'csrf_token_invalid', title(route));
    }
  }
});

t.test('only a platform administrator names a tenant', async (t) => {
  for (const route of allRoutes.filter(({ auth }) => auth === 'client_or_session' || auth === 'session')) {
    const told = (asked: Parameters<typeof call>[2]) => call(to, route, asked);
    t.equal((await told(asPerson('platform_admin'))).json.error.code, 'tenant_required', title(route));
    t.equal((await told(asPerson('platform_admin', { 'x-tenant-id': id.tenant }))).status, route.status);
    for (const unknown of [id.otherTenant, "'; drop table tenants"]) {
      t.equal((await told(asPerson('platform_admin', { 'x-tenant-id': unknown }))).status, 404);
    }
    t.equal((await told(asPerson('tenant_admin', { 'x-tenant-id': id.otherTenant }))).status, 403);
    const client = credentialsOf(route).headers ?? {};
    t.equal((await told({ headers: { ...client, 'x-tenant-id': id.otherTenant } })).status, 403);
  }
});

t.test('the tenant of a call is the caller’s', async (t) => {
  const fake = fakeApi();
  await ask(listeners(fake.api).public, 'POST', '/v1/users', {
    headers: { authorization: 'Bearer all' },
    body: { external_user_id: 'a', tenant_id: id.otherTenant },
  });
  const [made] = fake.calls.filter(({ name }) => name === 'users.create');
  t.match(made?.args[0], { tenantId: id.tenant, actor: `client/${id.client}`, address: '203.0.113.7' });
  t.same(made?.args[1], { externalUserId: 'a' });
});

t.test('each listener serves its own plane', async (t) => {
  for (const route of allRoutes) {
    const asked = { ...credentialsOf(route) };
    if (route.plane === 'device') {
      t.equal((await ask(to.public, route.method, targetOf(route), asked)).status, 401, title(route));
    } else {
      const { status } = await ask(to.device, route.method, targetOf(route), asked);
      t.ok(status === 404 || status === 405, `${title(route)} is not on the device listener: ${status}`);
    }
  }
});

t.test('a token whose user is not registered opens nothing but the registration', async (t) => {
  for (const route of allRoutes.filter(({ auth }) => auth === 'wallet' || auth === 'subject')) {
    const told = await call(to, route, { headers: { authorization: 'Bearer new' } });
    if (route.auth === 'subject') t.equal(told.status, route.status, title(route));
    else t.equal(codeOf(route, told.json), 'user_not_found', title(route));
  }
});
