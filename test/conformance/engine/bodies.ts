/** A body that the real engine accepts: the schema's example, with real identifiers and what a route needs besides. */
import { makeScannerKey } from '../../../bench/scanner/keys.ts';
import { exampleOf } from '../../../transport/http/openapi/example.ts';
import type { Route } from '../../../transport/http/route.ts';
import { TestAuthority } from '../../support/certificates.ts';
import { capture, inBody } from '../../support/tenant.ts';
import { bodyIdentifiersOf, inBodies, newWebhook } from './fixtures.ts';
import { nextPerson, type Side, unique } from './world.ts';

type More = (side: Side) => Promise<object> | object;
type Fields = Readonly<Record<string, unknown>>;

let numbers = 500_000_000;
function mobile(): string {
  numbers += 1;
  return `+966${numbers}`;
}

const scanOfNobody = () => ({ scan: inBody(capture(nextPerson())) });

/** By operation; what is undefined is left out. */
const more: Readonly<Record<string, More>> = {
  issueToken: ({ tenant }) => ({ ...tenant.client }),
  login: ({ tenant }) => tenant.administrator,
  createUser: () => ({
    external_user_id: unique('ext'),
    email: `${unique('person')}@example.com`,
    mobile: mobile(),
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
  createTenant: () => ({ admin_email: `${unique('admin')}@example.com` }),
  createLinkedService: () => ({ product_key: unique('product') }),
  updateLinkedService: () => ({ product_key: unique('product') }),
  uploadPlatformCa: async () => {
    const { caPem, caKeyPem } = await TestAuthority.make();
    return { certificate: caPem, private_key: caKeyPem, chain: undefined, password: undefined };
  },
};

/** Undefined where the route takes none. */
export async function bodyFor(route: Route, side: Side): Promise<Fields | undefined> {
  if (route.body === undefined) return undefined;
  const example = exampleOf(route.body.json) as Fields;
  const names = bodyIdentifiersOf(route).filter((name) => name in example);
  const real = await Promise.all(names.map(async (name) => [name, await inBodies[name]?.(side, {})]));
  return { ...example, ...Object.fromEntries(real), ...(await more[route.operation]?.(side)) };
}
