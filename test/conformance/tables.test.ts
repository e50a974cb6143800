/** Error table, OpenAPI, route tables and types say the same. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import t from 'tap';
import { assetPath } from '../../engine/asset.ts';
import { type ErrorCode, ThenarError } from '../../engine/errors.ts';
import { families } from '../../transport/apis/families.ts';
import { statuses } from '../../transport/apis/link/errors.ts';
import { link } from '../../transport/apis/link/facade.ts';
import { catalogue } from '../../transport/apis/wallet/errors.ts';
import { errorCodesOf } from '../../transport/http/openapi/responses.ts';
import { openApi } from '../../transport/http/openapi.ts';
import { isMedia } from '../../transport/http/route.ts';
import { createRouter } from '../../transport/http/router.ts';
import { fakeApi } from '../support/fake-api.ts';
import { ask } from '../support/http.ts';
import { allRoutes, call, familyOf, linkRoutes, listeners, targetOf, title } from '../support/samples.ts';

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
const codes = Object.keys(statuses) as ErrorCode[];

/** The union is a type, so the test reads its source: a code may neither be missing nor be rendered in vain. */
t.test('every code of the union has a status, and no other', (t) => {
  const source = readFileSync(assetPath('engine', 'errors.ts'), 'utf8');
  const union = source.slice(
    source.indexOf('export type ErrorCode'),
    source.indexOf(';', source.indexOf('export type ErrorCode')),
  );
  const named = [...union.matchAll(/\| '([a-z_]+)'/g)].map(([, code = '']) => code);
  t.ok(named.length > 50);
  t.same([...named].sort(), [...codes].sort());
  t.end();
});

t.test('statuses are those that the document and the contract allow', (t) => {
  const allowed = new Set([400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503]);
  for (const code of codes) t.ok(allowed.has(statuses[code]), code);
  t.end();
});

t.test('numbers of errors are six digits, of the family, and each is one code’s', (t) => {
  const numbers = codes.map((code) => catalogue[code].number);
  t.equal(new Set(numbers).size, codes.length);
  t.same(
    numbers.filter((number) => !/^10\d{4}$/.test(String(number))),
    [],
  );
  t.equal(catalogue.malformed_body.number, 100101, 'what clients were given stays');
  t.end();
});

for (const family of families) {
  t.test(`${family.name}: every error in every place is as published and tells nothing of its cause`, (t) => {
    const isError = ajv.compile(family.errorSchema);
    for (const code of codes) {
      const error = new ThenarError(code, 'What happened.', {
        details: { a: [1] },
        cause: new Error('secret'),
      });
      for (const plane of ['public', 'device', 'ops'] as const) {
        for (const route of [null, ...family.routes]) {
          const { status, body, headers } = family.renderError(error, route, plane);
          const met =
            family.catalogue === undefined || (route !== null && errorCodesOf(route).includes(code));
          if ((met && !isError(body)) || JSON.stringify(body).includes('secret'))
            t.fail(`${code} ${plane}`, { body });
          if (status === 401 && headers?.['www-authenticate'] === undefined)
            t.fail(`${code} has no challenge`);
        }
      }
    }
    t.end();
  });
}

t.test('replies satisfy the schema that is published for them', async (t) => {
  const to = listeners(fakeApi().api);
  for (const route of allRoutes) {
    if (isMedia(route.reply)) continue;
    const told = await call(to, route);
    const check = ajv.compile(familyOf(route).replySchema(route, route.reply.json));
    t.ok(check(told.json), title(route), { errors: check.errors });
  }
});

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}
interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
}

t.test('OpenAPI has exactly the routes of the table', (t) => {
  const document = openApi(families, { title: 'Thenar', version: '1' }) as Document;
  t.equal(document.openapi, '3.1.0');
  const published = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`,
    ),
  );
  t.same(published.sort(), allRoutes.map((route) => `${title(route)} ${route.operation}`).sort());
  for (const route of allRoutes) {
    const operation = document.paths[route.path]?.[route.method.toLowerCase()];
    t.ok(operation?.responses[route.status], `${title(route)} publishes ${route.status}`);
    const takesBody = route.body !== undefined || route.bytes !== undefined;
    t.equal(operation?.requestBody !== undefined, takesBody, title(route));
    t.equal(operation?.security.length === 0, route.auth === 'public', title(route));
    const inPath = operation?.parameters.filter((each) => each.in === 'path').length;
    t.equal(inPath, route.path.split('{').length - 1, title(route));
  }
  t.notMatch(JSON.stringify(document), 'x-exactly-one');
  t.notMatch(JSON.stringify(document), 'undefined');
  t.end();
});

t.test('the served document is the generated one', async (t) => {
  const served = await call(
    listeners(fakeApi().api),
    { ...allRoutes[0]!, path: '/openapi.json', method: 'GET' },
    {},
  );
  t.equal(served.status, 200);
  t.ok(served.json.paths['/v1/verify']);
});

t.test('the page lists every route and loads nothing', async (t) => {
  const { public: handler } = listeners(fakeApi().api);
  const { status, text, headers } = await ask(handler, 'GET', '/docs');
  t.equal(status, 200);
  for (const route of allRoutes) t.match(text, `id="${route.operation}"`, title(route));
  t.notMatch(text, /<script|(src|href)="?http/);
  t.match(headers['content-security-policy'], /^default-src 'none'; style-src 'sha256-[^']+';/);
});

t.test('the page of errors has every number that a route may answer, with its meaning', async (t) => {
  const { public: handler } = listeners(fakeApi().api);
  const { status, text } = await ask(handler, 'GET', '/docs/errors');
  t.equal(status, 200);
  for (const { routes, catalogue: numbers } of families) {
    if (numbers === undefined) continue;
    const met = new Set([...routes.flatMap(errorCodesOf), 'route_not_found', 'internal'] as const);
    t.equal(text.split('<tr id=').length - 1, met.size + 1, 'and none that no route answers');
    for (const code of met) {
      t.ok(text.includes(`id="${numbers[code].number}"`), code);
      t.not(numbers[code].meaning, 'Of another part of the engine.', `${code} has a meaning of its own`);
    }
  }
});

t.test('two routes of one name or one path do not start', (t) => {
  const [first, second] = linkRoutes;
  const twice = (route: typeof first) => () => createRouter([{ ...link, routes: [first!, route!] }]);
  t.throws(twice(first));
  t.throws(twice({ ...second!, operation: first!.operation }));
  t.throws(twice({ ...second!, method: first!.method, path: first!.path }));
  const renamed = linkRoutes.find(({ operation }) => operation === 'getUser')!;
  const other = { ...renamed, operation: 'other', path: '/v1/users/{user_id}' };
  t.throws(() => createRouter([{ ...link, routes: [renamed, other] }]), /two routes/);
  t.doesNotThrow(twice(second));
  t.end();
});

t.test('fixed paths win over parameters', (t) => {
  const router = createRouter(families);
  const found = router.match('GET', '/v1/challenges/pending');
  t.equal(found.found === 'route' && found.route.operation, 'listPendingChallenges');
  for (const route of allRoutes) {
    const match = router.match(route.method, targetOf(route));
    t.equal(match.found === 'route' && match.route.operation, route.operation, title(route));
  }
  t.end();
});
