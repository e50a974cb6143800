/**
 * Whatever names a thing is tried with another tenant's: a field that looks like an identifier is in the table that
 * `tenancy` tries, or here with the reason why it names nothing that a tenant could have.
 */
import t from 'tap';
import type { JsonSchema } from '../../transport/http/schema.ts';
import { scannerCalls } from '../../transport/scanner/calls.ts';
import { allRoutes } from '../support/samples.ts';
import { identifiersOf, inBodies, inPaths, parametersOf } from './engine/fixtures.ts';

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly oneOf?: readonly Shape[];
  readonly format?: string;
}

const otherwise: Readonly<Record<string, string>> = {
  client_id: 'fixes the tenant of who signs in, and opens nothing by itself: engine-accounts',
  feature_id: 'what a device calls a palm, looked up in its own tenant: engine-palm-small',
  user_ref: 'what a device calls a person; kept, never looked up',
  national_id: 'of a person, for the provider',
  sender_id: 'a name in text messages',
  sms_sender_id: 'a name in text messages',
  key_id: 'a name that a wallet gives, looked up with its user: wallet-keys',
  key_ids: 'names that a wallet gave, looked up with its user: wallet-keys',
};

/** Names of fields at every depth that look like identifiers, by their name or by their form. */
function identifiersIn(schema: JsonSchema | Shape | undefined): readonly string[] {
  const { properties = {}, items, oneOf = [] } = (schema ?? {}) as Shape;
  const own = Object.entries(properties).flatMap(([name, field]) => [
    ...(/(^|_)(id|ids|ref|refs)$/.test(name) || field.format === 'uuid' ? [name] : []),
    ...identifiersIn(field),
  ]);
  return [...own, ...(items === undefined ? [] : identifiersIn(items)), ...oneOf.flatMap(identifiersIn)];
}

t.test('every field that names a thing is tried, or names none', (t) => {
  const schemas = [
    ...allRoutes.flatMap(({ operation, body, query }) => [
      [operation, body?.json] as const,
      [operation, query?.json] as const,
    ]),
    ...Object.entries(scannerCalls).map(([method, { params }]) => [method, params.json] as const),
  ];
  const seen = new Set<string>();
  for (const [where, schema] of schemas) {
    for (const name of identifiersIn(schema)) {
      seen.add(name);
      t.ok(name in inBodies || name in otherwise, `${where}: give ${name} a row in fixtures.ts`);
    }
  }
  for (const name of [...Object.keys(inBodies), ...Object.keys(otherwise)])
    t.ok(seen.has(name), `${name} is used`);
  t.end();
});

t.test('every parameter of a path that names a thing is tried', (t) => {
  const paths = new Set<string>();
  for (const route of allRoutes) {
    const named = parametersOf(route);
    for (const name of identifiersOf(route)) {
      const upTo = named[name] ?? '';
      paths.add(upTo);
      t.ok(upTo in inPaths, `${route.operation}: give ${upTo} a row in fixtures.ts`);
    }
  }
  t.same(
    Object.keys(inPaths).filter((path) => !paths.has(path)),
    [],
    'no row is left over',
  );
  t.end();
});

t.test('every route says who may call it, in words that the tests of callers know', (t) => {
  const tried = [
    'public',
    'client_or_session',
    'session',
    'platform',
    'self',
    'user',
    'wallet',
    'subject',
    'device',
  ];
  for (const { operation, auth, roles, scope } of allRoutes) {
    t.ok(tried.includes(auth), `${operation}: ${auth} needs its refusals in callers and refusals`);
    if (auth === 'client_or_session' || auth === 'session')
      t.ok(roles !== undefined && roles.length > 0, operation);
    if (auth === 'client_or_session') t.type(scope, 'string', operation);
  }
  t.end();
});
