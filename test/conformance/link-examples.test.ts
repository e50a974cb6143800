/** The examples of document 003 and section 14.4 of document 000, field by field. */
import t from 'tap';
import { ThenarError } from '../../engine/errors.ts';
import { fakeApi } from '../support/fake-api.ts';
import { fingerprint, id } from '../support/fake-records.ts';
import { ask } from '../support/http.ts';
import { asPerson, listeners } from '../support/samples.ts';

const bearer = { authorization: 'Bearer all' };
const secret = { grant_type: 'client_credentials', client_id: id.client, client_secret: 'cs_live_xxx' };
const scan = { format: 'template', model: 'm', data: 'AAAA', palm_type: 'left' };

t.test('a token, in the ways clients ask for one', async (t) => {
  const fake = fakeApi();
  const { public: handler } = listeners(fake.api);
  const expected = { success: true, access_token: 'all', token_type: 'Bearer', expires_in: 3_600 };
  const basic = `Basic ${Buffer.from(`${id.client}:cs_live_xxx`).toString('base64')}`;
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const asked = [
    { body: secret },
    { body: new URLSearchParams(secret).toString(), headers: form },
    { body: 'grant_type=client_credentials', headers: { ...form, authorization: basic } },
    { body: { grant_type: 'client_credentials' }, headers: { authorization: basic } },
  ];
  for (const each of asked) {
    const told = await ask(handler, 'POST', '/v1/auth/token', each);
    t.equal(told.status, 200);
    t.same(told.json, expected);
    t.equal(told.headers['cache-control'], 'no-store');
  }
  const inputs = fake.calls.map(({ args }) => args[1]);
  t.same(
    inputs,
    asked.map(() => ({ clientId: id.client, clientSecret: 'cs_live_xxx' })),
  );
});

t.test('a token refused', async (t) => {
  const { public: handler } = listeners(fakeApi().api);
  const cases: [body: object, status: number, code: string][] = [
    [{}, 400, 'validation_failed'],
    [{ grant_type: 'authorization_code' }, 400, 'unsupported_grant_type'],
    [{ grant_type: 'client_credentials' }, 400, 'validation_failed'],
    [{ ...secret, client_secret: undefined }, 400, 'validation_failed'],
    [{ ...secret, client_secret: 'wrong' }, 401, 'invalid_client'],
    [{ ...secret, client_id: 'not-a-uuid' }, 401, 'invalid_client'],
  ];
  for (const [body, status, code] of cases) {
    const told = await ask(handler, 'POST', '/v1/auth/token', { body });
    t.equal(told.status, status, JSON.stringify(body));
    t.equal(told.json.error.code, code);
  }
});

t.test('registering a device', async (t) => {
  const { public: handler } = listeners(fakeApi().api);
  const body = { device_name: 'Scanner-04', location: 'Main Entrance' };
  const told = await ask(handler, 'POST', '/v1/devices', { headers: bearer, body });
  t.equal(told.status, 201);
  t.match(told.json, {
    success: true,
    data: {
      device_id: id.device,
      ...body,
      created_at: '2026-06-08T14:08:43.151Z',
      pairing_code: 'mdxglt2xg',
      expires_in: 1_800,
    },
    message: 'Enter this pairing code on the physical scanner to complete provisioning.',
  });
  t.notOk('hardware_id' in told.json.data, 'the scanner brings it when it pairs');
});

t.test('enrolling both hands', async (t) => {
  const fake = fakeApi();
  const body = {
    external_user_id: 'emp-1',
    hardware_id: 'hardware_local_002',
    metadata: { employee_id: 'EMP-4421' },
  };
  const told = await ask(listeners(fake.api).public, 'POST', '/v1/enroll/both', { headers: bearer, body });
  t.equal(told.status, 201);
  t.equal(told.json.message, 'Enrollment challenge created.');
  t.same(Object.keys(told.json.data), [
    'challenge_id',
    'type',
    'external_user_id',
    'hardware_id',
    'palm_type',
    'status',
    'expires_at',
    'metadata',
  ]);
  const [made] = fake.calls.filter(({ name }) => name === 'challenges.enrol');
  t.same(made?.args[1], {
    user: { externalUserId: 'emp-1' },
    device: { hardwareId: 'hardware_local_002' },
    palmType: 'both',
    metadata: { employee_id: 'EMP-4421' },
  });
});

