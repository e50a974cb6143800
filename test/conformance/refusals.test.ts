/** Every route of every family refuses whom it does not take, on a real engine, before it does anything. */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import type { Route } from '../../transport/http/route.ts';
import { allRoutes, codeOf, title } from '../support/samples.ts';
import { parametersOf } from './engine/fixtures.ts';
import { invited, openWorld, type Request, registered, send, signedUp, unpublished } from './engine/world.ts';

const world = await openWorld();
const { node, mine } = world;
const { tenant, scanner } = mine;

type Kind =
  | 'nobody'
  | 'client'
  | 'poor client'
  | 'end user'
  | 'viewer'
  | 'operator'
  | 'tenant_admin'
  | 'platform_admin'
  | 'device'
  | 'revoked device';

/** A client that may do nothing but look at one kind of thing. */
async function clientWith(scope: string): Promise<Readonly<Record<string, string>>> {
  const body = { name: `only ${scope}`, scopes: [scope] };
  const made = await node.rest('POST', '/v1/clients', { headers: tenant.admin, body });
  const { client_id, client_secret } = made.data;
  const token = { grant_type: 'client_credentials', client_id, client_secret };
  const { json } = await node.rest('POST', '/v1/auth/token', { body: token });
  return { authorization: `Bearer ${json.access_token}` };
}

const revoked = await tenant.pairScanner();
await tenant.must('DELETE', `/v1/devices/${revoked.credentials.deviceId}`);
const [viewer, operator] = [await invited(mine, 'viewer'), await invited(mine, 'operator')];
const endUser = await signedUp(tenant, world);
const holder = await registered(mine);
const onlyKyc = await clientWith('kyc:read');
const onlyUsers = await clientWith('users:read');

const callers: Readonly<Record<Kind, (route: Route) => Promise<Request>>> = {
  nobody: async () => ({}),
  client: async () => ({ headers: await tenant.headers() }),
  'poor client': async ({ scope }) => ({ headers: scope === 'kyc:read' ? onlyUsers : onlyKyc }),
  'end user': async () => ({ headers: endUser }),
  viewer: async () => ({ headers: viewer }),
  operator: async () => ({ headers: operator }),
  tenant_admin: async () => ({ headers: tenant.admin }),
  platform_admin: async () => ({ headers: world.platform }),
  device: async () => ({ scanner }),
  'revoked device': async () => ({ scanner: revoked }),
};

/** What each kind of caller is told by routes that do not take it; null where they do. */
function refusalOf(kind: Kind, { auth, plane, roles }: Route): number | null {
  if (auth === 'public') return null;
  const isDevice = kind === 'device' || kind === 'revoked device';
  // A device has no credentials on the public listener: what it shows there is nothing.
  if (plane === 'device') return kind === 'device' ? null : 401;
  if (isDevice || kind === 'nobody') return 401;
  if (kind === 'client') return auth === 'client_or_session' ? null : 403;
  if (kind === 'poor client') return 403;
  // An end user is a subject of our own issuer; this one has no wallet yet.
  if (kind === 'end user' && (auth === 'user' || auth === 'subject')) return null;
  if (kind === 'end user') return auth === 'wallet' ? 404 : 403;
  if (auth === 'user' || auth === 'wallet' || auth === 'subject') return 403;
  if (auth === 'self' || kind === 'platform_admin') return null;
  return auth === 'platform' || roles?.includes(kind) !== true ? 403 : null;
}

for (const kind of Object.keys(callers) as Kind[]) {
  t.test(`${kind} is refused by what is not for it`, async (t) => {
    let asked = 0;
    for (const route of allRoutes) {
      const expected = refusalOf(kind, route);
      if (expected === null) continue;
      asked += 1;
      const params = Object.fromEntries(Object.keys(parametersOf(route)).map((name) => [name, randomUUID()]));
      const reply = await attempt(route, { ...(await callers[kind](route)), params, body: {} });
      t.equal(reply, expected, title(route));
    }
    t.ok(asked > 0);
  });
}

/** A connection that the device listener drops is a refusal too: the denylist is asked right after the handshake. */
async function attempt(route: Route, { body, ...request }: Request): Promise<number> {
  try {
    return (await send(node, route, route.body === undefined ? request : { ...request, body })).status;
  } catch (error) {
    if (request.scanner === revoked) return 401;
    throw error;
  }
}

t.test('a broken body and a missing one are 400, whatever the route', async (t) => {
  for (const route of allRoutes.filter(({ body }) => body !== undefined)) {
    const params = Object.fromEntries(Object.keys(parametersOf(route)).map((name) => [name, randomUUID()]));
    const caller = await fitting(route);
    for (const body of route.bodyOptional ? ['{'] : ['{', '']) {
      const headers = { 'content-type': 'application/json', ...caller.headers };
      const reply = await send(node, route, { ...caller, headers, params, body });
      t.equal(reply.status, 400, `${title(route)} ${JSON.stringify(body)}`);
      t.equal(codeOf(route, reply.json), 'malformed_body', title(route));
    }
  }
});

async function fitting(route: Route): Promise<Request> {
  if (route.plane === 'device') return { scanner };
  if (route.auth === 'user' || route.auth === 'subject') return { headers: endUser };
  if (route.auth === 'wallet') return { headers: holder };
  if (route.auth === 'platform') return { headers: world.platform };
  return route.auth === 'public' ? {} : { headers: tenant.admin };
}

t.test('every refusal that came is published', (t) => {
  t.same([...unpublished], []);
  t.end();
});
