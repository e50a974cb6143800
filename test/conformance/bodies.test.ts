/** What bodies are refused, and how clearly: every route of the table, every field it needs. */
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import type { Route } from '../../transport/http/route.ts';
import { fakeApi } from '../support/fake-api.ts';
import {
  allRoutes,
  call,
  changed,
  codeOf,
  credentialsOf,
  fieldsOf,
  listeners,
  messageOf,
  requiredPaths,
  sampleOf,
  title,
} from '../support/samples.ts';

const fake = fakeApi();
const to = listeners(fake.api);
const withBody = allRoutes.filter(
  (route): route is Route & { body: NonNullable<Route['body']> } => route.body !== undefined,
);

function send(route: Route, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const asked = credentialsOf(route);
  return call(to, route, { ...asked, body, headers: { ...asked.headers, ...headers } });
}

t.test('what is not JSON is 400', async (t) => {
  const deep = `${'['.repeat(limits.json_depth_max + 2)}${']'.repeat(limits.json_depth_max + 2)}`;
  const broken = [
    '',
    '{',
    '{"a":1,}',
    'null x',
    '\u0000',
    deep,
    '{"__proto__":{"a":1}}',
    '{"a":{"constructor":{"prototype":{}}}}',
  ];
  for (const route of withBody) {
    for (const body of [...broken, Buffer.from([0x7b, 0xff, 0x7d])]) {
      if (body === '' && route.bodyOptional === true) continue;
      const told = await send(route, body);
      t.equal(told.status, 400, `${title(route)} ${JSON.stringify(body).slice(0, 20)}`);
      t.equal(codeOf(route, told.json), 'malformed_body', title(route));
    }
  }
});

t.test('no body at all is an empty one where the table says so', async (t) => {
  const routes = withBody.filter((route) => route.bodyOptional);
  t.ok(routes.length > 0);
  const own = listeners(fakeApi().api);
  for (const route of routes) {
    const { headers = {} } = credentialsOf(route);
    t.equal((await call(own, route, { headers, body: '' })).status, route.status, title(route));
  }
});

t.test('what is not an object breaks the schema', async (t) => {
  for (const route of withBody) {
    for (const body of ['null', '[]', '1', '"text"']) {
      const told = await send(route, body);
      t.equal(told.status, route.invalidStatus ?? 422, title(route));
      t.equal(codeOf(route, told.json), 'validation_failed', title(route));
    }
  }
});

t.test('each missing field is named', async (t) => {
  for (const route of withBody) {
    for (const path of requiredPaths(route.body.json)) {
      const told = await send(route, changed(sampleOf(route.body.json), path));
      t.equal(told.status, route.invalidStatus ?? 422, `${title(route)} without ${path.join('.')}`);
      const fields = fieldsOf(told.json);
      t.ok(fields.includes(path.join('.')), `${title(route)} names ${path.join('.')} in ${fields}`);
    }
  }
});

t.test('each field of the wrong type is named', async (t) => {
  for (const route of withBody) {
    const sample = sampleOf(route.body.json) as Record<string, unknown>;
    for (const [name, value] of Object.entries(sample)) {
      const told = await send(route, changed(sample, [name], typeof value === 'object' ? 'text' : { a: 1 }));
      t.equal(told.status, route.invalidStatus ?? 422, `${title(route)} ${name}`);
      t.equal(fieldsOf(told.json)[0], name, title(route));
      t.ok(messageOf(told.json).startsWith(name), messageOf(told.json));
    }
  }
});

t.test('too much is 413', async (t) => {
  for (const route of withBody) {
    const told = await send(route, Buffer.alloc((route.bodyBytesMax ?? limits.body_bytes_max) + 1, 0x20));
    t.equal(told.status, 413, title(route));
    t.equal(codeOf(route, told.json), 'payload_too_large', title(route));
  }
});

t.test('another media type is 415', async (t) => {
  for (const route of withBody) {
    for (const type of [
      'text/plain',
      'application/xml',
      'application/json; charset=utf-16',
      ...(route.multipart === undefined ? ['multipart/form-data'] : []),
    ]) {
      t.equal((await send(route, '{}', { 'content-type': type })).status, 415, `${title(route)} ${type}`);
    }
  }
});

t.test('nothing refused reached the engine', (t) => {
  const asked = new Set(fake.calls.map(({ name }) => name));
  for (const name of ['authenticateToken', 'wallet.authenticateToken', 'authenticateSession', 'tenants.get'])
    asked.delete(name);
  t.same([...asked], []);
  t.end();
});

t.test('fields nobody knows are ignored', async (t) => {
  for (const route of withBody) {
    const sample = sampleOf(route.body.json) as Record<string, unknown>;
    t.equal((await send(route, { ...sample, from_the_future: [1] })).status, route.status, title(route));
  }
});
