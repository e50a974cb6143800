/** The typed client against the real table over the fake engine: what it sends, what it makes of answers. */
import t from 'tap';
import { link } from '../../transport/apis/link/facade.ts';
import { ApiClient } from '../../transport/client/client.ts';
import { bearerToken, clientCredentials, consoleSession } from '../../transport/client/credentials.ts';
import { ApiError } from '../../transport/client/error.ts';
import type { OperationOf } from '../../transport/client/types.ts';
import { fakeApi } from '../support/fake-api.ts';
import { id } from '../support/fake-records.ts';
import { ask } from '../support/http.ts';
import { listeners } from '../support/samples.ts';

const baseUrl = 'http://engine.test';

/** `fetch` that goes straight into the public listener's handler. */
function handlerFetch(api = fakeApi().api): { readonly fetch: typeof fetch; readonly sent: string[] } {
  const { public: handler } = listeners(api);
  const sent: string[] = [];
  return {
    sent,
    fetch: async (target, init = {}) => {
      const { pathname, search } = new URL(String(target));
      const headers = init.headers as Record<string, string>;
      sent.push(`${init.method} ${pathname}${search} ${headers.authorization ?? headers.cookie ?? '-'}`);
      const told = await ask(handler, init.method ?? 'GET', pathname + search, { headers, body: init.body });
      return new Response(told.text, { status: told.status, headers: told.headers });
    },
  };
}

t.test('calls are typed by the table', async (t) => {
  const client = new ApiClient(link, { baseUrl, credentials: bearerToken('all'), ...handlerFetch() });
  const user = await client.call('getUser', { params: { id: id.user } });
  const enrolled: boolean = user.palm_enrolled;
  t.equal(enrolled, true);
  const made = await client.send('createUser', { body: { external_user_id: 'a', metadata: { team: 1 } } });
  t.equal(made.status, 201);
  // @ts-expect-error -- a parameter is missing
  await t.rejects(client.call('getUser'), /needs the parameter id/);
  // @ts-expect-error -- there is no such operation
  await t.rejects(client.call('getUsers'), /no operation/);
  // @ts-expect-error -- the body's field is of another type
  await t.rejects(client.call('createUser', { body: { external_user_id: 1 } }), { status: 422 });
  const named: OperationOf<typeof link> = 'createUser';
  t.ok(named);
});

t.test('a refusal is an error with code, status and request', async (t) => {
  const { fetch } = handlerFetch();
  const client = new ApiClient(link, { baseUrl, fetch, credentials: bearerToken('users.read') });
  const error = await client.call('createUser', { body: {} }).then(
    () => null,
    (reason: unknown) => reason,
  );
  t.ok(error instanceof ApiError);
  t.match(error, { status: 403, code: 'insufficient_scope', details: { scope: 'users:write' } });
  t.match((error as ApiError).requestId, /^[0-9a-f-]{36}$/);
});

t.test('lists come page by page', async (t) => {
  const fake = fakeApi();
  const { rows } = await fake.api.devices.list({} as never, { page: 1, pageSize: 1 });
  const list = async (_call: unknown, { page, pageSize }: { page: number; pageSize: number }) => ({
    rows: rows
      .slice(0, page * pageSize > 5 ? 5 - (page - 1) * pageSize : pageSize)
      .concat(page < 3 ? rows : []),
    total: 5,
  });
  const { fetch, sent } = handlerFetch({ ...fake.api, devices: { ...fake.api.devices, list } });
  const client = new ApiClient(link, { baseUrl, fetch, credentials: bearerToken('all') });
  const names: string[] = [];
  for await (const device of client.all('listDevices', { query: { page_size: 1, online: true } })) {
    names.push(device.device_name);
  }
  t.equal(names.length, 5);
  t.equal(sent[1], 'GET /v1/devices?page_size=1&online=true&page=2 Bearer all');
});

t.test('a token is kept, and asked for again when it is refused', async (t) => {
  const fake = fakeApi();
  let tokens = 0;
  const issueToken = async () => {
    tokens += 1;
    return { accessToken: tokens === 1 ? 'bad' : 'all', expiresInS: 3_600, scopes: [] };
  };
  const { fetch, sent } = handlerFetch({ ...fake.api, auth: { ...fake.api.auth, issueToken } });
  const credentials = clientCredentials(baseUrl, { client_id: id.client, client_secret: 's' });
  const client = new ApiClient(link, { baseUrl, fetch, credentials });
  await client.call('listWebhooks');
  await client.call('listWebhooks');
  t.equal(tokens, 2);
  t.same(
    sent.map((line) => line.split(' ').slice(1).join(' ')),
    [
      '/v1/auth/token -',
      '/v1/webhooks Bearer bad',
      '/v1/auth/token -',
      '/v1/webhooks Bearer all',
      '/v1/webhooks Bearer all',
    ],
  );
  const wrong = clientCredentials(baseUrl, { client_id: id.client, client_secret: 'wrong' });
  const refused = new ApiClient(link, { baseUrl, ...handlerFetch(), credentials: wrong });
  await t.rejects(refused.call('listWebhooks'), { code: 'invalid_client', status: 401 });
});

t.test('a console session', async (t) => {
  const { fetch, sent } = handlerFetch();
  const person = { email: 'a@example.com', password: 'p' };
  const client = new ApiClient(link, { baseUrl, fetch, credentials: consoleSession(baseUrl, person) });
  t.equal((await client.call('getMe')).role, 'tenant_admin');
  await client.call('createClient', { body: { name: 'till' } });
  t.equal(sent.filter((line) => line.includes('login')).length, 1);
});

t.test('what is not JSON arrives as it is', async (t) => {
  const client = new ApiClient(link, { baseUrl, ...handlerFetch() });
  t.same(await client.call('getCrl'), new Uint8Array([0x30, 0]));
  t.match(await client.call('getCa'), 'BEGIN CERTIFICATE');
});
