/** A body that the real engine accepts: the schema's example, with real identifiers and what a route needs besides. */
import { makeScannerKey } from '../../../bench/scanner/keys.ts';
import { exampleOf } from '../../../transport/http/openapi/example.ts';
import type { Route } from '../../../transport/http/route.ts';
import { PASSWORD, People, tokenFor } from '../../support/accounts.ts';
import { TestAuthority } from '../../support/certificates.ts';
import { familyOf } from '../../support/samples.ts';
import { capture, inBody, type TestTenant } from '../../support/tenant.ts';
import { bodyIdentifiersOf, inBodies, newWebhook, startedSignup, uniqueMobile } from './fixtures.ts';
import { nextPerson, type Side, unique } from './world.ts';

type More = (side: Side) => Promise<object> | object;
type Fields = Readonly<Record<string, unknown>>;

function email(): string {
  return `${unique('person')}@example.com`;
}

let nationals = 1_012_345_678;
function nationalId(): string {
  nationals += 1;
  return String(nationals);
}

function clientOf({ client: { client_id } }: TestTenant): object {
  return { client_id };
}

async function bearerOf(tenant: TestTenant): Promise<string | undefined> {
  return (await tenant.headers()).authorization?.replace('Bearer ', '');
}

const scanOfNobody = () => ({ scan: inBody(capture(nextPerson())) });

/** By operation; what is undefined is left out. */
const more: Readonly<Record<string, More>> = {
  issueToken: ({ tenant }) => ({ ...tenant.client }),
  introspectToken: async ({ tenant }) => ({ ...tenant.client, token: await bearerOf(tenant) }),
  register: ({ tenant }) => ({ ...clientOf(tenant), email: email(), password: PASSWORD }),
  sendOtp: ({ tenant }) => ({ ...clientOf(tenant), mobile: uniqueMobile() }),
  resetPassword: ({ tenant }) => ({
    ...clientOf(tenant),
    email: email(),
    token: undefined,
    new_password: undefined,
  }),
  changePassword: () => ({ current_password: PASSWORD }),
  login: ({ tenant }) => tenant.administrator,
  changeConsolePassword: ({ tenant }) => ({ current_password: tenant.administrator.password }),
  inviteConsoleUser: () => ({ email: email() }),
  inviteAdministrator: () => ({ email: email() }),
  updateUser: () => ({ external_user_id: unique('ext'), email: email(), mobile: uniqueMobile() }),
  linkIdentity: () => ({ type: 'national_id', value: nationalId() }),
  withdrawConsent: async ({ tenant }) => {
    const { external_user_id } = await tenant.user();
    await tenant.must('POST', '/v1/consent', { external_user_id, consent_type: 'biometric', version: '1' });
    return { external_user_id, consent_type: 'biometric' };
  },
  verifySignup: startedSignup,
  searchAuditArchive: () => ({
    date_from: '2025-01-01',
    date_to: '2025-02-01',
    user_id: undefined,
    sort: undefined,
    order: undefined,
  }),
  createUser: () => ({
    external_user_id: unique('ext'),
    email: email(),
    mobile: uniqueMobile(),
  }),
  createVerification: ({ enrolled }) => ({
    external_user_id: enrolled.external_user_id,
    palm_type: undefined,
  }),
  registerDevice: () => ({ bound_product: undefined, bound_action: undefined, device_class: undefined }),
  pairDevice: async ({ tenant }) => ({
    pairing_code: (await tenant.register()).pairing_code,
    csr: (await makeScannerKey()).csrPem,
    device_info: { hardware_id: unique('paired') },
  }),
  renewDevice: async () => ({ csr: (await makeScannerKey()).csrPem }),
  completeChallenge: ({ person }) => ({ scan: inBody(capture(person)) }),
  createTransaction: ({ person }) => ({ scan: inBody(capture(person)), idempotency_key: unique('key') }),
  enrolAtDevice: scanOfNobody,
  createWebhook: newWebhook,
  updateWebhook: newWebhook,
  replayDeliveries: () => ({
    from: '2020-01-01T00:00:00Z',
    to: '2020-01-02T00:00:00Z',
    event_types: undefined,
  }),
  // Of the other two, which exclude each other, only the keys are known to anybody here.
  setIdentityProvider: async ({ issuer }) => ({
    ...issuer.setting,
    jwks_url: undefined,
    read_scopes: [],
    write_scopes: [],
  }),
  createTenant: () => ({ admin_email: `${unique('admin')}@example.com` }),
  createLinkedService: () => ({ product_key: unique('product') }),
  updateLinkedService: () => ({ product_key: unique('product') }),
  uploadPlatformCa: async () => {
    const { caPem, caKeyPem } = await TestAuthority.make();
    return { certificate: caPem, private_key: caKeyPem, chain: undefined, password: undefined };
  },
};

/** What the query must hold; nothing for most. */
export async function queryFor(route: Route, { node, tenant }: Side): Promise<string> {
  if (route.operation !== 'verifyEmail') return '';
  const address = email();
  await new People(node, tenant).register(address);
  return `?token=${await tokenFor(node, address)}`;
}

/** Undefined where the route takes none. */
export async function bodyFor(route: Route, side: Side): Promise<Fields | undefined> {
  if (route.body === undefined) return undefined;
  const example = (familyOf(route).examples?.[route.operation]?.request ??
    exampleOf(route.body.json)) as Fields;
  const names = bodyIdentifiersOf(route).filter((name) => name in example);
  const real = await Promise.all(names.map(async (name) => [name, await inBodies[name]?.(side, {})]));
  return { ...example, ...Object.fromEntries(real), ...(await more[route.operation]?.(side)) };
}
