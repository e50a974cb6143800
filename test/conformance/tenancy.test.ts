/**
 * What belongs to another tenant is not there: by every path parameter and by every identifier in a body, on a real
 * engine. The answer is the same as for an identifier of nothing at all, so it tells nothing.
 */
import t from 'tap';
import type { Route } from '../../transport/http/route.ts';
import type { Json, RestReply } from '../support/node.ts';
import { allRoutes, rowsOf, title } from '../support/samples.ts';
import { bodyFor } from './engine/bodies.ts';
import { bodyIdentifiersOf, identifiersOf, inBodies, nothing, paramsFor } from './engine/fixtures.ts';
import { callersOf, openWorld, type Request, type Side, send, unpublished } from './engine/world.ts';

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

async function requestOf(route: Route): Promise<Request> {
  const [caller] = callersOf(route, mine, world);
  return { ...(await caller?.request()), body: await bodyFor(route, mine) };
}

interface Attempt {
  readonly where: string;
  readonly route: Route;
  readonly foreign: Request;
  readonly unknown: Request;
}

async function inPath(route: Route): Promise<Attempt[]> {
  const own = await paramsFor(route, mine);
  const other = await paramsFor(route, theirs);
  const request = await requestOf(route);
  return identifiersOf(route).map((name) => ({
    where: `${title(route)} ${name}`,
    route,
    foreign: { ...request, params: { ...own, [name]: other[name] ?? '' } },
    unknown: { ...request, params: { ...own, [name]: nothing(name) } },
  }));
}

async function inBody(route: Route): Promise<Attempt[]> {
  const params = await paramsFor(route, mine);
  const { body, ...request } = await requestOf(route);
  return Promise.all(
    bodyIdentifiersOf(route).map(async (name) => {
      const kept = withoutRivals(route, body as object, name);
      const other = await inBodies[name]?.(theirs, {});
      return {
        where: `${title(route)} ${name}`,
        route,
        foreign: { ...request, params, body: { ...kept, [name]: other } },
        unknown: { ...request, params, body: { ...kept, [name]: nothing(name) } },
      };
    }),
  );
}

/** The body without the other identifiers of the same thing: exactly one of them may be named. */
function withoutRivals(route: Route, body: object, name: string): object {
  const groups = (route.body?.json['x-exactly-one'] ?? []) as readonly (readonly string[])[];
  const others = groups.find((group) => group.includes(name)) ?? [];
  return Object.fromEntries(Object.entries(body).filter(([field]) => !others.includes(field)));
}

t.test('another tenant’s identifier is as good as none, and its tenant untouched', async (t) => {
  const attempts: Attempt[] = [];
  for (const route of tenantRoutes) attempts.push(...(await inPath(route)), ...(await inBody(route)));
  t.ok(attempts.length > tenantRoutes.length / 2);
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
