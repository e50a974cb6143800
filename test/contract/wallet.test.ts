/** Wallet users and their phones on a real engine: who they are, what proves it, and whose it stays. */
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { People } from '../support/accounts.ts';
import { faceBody, faceOf } from '../support/faces.ts';
import { TestIssuer } from '../support/issuer.ts';
import { sharedTestNode } from '../support/node.ts';
import { Holder, Phone } from '../support/phone.ts';
import { TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const { publicUrl } = node.urls;
const tenant = await TestTenant.create(node);
const other = await TestTenant.create(node);
const issuer = await TestIssuer.open();
const otherIssuer = await TestIssuer.open('RS256');

function set(of: TestTenant, body: object) {
  return node.rest('PUT', '/v1/tenant/identity-provider', { headers: of.admin, body });
}

await set(tenant, issuer.setting);
await set(other, otherIssuer.setting);

async function holder(subject: string, by = issuer): Promise<Holder> {
  return new Holder(publicUrl, await by.headers(subject));
}

async function registered(subject: string, by = issuer): Promise<Holder> {
  const found = await holder(subject, by);
  await found.must('POST', '/auth/users/register');
  return found;
}

/** Numbers of this family's errors that the tests below meet. */
const number = {
  invalidToken: 100202,
  insufficientScope: 100203,
  userSuspended: 100207,
  userNotFound: 100301,
  keyTaken: 100402,
  challenge: 100403,
  signature: 100404,
};

t.test('the same subject is the same user, also when it asks twice at once', async (t) => {
  const ada = await holder('auth0|ada');
  t.equal((await ada.get('/v2/devices')).json.error.code, number.userNotFound);
  const [first, ...others] = await Promise.all([
    ada.post('/auth/users/register', { display_name: 'Ada' }),
    ada.post('/auth/users/register'),
    ada.post('/auth/users/register', {}),
  ]);
  const again = await ada.post('/auth/users/register');
  t.equal([first, ...others].filter(({ status }) => status === 201).length, 1);
  t.equal(again.status, 200);
  t.match(again.json, { auth0_id: 'auth0|ada' });
  t.same(Object.keys(again.json), ['user_id', 'auth0_id', 'created_at']);
  for (const { json } of [first, ...others]) t.equal(json.user_id, again.json.user_id);
  const shown = await tenant.must('GET', `/v1/users/${again.json.user_id}`);
  t.equal(shown.status, 'active', 'a user of the tenant as every other');
  const { rows } = await node.engine.context.store.page('audit', {
    where: { tenantId: tenant.tenantId, userId: again.json.user_id },
    limit: 10,
  });
  t.same(
    rows.map(({ eventType, actor }) => [eventType, actor === `user/${again.json.user_id}`]).sort(),
    [
      ['user_created', true],
      ['wallet_user_registered', true],
    ],
    'recorded once',
  );
});

t.test('an end user of ours is the user that it is', async (t) => {
  const { access_token } = await new People(node, tenant).signedUp('eve@people.example');
  const eve = new Holder(publicUrl, { authorization: `Bearer ${access_token}` });
  const made = await eve.post('/auth/users/register');
  t.equal(made.status, 201);
  t.equal(made.json.auth0_id, made.json.user_id);
  const shown = await tenant.must('GET', `/v1/users/${made.json.user_id}`);
  t.equal(shown.email, 'eve@people.example');
  t.equal((await eve.get('/v2/devices')).status, 200);
});

t.test('a phone is registered by its signature, once, and is its user’s', async (t) => {
  const ben = await registered('auth0|ben');
  const phone = new Phone();
  const body = await ben.registration(phone, {
    device_name: 'Phone',
    from_the_future: [1, { b: 2, a: 1e21 }],
  });
  const made = await ben.post('/auth/devices/register', body);
  t.equal(made.status, 201, JSON.stringify(made.json));
  t.equal(made.json.device_verifying_key, phone.verifyingKey);
  t.equal((await ben.post('/auth/devices/register', body)).json.error.code, number.challenge, 'once');
  const again = await ben.addPhone(phone);
  t.equal(again.status, 200);
  t.equal(again.json.device_id, made.json.device_id);
  const listed = await ben.must('GET', '/v2/devices');
  t.match(listed, {
    devices: [
      { device_id: made.json.device_id, device_name: 'Phone', registered_at: made.json.registered_at },
    ],
    pagination: { page: 1, page_size: 50, total: 1 },
  });
  const history = await ben.must('GET', '/transactions?type=device_registration');
  t.same(
    history.transactions.map(({ status, details }: { status: string; details: object }) => [status, details]),
    [['completed', { device_id: made.json.device_id }]],
  );

  const cat = await registered('auth0|cat');
  t.equal((await cat.addPhone(phone)).json.error.code, number.keyTaken);
  t.same((await cat.must('GET', '/v2/devices')).devices, []);
});

t.test('of two requests with one challenge one goes on', async (t) => {
  const dan = await registered('auth0|dan');
  const body = await dan.registration(new Phone());
  const replies = await Promise.all(
    Array.from({ length: 5 }, () => dan.post('/auth/devices/register', body)),
  );
  t.same(replies.map(({ status }) => status).sort(), [201, 400, 400, 400, 400]);
});

t.test('what a signature must be over, and by whom', async (t) => {
  const eli = await registered('auth0|eli');
  const phone = new Phone();
  const { device_signature: signature, ...signed } = await eli.registration(phone, { device_name: 'One' });
  const refused = async (body: object): Promise<number> =>
    (await eli.post('/auth/devices/register', body)).json.error.code;
  const whole = { ...signed, device_signature: signature };
  t.equal(await refused({ ...whole, device_name: 'Two' }), number.signature);
  t.equal(await refused({ ...whole, more: null }), number.signature);
  t.equal(await refused({ ...whole, device_signature: `${signature}00` }), number.signature);
  t.equal(await refused(new Phone().signed(signed)), number.signature, 'by another key');
  t.equal(await refused({ ...whole, challenge: 'ab' }), number.challenge);
  const other = new Phone();
  t.equal(
    await refused(other.signed({ ...signed, device_verifying_key: other.verifyingKey })),
    number.challenge,
  );
  t.equal((await eli.post('/auth/devices/register', whole)).status, 201, 'none of these cost the challenge');
});

t.test(
  'a challenge is of one user, of one key in all its forms, the newest, and for five minutes',
  async (t) => {
    const [fay, gus] = [await registered('auth0|fay'), await registered('auth0|gus')];
    const phone = new Phone();
    const key = phone.verifyingKey;
    const old = await fay.registration(phone);
    const stranger = await gus.challenge(key);
    const odd = Number.parseInt(key.slice(-1), 16) % 2 === 1;
    const compressed = `${odd ? '03' : '02'}${key.slice(2, 66)}`;
    const challenge = await fay.challenge(compressed);
    t.equal((await fay.post('/auth/devices/register', old)).json.error.code, number.challenge);
    const bodyWith = (challenge: string) => phone.signed({ device_verifying_key: key, challenge });
    t.equal((await fay.post('/auth/devices/register', bodyWith(stranger))).json.error.code, number.challenge);
    const late = await gus.registration(new Phone());
    node.clock.pass(limits.device_challenge_life_ms);
    t.equal((await gus.post('/auth/devices/register', late)).json.error.code, number.challenge);
    t.equal(
      (await fay.post('/auth/devices/register', bodyWith(challenge))).json.error.code,
      number.challenge,
    );
    t.equal((await fay.addPhone(phone)).status, 201);
    for (const bad of ['00', 'zz', `04${'00'.repeat(64)}`]) {
      t.equal((await fay.get(`/auth/devices/challenge/${bad}`)).status, 422, bad);
    }
  },
);

t.test('a user with a face shows it for a new phone; a failure leaves the challenge', async (t) => {
  const hal = await registered('auth0|hal');
  t.equal((await hal.addPhone(new Phone())).status, 201);
  await hal.must('POST', '/auth/face/register', faceBody(faceOf(71)));
  const phone = new Phone();
  const challenge = await hal.challenge(phone.verifyingKey);
  const attempt = (face: object) =>
    hal.post(
      '/auth/devices/register',
      phone.signed({ device_verifying_key: phone.verifyingKey, challenge, ...face }),
    );
  const without = await attempt({});
  t.equal(without.status, 403);
  const half = await attempt({ face_scan: 'AAAA' });
  t.equal(half.status, 422);
  const wrong = await attempt(faceBody(faceOf(72)));
  t.equal(wrong.status, 403, JSON.stringify(wrong.json));
  const right = await attempt(faceBody(faceOf(71)));
  t.equal(right.status, 201, JSON.stringify(right.json));
});

t.test('another tenant reaches nothing, though everything is called the same', async (t) => {
  const ivy = await registered('auth0|ivy');
  const twin = await registered('auth0|ivy', otherIssuer);
  const phone = new Phone();
  const mine = (await ivy.addPhone(phone)).json;
  t.same((await twin.must('GET', '/v2/devices')).devices, []);
  t.same((await twin.must('GET', '/transactions')).transactions, []);
  const theirs = await twin.addPhone(phone);
  t.equal(theirs.status, 201, 'the key is nobody’s there');
  t.not(theirs.json.device_id, mine.device_id);
  const challenge = await ivy.challenge(phone.verifyingKey);
  const body = phone.signed({ device_verifying_key: phone.verifyingKey, challenge });
  t.equal((await twin.post('/auth/devices/register', body)).json.error.code, number.challenge);
  const foreign = await issuer.token('auth0|ivy', { iss: otherIssuer.issuer });
  const refused = await new Holder(publicUrl, { authorization: `Bearer ${foreign}` }).get('/v2/devices');
  t.equal(refused.json.error.code, number.invalidToken);
});

t.test('issuer and audience are one tenant’s', async (t) => {
  const taken = await set(other, { ...issuer.setting, read_scopes: ['x'] });
  t.equal(taken.status, 409);
  t.equal(taken.code, 'identity_provider_taken');
  const mine = { ...issuer.setting, audience: 'https://second.example' };
  t.equal((await set(other, mine)).status, 200, 'another audience of the same issuer is another’s');
  const both = await issuer.token('auth0|ada', { aud: [issuer.audience, 'https://second.example'] });
  const asked = await new Holder(publicUrl, { authorization: `Bearer ${both}` }).get('/v2/devices');
  t.equal(asked.json.error.code, number.invalidToken, 'a token that is for two tenants is for neither');
  t.equal((await set(other, otherIssuer.setting)).status, 200);
  t.equal((await (await holder('auth0|ada')).get('/v2/devices')).status, 200);
});

t.test('what an identity provider may not be', async (t) => {
  const { issuer: own } = node.engine.context.deployment;
  const [key] = issuer.jwks.keys;
  for (const [body, code] of [
    [{ ...issuer.setting, issuer: own }, 'identity_provider_refused'],
    [{ issuer: 'a', audience: 'b', jwks_url: 'ftp://example.com/keys' }, 'identity_provider_refused'],
    [{ issuer: 'a', audience: 'b', jwks_url: 'https://user:pass@example.com/' }, 'identity_provider_refused'],
    [{ issuer: 'a', audience: 'b', jwks: { keys: [] } }, 'validation_failed'],
    [{ issuer: 'a', audience: 'b', jwks: { keys: [{ ...key, d: 'secret' }] } }, 'validation_failed'],
    [{ issuer: 'a', audience: 'b', jwks: {} }, 'validation_failed'],
    [{ issuer: 'a', audience: 'b' }, 'validation_failed'],
    [{ ...issuer.setting, jwks_url: 'https://example.com/keys' }, 'validation_failed'],
    [{ ...issuer.setting, read_scopes: ['two words'] }, 'validation_failed'],
  ] as const) {
    const reply = await set(tenant, body);
    t.equal(reply.code, code, JSON.stringify(body).slice(0, 80));
  }
});

t.test('scopes that the tenant asks for', async (t) => {
  await set(tenant, { ...issuer.setting, read_scopes: ['wallet'], write_scopes: ['wallet', 'wallet.write'] });
  const asked = async (scope?: string) => {
    const jo = new Holder(publicUrl, await issuer.headers('auth0|ada', scope === undefined ? {} : { scope }));
    const read = await jo.get('/v2/devices');
    const write = await jo.post('/auth/users/register');
    return [read.status, write.status, read.json.error?.code ?? null];
  };
  t.same(await asked(), [403, 403, number.insufficientScope]);
  t.same(await asked('openid wallet'), [200, 403, null]);
  t.same(await asked('wallet.write wallet'), [200, 200, null]);
  t.same(await asked('wallet.write'), [403, 403, number.insufficientScope]);
  await set(tenant, issuer.setting);
});

t.test('a suspended user is refused, an erased one is nobody, and registers anew', async (t) => {
  const kim = await holder('auth0|kim');
  const { user_id } = await kim.must('POST', '/auth/users/register');
  await kim.addPhone(new Phone());
  const act = (action: string) =>
    node.rest('POST', `/v1/users/${user_id}/${action}`, { headers: tenant.admin, body: {} });
  await act('suspend');
  t.equal((await kim.get('/v2/devices')).json.error.code, number.userSuspended);
  await act('reactivate');
  t.equal((await kim.must('GET', '/v2/devices')).devices.length, 1);
  const exported = await tenant.must('GET', `/v1/users/${user_id}/data`);
  t.match(JSON.stringify(exported), /wallet_devices/);
  await tenant.must('DELETE', `/v1/users/${user_id}`);
  t.equal((await kim.get('/v2/devices')).json.error.code, number.userNotFound);
  const anew = await kim.post('/auth/users/register');
  t.equal(anew.status, 201);
  t.not(anew.json.user_id, user_id);
  t.same((await kim.must('GET', '/v2/devices')).devices, []);
});

t.test('the setting survives a restart, and ends when it is removed', async (t) => {
  await node.restart();
  t.equal((await (await holder('auth0|ada')).get('/v2/devices')).status, 200);
  await tenant.authenticate();
  const admin = await node.signIn(tenant.administrator);
  const shown = await node.rest('GET', '/v1/tenant/identity-provider', { headers: admin });
  t.match(shown.data, { issuer: issuer.issuer, audience: issuer.audience, jwks_url: null });
  const gone = await node.rest('DELETE', '/v1/tenant/identity-provider', { headers: admin });
  t.equal(gone.status, 200);
  t.equal((await (await holder('auth0|ada')).get('/v2/devices')).json.error.code, number.invalidToken);
});
