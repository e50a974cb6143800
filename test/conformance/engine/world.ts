/** A real engine with two tenants, each with one of everything, and with every kind of caller. */

import { deviceFetch } from '../../../transport/client/device.ts';
import { errorCodesOf } from '../../../transport/http/openapi/responses.ts';
import type { Route } from '../../../transport/http/route.ts';
import { firstPassword, People } from '../../support/accounts.ts';
import { callbackSecret } from '../../support/fake-nafath.ts';
import { TestIssuer } from '../../support/issuer.ts';
import { type Json, type RestReply, replyOf, sharedTestNode, type TestNode } from '../../support/node.ts';
import { codeOf } from '../../support/samples.ts';
import { enrolmentScans, type TestScanner, TestTenant } from '../../support/tenant.ts';

/** Requests come faster than any client's, and codes are tried more often. */
const generous = { requests_per_second: 1_000_000, requests_burst: 1_000_000 };

/** One tenant with what its routes are about. */
export interface Side {
  readonly node: TestNode;
  readonly tenant: TestTenant;
  readonly scanner: TestScanner;
  /** A user with both palms. */
  readonly enrolled: Json;
  /** Of the palms of `enrolled`. */
  readonly person: number;
  /** Issues the tokens of the tenant's wallets. */
  readonly issuer: TestIssuer;
}

export interface World {
  readonly node: TestNode;
  readonly mine: Side;
  readonly theirs: Side;
  /** Headers of a platform administrator's session; acts on `mine` where a route is about one tenant. */
  readonly platform: Readonly<Record<string, string>>;
}

let people = 500;
export function nextPerson(): number {
  people += 1;
  return people;
}

let made = 0;
export function unique(prefix: string): string {
  made += 1;
  return `${prefix}-${made}`;
}

async function side(node: TestNode): Promise<Side> {
  const tenant = await TestTenant.create(node, generous);
  const scanner = await tenant.scanner();
  const person = nextPerson();
  const enrolled = await tenant.user(`enrolled-${person}`);
  await scanner.client.enrol(enrolled.user_id, enrolmentScans(person, ['left', 'right']));
  const issuer = await TestIssuer.open();
  const set = { headers: tenant.admin, body: issuer.setting };
  const provider = await node.rest('PUT', '/v1/tenant/identity-provider', set);
  if (provider.status !== 200) throw new Error(JSON.stringify(provider.json));
  return { node, tenant, scanner, enrolled, person, issuer };
}

export async function openWorld(): Promise<World> {
  const node = await sharedTestNode({ THENAR_KYC_MOCK_SECRET: callbackSecret });
  const [mine, theirs] = [await side(node), await side(node)];
  const platform = { ...(await node.signIn(node.administrator)), 'x-tenant-id': mine.tenant.tenantId };
  return { node, mine, theirs, platform };
}

export interface Request {
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  /** Sent as JSON unless it is text already. */
  readonly body?: unknown;
  /** Shows the certificate of this scanner. */
  readonly scanner?: TestScanner;
}

/** Refusals that came and that the route's document does not name. */
export const unpublished = new Set<string>();

/** Sends one request to the listener that serves the route. */
export async function send(node: TestNode, route: Route, request: Request): Promise<RestReply> {
  const { params = {}, body, scanner, query = '' } = request;
  const path = route.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => params[name] ?? `{${name}}`);
  const onDevice = route.plane === 'device' && scanner !== undefined;
  const base = onDevice ? node.urls.deviceUrl : node.urls.publicUrl;
  const ask = onDevice ? deviceFetch(scanner.credentials) : fetch;
  const response = await ask(new URL(path + query, base), {
    method: route.method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...request.headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const reply = await replyOf(response);
  const code = codeOf(route, reply.json);
  if (code !== undefined && !(errorCodesOf(route) as readonly string[]).includes(code)) {
    unpublished.add(`${route.operation}: ${code}`);
  }
  return reply;
}

/** What a caller of a route brings. */
export interface Caller {
  readonly name: string;
  request(): Promise<Pick<Request, 'headers' | 'scanner'>>;
}

/** Every kind of caller that may use the route, as `side` has it. */
export function callersOf(route: Route, side: Side, world: World): readonly Caller[] {
  const { tenant, scanner } = side;
  const client = { name: 'client', request: async () => ({ headers: await tenant.headers() }) };
  const administrator = { name: 'tenant administrator', request: async () => ({ headers: tenant.admin }) };
  const platform = { name: 'platform administrator', request: async () => ({ headers: world.platform }) };
  const again = {
    name: 'somebody logged in',
    request: async () => ({ headers: await loggedIn(tenant, world) }),
  };
  const user = { name: 'end user', request: async () => ({ headers: await signedUp(tenant, world) }) };
  const callers: Readonly<Record<string, readonly Caller[]>> = {
    public: [{ name: 'anybody', request: async () => ({}) }],
    client_or_session: [client, administrator],
    session: [administrator],
    platform: [platform],
    self: [again],
    user: [user],
    // A token of ours opens the family as well, once its user is registered there.
    wallet: [
      { name: 'holder of a wallet', request: async () => ({ headers: await registered(side) }) },
      {
        name: 'end user with a wallet',
        request: async () => ({ headers: await registeredEndUser(side, world) }),
      },
    ],
    subject: [{ name: 'subject', request: () => subject(side) }, user],
    device: [{ name: 'device', request: async () => ({ scanner }) }],
  };
  return callers[route.auth] ?? [];
}

/** A session of its own: what a route does to it is nobody else's loss. */
function loggedIn(tenant: TestTenant, { node }: World): Promise<Readonly<Record<string, string>>> {
  return node.signIn(tenant.administrator);
}

export async function signedUp(tenant: TestTenant, { node }: World): Promise<Record<string, string>> {
  const { access_token } = await new People(node, tenant).signedUp(`${unique('user')}@people.example`);
  return { authorization: `Bearer ${access_token}` };
}

/** A session of somebody who was invited to the tenant's console. */
export async function invited(
  { node, tenant }: Side,
  role: 'viewer' | 'operator',
): Promise<Readonly<Record<string, string>>> {
  const email = `${unique(role)}@invited.example`;
  await node.rest('POST', '/v1/console/users', { headers: tenant.admin, body: { email, role } });
  return node.signIn({ email, password: await firstPassword(node, email) });
}

/** Somebody new of the tenant's identity provider. */
async function subject({ issuer }: Side): Promise<{ readonly headers: Readonly<Record<string, string>> }> {
  return { headers: await issuer.headers(unique('auth0|')) };
}

async function register(node: TestNode, headers: Readonly<Record<string, string>>): Promise<void> {
  const reply = await node.rest('POST', '/auth/users/register', { headers });
  if (reply.status !== 201) throw new Error(`register: ${JSON.stringify(reply.json)}`);
}

/** Somebody of the tenant's identity provider who registered. */
export async function registered(side: Side): Promise<Readonly<Record<string, string>>> {
  const { headers } = await subject(side);
  await register(side.node, headers);
  return headers;
}

async function registeredEndUser(
  { node, tenant }: Side,
  world: World,
): Promise<Readonly<Record<string, string>>> {
  const headers = await signedUp(tenant, world);
  await register(node, headers);
  return headers;
}
