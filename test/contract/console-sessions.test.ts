/** Sessions of the console as a browser and as somebody in between sees them, and what strangers can find out. */
import t from 'tap';
import { PASSWORD, People } from '../support/accounts.ts';
import { type RestReply, sharedTestNode } from '../support/node.ts';
import { TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const { administrator } = tenant;
const people = new People(node, tenant);

function login(
  headers: Readonly<Record<string, string>> = {},
  body: object = administrator,
): Promise<RestReply> {
  return node.rest('POST', '/v1/console/login', { headers, body });
}

function me(headers: Readonly<Record<string, string>>): Promise<RestReply> {
  return node.rest('GET', '/v1/console/me', { headers });
}

function change(headers: Readonly<Record<string, string>>): Promise<RestReply> {
  return node.rest('POST', '/v1/clients', { headers, body: { name: 'made by a request' } });
}

t.test('the cookie is for this site’s server alone', async (t) => {
  const [set = '', ...more] = (await login()).headers.getSetCookie();
  t.same(more, []);
  const [pair = '', ...attributes] = set.split('; ');
  t.match(pair, /^thenar_session=[A-Za-z0-9_-]{43}$/);
  t.same(attributes.map((each) => each.replace(/=\d+$/, '')).sort(), [
    'HttpOnly',
    'Max-Age',
    'Path=/',
    'SameSite=Strict',
  ]);
});

t.test('a session that somebody prepared is not taken over', async (t) => {
  const planted = 'A'.repeat(43);
  const reply = await login({ cookie: `thenar_session=${planted}` });
  const [cookie = ''] = reply.headers.getSetCookie()[0]?.split(';') ?? [];
  t.equal(reply.status, 200);
  t.notMatch(cookie, planted);
  t.equal((await me({ cookie: `thenar_session=${planted}` })).status, 401, 'what was planted opens nothing');
  const again = await login({ cookie });
  t.not(again.headers.getSetCookie()[0]?.split(';')[0], cookie, 'each login has a session of its own');
  // Two cookies of one name: the first counts, and it is nobody's.
  t.equal((await me({ cookie: `thenar_session=${planted}; ${cookie}` })).status, 401);
});

t.test('a change needs the token of its own session', async (t) => {
  const first = await node.signIn(administrator);
  const second = await node.signIn(administrator);
  const { cookie } = first;
  t.equal((await change(first)).status, 201);
  for (const token of [
    undefined,
    '',
    'x',
    second['x-csrf-token'],
    first.cookie,
    `${first['x-csrf-token']} `.repeat(2),
  ]) {
    const refused = await change({ cookie, ...(token === undefined ? {} : { 'x-csrf-token': token }) });
    t.same([refused.status, refused.code], [403, 'csrf_token_invalid'], String(token));
  }
  t.equal((await me({ cookie })).status, 200, 'looking needs none');
});

t.test('the token of a session is no session, and the reverse', async (t) => {
  const { cookie, 'x-csrf-token': token } = await node.signIn(administrator);
  t.equal((await me({ cookie: `thenar_session=${token}` })).status, 401);
  t.equal((await me({ authorization: `Bearer ${cookie.replace('thenar_session=', '')}` })).status, 401);
  t.equal((await me({ authorization: `Bearer ${token}` })).status, 401);
});

t.test('logging out ends the session and no other', async (t) => {
  const first = await node.signIn(administrator);
  const second = await node.signIn(administrator);
  const out = await node.rest('POST', '/v1/console/logout', { headers: first });
  t.equal(out.status, 200);
  t.match(out.headers.getSetCookie()[0], /^thenar_session=; Path=\/; Max-Age=0; /);
  t.equal((await me(first)).status, 401);
  t.equal((await change(first)).status, 401);
  t.equal((await me(second)).status, 200);
  await node.restart();
  t.equal((await me(first)).status, 401, 'after a restart as well');
  t.equal((await me(second)).status, 200);
});

t.test('a session ends by its time', async (t) => {
  const session = await node.signIn(administrator);
  node.clock.moveOn(12 * 3_600_000 - 60_000);
  t.equal((await me(session)).status, 200);
  node.clock.moveOn(60_001);
  t.equal((await me(session)).status, 401);
});

/** What a stranger sees of an answer. */
function seen({ status, json, headers }: RestReply): unknown {
  const names = [...headers.keys()].filter((name) => !/^(date|x-request-id|ratelimit.*)$/.test(name)).sort();
  return { status, json, names };
}

t.test('nobody learns who has an account', async (t) => {
  const known = 'known@people.example';
  const unknown = 'unknown@people.example';
  const suspended = 'suspended@people.example';
  await people.signedUp(known);
  await people.signedUp(suspended);
  const listed = (
    await node.rest('GET', '/v1/users?search=suspended', { headers: await node.signIn(administrator) })
  ).data;
  const found = (listed as readonly { readonly user_id: string; readonly email?: string }[]).find(
    ({ email }) => email === suspended,
  );
  const acted = await node.rest('POST', `/v1/users/${found?.user_id}/suspend`, {
    headers: await node.signIn(administrator),
    body: { reason: 'a test' },
  });
  t.equal(acted.status, 200, JSON.stringify(acted.json));
  const { client_id } = tenant.client;
  const questions: Readonly<Record<string, (email: string) => Promise<RestReply>>> = {
    'a wrong password': (email) => people.signIn(email, 'not the password'),
    'a wrong code': (email) => people.otp({ email }, '0'),
    'asking for a code': (email) => people.send({ email }),
    'asking for a reset': (email) => people.post('/v1/auth/password/reset', { client_id, email }),
    'signing up': (email) => people.register(email),
    'a wrong password at the console': (email) => login({}, { email, password: 'not the password' }),
  };
  for (const [what, question] of Object.entries(questions)) {
    const ofNobody = seen(await question(unknown));
    t.same(seen(await question(known)), ofNobody, what);
    t.same(seen(await question(suspended)), ofNobody, `${what}, of somebody suspended`);
  }
  t.equal((await people.signIn(suspended, PASSWORD)).code, 'invalid_grant', 'not even by the right password');
  const own = seen(await login({}, { ...administrator, password: 'not the password' }));
  t.same(own, seen(await login({}, { email: 'nobody@console.example', password: 'not the password' })));
});

t.test('nobody learns which clients there are', async (t) => {
  const body = { grant_type: 'client_credentials', client_secret: 'wrong' };
  const known = await people.post('/v1/auth/token', { ...body, client_id: tenant.client.client_id });
  const unknown = await people.post('/v1/auth/token', {
    ...body,
    client_id: '00000000-0000-4000-8000-000000000000',
  });
  t.equal(known.status, 401);
  t.same(seen(known), seen(unknown));
});