t.test('either identifier, never both', async (t) => {
  const { public: handler } = listeners(fakeApi().api);
  const verify = (body: object) => ask(handler, 'POST', '/v1/verify', { headers: bearer, body });
  const users = [{ user_id: id.user }, { external_user_id: 'a' }];
  const devices = [{ device_id: id.device }, { hardware_id: 'h' }];
  for (const one of users)
    for (const other of devices) t.equal((await verify({ ...one, ...other })).status, 201);
  t.equal((await verify({ ...users[0], ...users[1], ...devices[0] })).status, 422);
  t.equal((await verify({ ...users[0], ...devices[0], ...devices[1] })).status, 422);
  t.equal((await verify({ ...users[0], ...devices[0], metadata: null })).status, 201);
  t.equal((await verify({ ...users[0], ...devices[0], metadata: { a: 'x'.repeat(20_000) } })).status, 422);
});

t.test('the device plane is bare', async (t) => {
  const { device } = listeners(fakeApi().api);
  const complete = `/v1/challenges/${id.challenge}/complete`;
  t.same((await ask(device, 'POST', complete, { fingerprint, body: { scan } })).json, {
    status: 'completed',
    challenge_id: id.challenge,
    user_id: id.user,
    confidence: 0.9997,
    timestamp: '2026-06-08T14:08:43.331Z',
    metadata: { document_id: 'doc_123' },
    matched: true,
  });
  const body = { scan, context: { amount: 50 }, idempotency_key: 'k' };
  t.same((await ask(device, 'POST', '/v1/device/transactions', { fingerprint, body })).json, {
    decision: 'allow',
    display_message: 'Approved',
    product_reference: null,
    status: 'completed',
  });
  const { challenges } = (await ask(device, 'GET', '/v1/challenges/pending', { fingerprint })).json;
  t.notOk('result' in challenges[0], 'a scanner is not told a result');
  t.match((await ask(device, 'GET', '/v1/challenges/pending')).json, {
    success: false,
    error: { code: 'unauthenticated' },
  });
});

t.test('a suspended device is told 403, one named by an integrator 409', async (t) => {
  const fake = fakeApi();
  const api = {
    ...fake.api,
    auth: { ...fake.api.auth, authenticateDevice: () => ({ ok: false, code: 'device_suspended' }) as const },
    challenges: {
      ...fake.api.challenges,
      verify: () => Promise.reject(new ThenarError('device_suspended', 'The device is suspended.')),
    },
  };
  const to = listeners(api);
  t.equal((await ask(to.device, 'GET', '/v1/challenges/pending', { fingerprint })).status, 403);
  const body = { user_id: id.user, device_id: id.device };
  t.equal((await ask(to.public, 'POST', '/v1/verify', { headers: bearer, body })).status, 409);
});

t.test('the same user again is 200', async (t) => {
  const fake = fakeApi();
  const create = async () => ({ ...(await fake.api.users.create({} as never, {})), created: false });
  const { public: handler } = listeners({ ...fake.api, users: { ...fake.api.users, create } });
  t.equal((await ask(handler, 'POST', '/v1/users', { headers: bearer, body: {} })).status, 200);
});

t.test('a console session', async (t) => {
  const { public: handler } = listeners(fakeApi().api);
  const body = { email: 'a@example.com', password: 'p' };
  const login = await ask(handler, 'POST', '/v1/console/login', { body });
  t.same(login.json.data, { csrf_token: 'csrf', role: 'tenant_admin', tenant_id: id.tenant });
  const cookie = login.headers['set-cookie'] ?? '';
  for (const attribute of ['HttpOnly', 'SameSite=Strict', 'Path=/']) t.match(cookie, attribute);
  const logout = await ask(handler, 'POST', '/v1/console/logout', asPerson('viewer'));
  t.match(logout.headers['set-cookie'], 'Max-Age=0');
});
