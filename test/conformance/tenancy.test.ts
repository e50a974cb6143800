/**
 * What belongs to another tenant is not there: by every path parameter and by every identifier in a body, on a real
 * engine. The answer is the same as for an identifier of nothing at all, so it tells nothing.
 */
import t from 'tap';
import type { Route } from '../../transport/http/route.ts';
import { scannerCalls } from '../../transport/scanner/calls.ts';
import type { Json, RestReply } from '../support/node.ts';
import { allRoutes, rowsOf, sampleOf, title } from '../support/samples.ts';
import { capture, inBody as scanBody } from '../support/tenant.ts';
import { bodyFor } from './engine/bodies.ts';
import {
  bodyIdentifiersOf,
  identifiersOf,
  inBodies,
  inPaths,
  nothing,
  paramsFor,
  queryIdentifiersOf,
} from './engine/fixtures.ts';
import {
  callersOf,
  invited,
  nextPerson,
  openWorld,
  type Request,
  type Side,
  send,
  unpublished,
} from './engine/world.ts';

const world = await openWorld();
const { node, mine, theirs } = world;

/** Routes about one tenant; a platform administrator's are about all. */
const tenantRoutes = allRoutes.filter(({ auth }) => auth !== 'public' && auth !== 'platform');

/** Everything that the tenant's own administrator can list, without what tells of the moment. */
async function inventory({ tenant }: Side): Promise<unknown> {
  const lists = allRoutes.filter(
    ({ method, envelope, auth, path }) =>
      method === 'GET' &&
      envelope === 'list' &&
      !path.includes('{') &&
      (auth === 'client_or_session' || auth === 'session'),
  );
  const found = await Promise.all(
    lists.map(async (route) => {
      const { json } = await send(node, route, { headers: tenant.admin });
      return [route.operation, rowsOf(route, json).map(steady)] as const;
    }),
  );
  return Object.fromEntries(found);
}

/** A challenge is shown to its scanner in the background. */
function steady({ last_seen_at: _, presented_at: __, status, ...row }: Json): unknown {
  return { ...row, status: status === 'presented' ? 'pending' : status };
}

function said({ status, json }: RestReply): unknown {
  return { status, ...json };
}

const [viewer, operator] = [await invited(mine, 'viewer'), await invited(mine, 'operator')];

/** One of every kind of caller that the route takes, by the role that is in the table. */
async function requestsOf(route: Route): Promise<readonly Request[]> {
  const named: readonly Request[] = await Promise.all(
    callersOf(route, mine, world).map((caller) => caller.request()),
  );
  const people: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['viewer', viewer],
    ['operator', operator],
  ];
  const roles = people.flatMap(([role, headers]) =>
    (route.roles as readonly string[] | undefined)?.includes(role) ? [{ headers }] : [],
  );
  const platform = route.roles === undefined ? [] : [{ headers: world.platform }];
  const body = await bodyFor(route, mine);
  return [...named, ...roles, ...platform].map((request) => ({ ...request, body }));
}

interface Attempt {
  readonly where: string;
  readonly route: Route;
  readonly foreign: Request;
  readonly unknown: Request;
}

async function inPath(route: Route): Promise<Attempt[]> {
  const names = identifiersOf(route);
  if (names.length === 0) return [];
  const own = await paramsFor(route, mine);
  const other = await paramsFor(route, theirs);
  const requests = await requestsOf(route);
  return names.flatMap((name) =>
    requests.map((request, at) => ({
      where: `${title(route)} ${name} (caller ${at})`,
      route,
      foreign: { ...request, params: { ...own, [name]: other[name] ?? '' } },
      unknown: { ...request, params: { ...own, [name]: nothing(name) } },
    })),
  );
}

/** Lists that are filtered by what is another's. */
async function inQuery(route: Route): Promise<Attempt[]> {
  const names = queryIdentifiersOf(route);
  if (names.length === 0) return [];
  const params = await paramsFor(route, mine);
  const requests = await requestsOf(route);
  const found = names.map(async (name) => {
    const other = await inBodies[name]?.(theirs, {});
    return requests.map((request, at) => ({
      where: `${title(route)} ?${name} (caller ${at})`,
      route,
      foreign: { ...request, params, query: `?${name}=${other}` },
      unknown: { ...request, params, query: `?${name}=${nothing(name)}` },
    }));
  });
  return (await Promise.all(found)).flat();
}

