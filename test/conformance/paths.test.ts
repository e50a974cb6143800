/** Paths, methods and what every reply carries. */
import t from 'tap';
import { fakeApi } from '../support/fake-api.ts';
import { ask } from '../support/http.ts';
import {
  allRoutes,
  call,
  codeOf,
  credentialsOf,
  fieldsOf,
  listeners,
  targetOf,
  title,
} from '../support/samples.ts';

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
