/**
 * What identifiers stand for. Every path parameter of the table and every identifier in a body has a row here, so
 * that a new route is tried with a real thing of its own tenant and with one of another's.
 */
import { randomUUID } from 'node:crypto';
import type { Route } from '../../../transport/http/route.ts';
import { codeFor } from '../../support/accounts.ts';
import { deviceRest, type Json } from '../../support/node.ts';
import { type Side, unique } from './world.ts';

/** @param before the path's parameters to the left */
type Make = (side: Side, before: Readonly<Record<string, string>>) => Promise<string>;

async function made(side: Side, path: string, body: object): Promise<Json> {
  const reply = await side.node.rest('POST', path, { headers: side.tenant.admin, body });
  if (reply.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(reply.json)}`);
  return reply.data;
}

const user: Make = async ({ tenant }) => (await tenant.user()).user_id;
const device: Make = async ({ tenant }) => (await tenant.register()).device_id;
const challenge: Make = async ({ tenant, scanner, enrolled }) =>
  (await tenant.must('POST', '/v1/verify', { user_id: enrolled.user_id, ...scanner.device })).challenge_id;
const webhook: Make = async (side) => (await made(side, '/v1/webhooks', newWebhook())).webhook_id;
const delivery: Make = async (side, { id = '' }) =>
  (await made(side, `/v1/webhooks/${id}/test`, {})).delivery_id;
const erasure: Make = async (side) =>
  (await side.tenant.must('DELETE', `/v1/users/${await user(side, {})}`)).erasure_id;
const linkedService: Make = async (side) => {
  const product_key = unique('product');
  const body = { product_key, base_url: 'https://service.example.com' };
  return (await made(side, '/v1/linked-services', body)).linked_service_id;
};
const tenant: Make = async ({ node }) => {
  const name = unique('made');
  const body = { name, admin_email: `admin@${name}.example` };
  return (await node.platform('POST', '/v1/admin/tenants', body)).data.tenant_id;
};

const client: Make = async (side) => (await made(side, '/v1/clients', { name: 'another' })).client_id;
const consoleUser: Make = async (side) => {
  const body = { email: `${unique('viewer')}@example.com`, role: 'viewer' };
  return (await made(side, '/v1/console/users', body)).console_user_id;
};
const administrator: Make = async ({ node }) => {
  const body = { email: `${unique('root')}@example.com` };
  return (await node.platform('POST', '/v1/admin/administrators', body)).data.console_user_id;
};
const signup: Make = async (side) => (await startedSignup(side)).challenge_id;

/** Somebody who signs up at the scanner, up to the code. */
export async function startedSignup({ node, tenant, scanner }: Side): Promise<Json> {
  const mobile = uniqueMobile();
  const { deviceUrl } = tenant.urls;
  const started = await deviceRest(deviceUrl, scanner.credentials, 'POST', '/v1/device/signup', { mobile });
  return { challenge_id: started.json.challenge_id, code: await codeFor(node, mobile) };
}

let numbers = 500_000_000;
export function uniqueMobile(): string {
  numbers += 1;
  return `+966${numbers}`;
}

/** A webhook whose endpoint nobody answers, at a port that never listens. */
export function newWebhook(): {
  readonly name: string;
  readonly endpoint: string;
  readonly events: string[];
} {
  const name = unique('hook');
  return { name, endpoint: `http://127.0.0.1:9/${name}`, events: ['device.paired'] };
}

/** By the path up to the parameter; the longest that fits. */
export const inPaths: Readonly<Record<string, Make>> = {
  '/v1/users/{id}': user,
  '/v1/users/{user_id}': user,
  '/v1/erasures/{id}': erasure,
  '/v1/devices/{id}': device,
  '/v1/challenges/{id}': challenge,
  '/v1/webhooks/{id}': webhook,
  '/v1/webhooks/{id}/deliveries/{delivery_id}': delivery,
  '/v1/kyc/status/{user_id}': user,
  '/v1/consent/{user_id}': user,
  '/v1/clients/{id}': client,
  '/v1/console/users/{id}': consoleUser,
  '/v1/admin/administrators/{id}': administrator,
  '/v1/linked-services/{id}': linkedService,
  '/v1/admin/tenants/{id}': tenant,
};

/** By the name of the body's field. */
export const inBodies: Readonly<Record<string, Make>> = {
  user_id: user,
  external_user_id: async (side) => (await side.tenant.user()).external_user_id ?? '',
  device_id: async ({ scanner }) => scanner.credentials.deviceId,
  hardware_id: async ({ scanner }) => scanner.credentials.hardwareId,
  challenge_id: signup,
};

/** Words in paths are no identifiers: they are the same for every tenant. */
const words: Readonly<Record<string, string>> = {
  provider: 'mock',
  type: 'external',
  // A question that asks nothing: OCSP has a refusal of its own for it, with status 200.
  request: 'MAAA',
  // The example of RFC 6979 appendix A.2.5.
  device_verifying_key: '0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',
};

/** The paths up to each parameter that names a thing: `{ id: '/v1/users/{id}' }`. */
export function parametersOf(route: Route): Readonly<Record<string, string>> {
  const found = [...route.path.matchAll(/\{([^}]+)\}/g)].map((match) => {
    const [whole, name = ''] = match;
    return [name, route.path.slice(0, match.index + whole.length)];
  });
  return Object.fromEntries(found);
}

/** @throws Error for a parameter that has no row here */
export async function paramsFor(route: Route, side: Side): Promise<Record<string, string>> {
  const params: Record<string, string> = {};
  for (const [name, upTo] of Object.entries(parametersOf(route))) {
    const make = inPaths[upTo];
    const word = words[name];
    if (make === undefined && word === undefined) {
      throw new Error(`${route.operation}: give ${upTo} a row in fixtures.ts`);
    }
    params[name] = make === undefined ? (word ?? '') : await make(side, params);
  }
  return params;
}

/** Parameters that name a tenant's thing, and so could name another tenant's. */
export function identifiersOf(route: Route): readonly string[] {
  return Object.keys(parametersOf(route)).filter((name) => words[name] === undefined);
}

/** Identifiers in the body that name something which must be there. */
export function bodyIdentifiersOf(route: Route): readonly string[] {
  const { properties = {} } = (route.body?.json ?? {}) as { readonly properties?: object };
  return Object.keys(properties).filter((name) => name in inBodies && !invents(route, name));
}

/** Filters of lists that name something. */
export function queryIdentifiersOf(route: Route): readonly string[] {
  const { properties = {} } = (route.query?.json ?? {}) as { readonly properties?: object };
  return Object.keys(properties).filter((name) => name in inBodies);
}

/** Operations whose body brings a new identifier instead of naming a thing. */
const inventions: Readonly<Record<string, readonly string[]>> = {
  createUser: ['external_user_id'],
  updateUser: ['external_user_id'],
};
function invents(route: Route, name: string): boolean {
  return inventions[route.operation]?.includes(name) === true;
}

/** A name of the same kind for nothing at all. */
export function nothing(name: string): string {
  return name.startsWith('external') || name.startsWith('hardware') ? unique('nothing') : randomUUID();
}