async function inBody(route: Route): Promise<Attempt[]> {
  const names = bodyIdentifiersOf(route);
  if (names.length === 0) return [];
  const params = await paramsFor(route, mine);
  const requests = await requestsOf(route);
  const found = names.map(async (name) => {
    const other = await inBodies[name]?.(theirs, {});
    return requests.map(({ body, ...request }, at) => {
      const kept = withoutRivals(route, body as object, name);
      return {
        where: `${title(route)} ${name} (caller ${at})`,
        route,
        foreign: { ...request, params, body: { ...kept, [name]: other } },
        unknown: { ...request, params, body: { ...kept, [name]: nothing(name) } },
      };
    });
  });
  return (await Promise.all(found)).flat();
}

/** The body without the other identifiers of the same thing: exactly one of them may be named. */
function withoutRivals(route: Route, body: object, name: string): object {
  const groups = (route.body?.json['x-exactly-one'] ?? []) as readonly (readonly string[])[];
  const others = groups.find((group) => group.includes(name)) ?? [];
  return Object.fromEntries(Object.entries(body).filter(([field]) => !others.includes(field)));
}

t.test('another tenant’s identifier is as good as none, and its tenant untouched', async (t) => {
  const attempts: Attempt[] = [];
  for (const route of tenantRoutes) {
    attempts.push(...(await inPath(route)), ...(await inBody(route)), ...(await inQuery(route)));
  }
  t.ok(attempts.length > tenantRoutes.length, `${attempts.length} attempts`);
  const before = await inventory(theirs);
  for (const { where, route, foreign, unknown } of attempts) {
    const [answered, ofNothing] = await Promise.all([send(node, route, foreign), send(node, route, unknown)]);
    // A list that is filtered by what is not there is empty.
    if (route.envelope === 'list' && answered.status === 200) t.same(rowsOf(route, answered.json), [], where);
    else t.equal(answered.status, 404, `${where}: ${JSON.stringify(answered.json)}`);
    t.same(said(answered), said(ofNothing), `${where} is as for nothing at all`);
  }
  t.same(await inventory(theirs), before);
});

t.test('a scanner’s calls about what is another tenant’s are as for nothing at all', async (t) => {
  const scan = scanBody(capture(nextPerson()));
  const calls: {
    readonly method: string;
    readonly name: string;
    readonly sample: object;
    readonly other: unknown;
  }[] = [];
  for (const [method, { params }] of Object.entries(scannerCalls)) {
    const fields = propertiesOf(params.json);
    const sample = { ...(sampleOf(params.json) as object), ...('scan' in fields ? { scan } : {}) };
    for (const name of Object.keys(fields).filter((field) => field in inBodies)) {
      const challenge = name === 'challenge_id' && !method.startsWith('signup.');
      const other = await (challenge ? inPaths['/v1/challenges/{id}'] : inBodies[name])?.(theirs, {});
      calls.push({ method, name, sample, other });
    }
  }
  t.ok(calls.length >= 6, `${calls.length} calls`);
  const before = await inventory(theirs);
  for (const { method, name, sample, other } of calls) {
    const said = (id: unknown): Promise<unknown> =>
      mine.scanner.client.call(method, { ...sample, [name]: id }).then(
        () => 'answered',
        (error: { readonly code?: unknown }) => error.code,
      );
    const answer = await said(other);
    t.match(answer, /_not_found$/, `${method} ${name}`);
    t.equal(answer, await said(nothing(name)), `${method} ${name}`);
  }
  t.same(await inventory(theirs), before);
});

function propertiesOf(schema: object): object {
  return (schema as { readonly properties?: object }).properties ?? {};
}

t.test('nothing of another tenant is listed', async (t) => {
  const text = JSON.stringify(await inventory(mine));
  for (const id of [theirs.enrolled.user_id, theirs.scanner.credentials.deviceId, theirs.tenant.tenantId]) {
    t.notMatch(text, String(id));
  }
});

t.test('every refusal that came is published', (t) => {
  t.same([...unpublished], []);
  t.end();
});
