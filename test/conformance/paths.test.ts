/** Paths, methods and what every reply carries. */
import t from 'tap';
import { fakeApi } from '../support/fake-api.ts';
import { id } from '../support/fake-records.ts';
import { ask } from '../support/http.ts';
import {
  allRoutes,
  call,
  codeOf,
  credentialsOf,
  fieldsOf,
  listeners,
  sampleOf,
  targetOf,
  title,
} from '../support/samples.ts';

interface Shape {
  readonly format?: string;
}

const to = listeners(fakeApi().api);
const handlerOf = (plane: string) => (plane === 'device' ? to.device : to.public);

t.test('unknown paths are 404 in the envelope', async (t) => {
  for (const path of [
    '/',
    '/v1',
    '/v1/users/',
    '/v1//users',
    '/v3/users',
    '/v1/users/%E0%A4%A',
    '/V1/users',
    '',
    '*',
  ]) {
    const told = await ask(to.public, 'GET', path);
    t.equal(told.status, 404, path);
    t.match(told.json, { success: false, error: { code: 'route_not_found' } });
  }
});

t.test('what is below a family’s own paths is 404 in its form', async (t) => {
  for (const path of ['/auth', '/auth/users', '/v2', '/v2/keys/1', '/transactions/1']) {
    const told = await ask(to.public, 'GET', path);
    t.equal(told.status, 404, path);
    t.same(told.json, { error: { code: 100105, message: 'There is no such route.' } }, path);
  }
});

t.test('an identifier in capitals reaches the engine as we write it', async (t) => {
  const loud = 'ABCDEFAB-CDEF-4BCD-8EFA-ABCDEFABCDEF';
  const inCapitals = (text: string): string =>
    text.replaceAll(/\b[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\b/g, loud);
  let reached = 0;
  for (const route of allRoutes) {
    const fake = fakeApi();
    const here = listeners(fake.api);
    const body =
      route.body === undefined ? {} : { body: inCapitals(JSON.stringify(sampleOf(route.body.json))) };
    const { headers, ...credentials } = credentialsOf(route);
    const handler = route.plane === 'device' ? here.device : here.public;
    const filters = Object.entries((route.query?.json.properties ?? {}) as Readonly<Record<string, Shape>>)
      .filter(([, { format }]) => format === 'uuid')
      .map(([name]) => name);
    const query = filters.length === 0 ? '' : `?${filters.map((name) => `${name}=${loud}`).join('&')}`;
    const target = inCapitals(targetOf(route)) + query;
    const asked = { ...credentials, ...body, headers: { 'content-type': 'application/json', ...headers } };
    const told = await ask(handler, route.method, target, asked);
    t.ok(told.status < 500, `${title(route)}: ${told.status}`);
    const seen = JSON.stringify(fake.calls.map(({ args }) => args));
    t.notMatch(seen, loud, title(route));
    if (seen.includes(loud.toLowerCase())) reached += 1;
  }
  t.ok(reached > 40, `${reached} routes`);
});

t.test('a URN is no identifier', async (t) => {
  const asked = { headers: { authorization: 'Bearer all' }, body: { user_id: `urn:uuid:${id.user}` } };
  const told = await ask(to.public, 'POST', '/v1/kyc/initiate', asked);
  t.equal(told.status, 422);
  t.equal((await ask(to.public, 'GET', `/v1/users/urn:uuid:${id.user}`, asked)).status, 404);
});

t.test('another method is 405 with Allow', async (t) => {
  for (const route of allRoutes) {
    const told = await ask(handlerOf(route.plane), 'TRACE', targetOf(route));
    t.equal(told.status, 405, title(route));
    t.ok(told.headers.allow?.split(', ').includes(route.method), title(route));
  }
});

t.test('OPTIONS tells the methods', async (t) => {
  for (const route of allRoutes) {
    const told = await ask(handlerOf(route.plane), 'OPTIONS', targetOf(route));
    t.equal(told.status, 204, title(route));
    t.ok(told.headers.allow?.split(', ').includes(route.method), title(route));
  }
});

t.test('HEAD is GET', async (t) => {
  for (const route of allRoutes.filter(({ method }) => method === 'GET')) {
    t.equal((await call(to, route, credentialsOf(route), 'HEAD')).status, route.status, title(route));
  }
});

t.test('an identifier that is none names nothing', async (t) => {
  const named = allRoutes.filter(({ params }) => params !== undefined);
  t.ok(named.length > 5);
  for (const route of named) {
    for (const odd of ['x', '1', '..%2f..', "'%20or%201=1", '00000000-0000-0000-0000-00000000000g']) {
      const target = targetOf(route).replace(/[0-9a-f-]{36}/, odd);
      const told = await ask(handlerOf(route.plane), route.method, target, {
        body: {},
        ...credentialsOf(route),
      });
      t.equal(told.status, 404, `${title(route)} ${odd}`);
      t.equal(codeOf(route, told.json), Object.values(route.params ?? {})[0], title(route));
    }
  }
});

t.test('every path parameter has a code or is read by its route', (t) => {
  for (const route of allRoutes) {
    const names = [...route.path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
    t.same([...Object.keys(route.params ?? {}), ...(route.words ?? [])], names, title(route));
  }
  t.end();
});

t.test('bad queries are 422 and named', async (t) => {
  const lists = allRoutes.filter(({ query, envelope }) => query !== undefined && envelope === 'list');
  t.ok(lists.length > 0);
  for (const route of lists) {
    for (const [query, field] of [
      ['page=0', 'page'],
      ['page=x', 'page'],
      ['page_size=100000', 'page_size'],
      ['page=1&page=2', 'query'],
    ]) {
      const told = await ask(to.public, 'GET', `${targetOf(route)}?${query}`, credentialsOf(route));
      t.equal(told.status, 422, `${title(route)}?${query}`);
      t.equal(fieldsOf(told.json)[0], field, title(route));
    }
  }
});

t.test('every reply says which request it answers', async (t) => {
  for (const route of allRoutes) {
    for (const asked of [credentialsOf(route), {}]) {
      const made = await call(to, route, asked);
      t.match(made.headers['x-request-id'], /^[0-9a-f-]{36}$/, title(route));
      t.equal(made.headers['x-content-type-options'], 'nosniff');
      const kept = await call(to, route, {
        ...asked,
        headers: { ...asked.headers, 'x-request-id': 'mine-1' },
      });
      t.equal(kept.headers['x-request-id'], 'mine-1', title(route));
    }
  }
  const odd = await ask(to.public, 'GET', '/', { headers: { 'x-request-id': 'a\r\nset-cookie: b' } });
  t.match(odd.headers['x-request-id'], /^[0-9a-f-]{36}$/);
});
