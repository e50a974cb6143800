/** Keys of an identity provider over the network: fetched, rotated, and its absence outlived. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { TestIssuer } from '../support/issuer.ts';
import { sharedTestNode } from '../support/node.ts';
import { Holder } from '../support/phone.ts';
import { TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const issuer = await TestIssuer.open('RS256');

let away = false;
let asked = 0;
const server = createServer((_, response) => {
  asked += 1;
  if (away) response.socket?.destroy();
  else response.end(JSON.stringify(issuer.jwks));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
t.teardown(() => {
  server.closeAllConnections();
  server.close();
});
const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;

async function register(subject: string, at = 0) {
  const authorization = `Bearer ${await issuer.token(subject, {}, at)}`;
  return new Holder(node.urls.publicUrl, { authorization }).post('/auth/users/register');
}

t.test('keys come from the provider, once for all', async (t) => {
  const { audience } = issuer;
  const body = { issuer: issuer.issuer, audience, jwks_url: jwksUrl };
  const set = await node.rest('PUT', '/v1/tenant/identity-provider', { headers: tenant.admin, body });
  t.equal(set.status, 200, JSON.stringify(set.json));
  t.equal(asked, 0, 'nobody has needed them yet');
  const replies = await Promise.all(['a', 'b', 'c'].map((subject) => register(subject)));
  t.same(
    replies.map(({ status }) => status),
    [201, 201, 201],
  );
  t.equal(asked, 1);
});

t.test('tokens of a suspended tenant open nothing', async (t) => {
  const act = (action: string) =>
    node.platform('POST', `/v1/admin/tenants/${tenant.tenantId}/${action}`, { reason: 'a test' });
  await act('suspend');
  const refused = await register('a');
  t.equal(refused.status, 403);
  t.equal(refused.json.error.code, 100206);
  await act('reactivate');
  t.equal((await register('a')).status, 200);
});

t.test('a provider that is away is not noticed by those whose keys are known', async (t) => {
  away = true;
  t.equal((await register('d')).status, 201);
});

t.test('after a restart its keys are unknown, and calls wait for it with 503', async (t) => {
  await node.restart();
  const refused = await register('e');
  t.equal(refused.status, 503);
  t.equal(refused.json.error.code, 100807);
  t.ok(Number(refused.headers.get('retry-after')) > 0);
  t.match(
    node.logged.map(({ message }) => message).join('\n'),
    'Keys of an identity provider could not be fetched',
  );
});

t.test('without leave for private addresses none is even asked', async (t) => {
  const guarded = await sharedTestNode({ THENAR_WEBHOOK_ALLOW_PRIVATE: '0' });
  const other = await TestTenant.create(guarded);
  for (const url of [jwksUrl, 'https://127.0.0.1/keys', 'https://[::1]/keys', 'https://localhost/keys']) {
    const body = { issuer: issuer.issuer, audience: issuer.audience, jwks_url: url };
    const refused = await guarded.rest('PUT', '/v1/tenant/identity-provider', { headers: other.admin, body });
    t.equal(refused.status, 400, url);
    t.equal(refused.code, 'identity_provider_refused', url);
  }
});
