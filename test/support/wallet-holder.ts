/** A wallet of a tenant's user: calls the Wallet family with a token of the tenant's identity provider. */
import type { FaceScan } from '../../engine/face/ports.ts';
import { faceBody } from './faces.ts';
import { TestIssuer } from './issuer.ts';
import { type Administered, type RestReply, rest } from './node.ts';
import type { TestTenant } from './tenant.ts';

const issuers = new WeakMap<TestTenant, Promise<TestIssuer>>();

/** The tenant's identity provider, made and set when it is first asked for. */
function issuerOf(node: Administered, tenant: TestTenant): Promise<TestIssuer> {
  const known = issuers.get(tenant);
  if (known !== undefined) return known;
  const made = TestIssuer.open().then(async (issuer) => {
    const set = { headers: tenant.admin, body: issuer.setting };
    const reply = await node.rest('PUT', '/v1/tenant/identity-provider', set);
    if (reply.status !== 200) throw new Error(JSON.stringify(reply.json));
    return issuer;
  });
  issuers.set(tenant, made);
  return made;
}

let subjects = 0;

export class WalletHolder {
  readonly node: Administered;
  readonly tenant: TestTenant;
  readonly userId: string;
  readonly token: string;

  private constructor(node: Administered, tenant: TestTenant, userId: string, token: string) {
    this.node = node;
    this.tenant = tenant;
    this.userId = userId;
    this.token = token;
  }

  static async register(node: Administered, tenant: TestTenant): Promise<WalletHolder> {
    subjects += 1;
    // Long enough for tests that move the clock on by days.
    const exp = Math.floor(Date.now() / 1000) + 400 * 24 * 3600;
    const token = await (await issuerOf(node, tenant)).token(`auth0|holder-${subjects}`, { exp });
    const headers = { authorization: `Bearer ${token}` };
    const reply = await node.rest('POST', '/auth/users/register', { headers, body: {} });
    if (reply.status !== 201) throw new Error(JSON.stringify(reply.json));
    return new WalletHolder(node, tenant, reply.json.user_id, token);
  }

  call(method: string, path: string, body?: unknown): Promise<RestReply> {
    const headers = { authorization: `Bearer ${this.token}` };
    return rest(this.node.urls.publicUrl, method, path, body === undefined ? { headers } : { headers, body });
  }

  registerFace(face: FaceScan): Promise<RestReply> {
    return this.call('POST', '/auth/face/register', faceBody(face));
  }

  backUp(...keyshares: readonly object[]): Promise<RestReply> {
    return this.call('POST', '/v2/keyshare/backup', { keyshares });
  }

  recover(face: FaceScan, more: object = {}): Promise<RestReply> {
    return this.call('POST', '/v2/keyshare/recover', { ...faceBody(face), ...more });
  }
}

/** A share as a client backs it up. */
export function keyShare(keyId: string, more: object = {}): object {
  return {
    key_id: keyId,
    algorithm: 'ecdsa-secp256k1',
    public_key: '02ab',
    threshold: 2,
    party: 1,
    ciphertext: Buffer.from(`encrypted share of ${keyId}`).toString('base64'),
    ...more,
  };
}
