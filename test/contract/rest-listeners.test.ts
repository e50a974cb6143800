/** The listeners over real sockets: REST for integrators, and for devices by their certificate. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import t from 'tap';
import { createDeviceHttp, createPublicListener } from '../../transport/http/listeners.ts';
import { createOpsListener } from '../../transport/ops/listener.ts';
import { type Identity, TestAuthority } from '../support/certificates.ts';
import { fakeApi } from '../support/fake-api.ts';
import { id } from '../support/fake-records.ts';
import { listenerOptions, unmetered } from '../support/http.ts';

const place = { host: '127.0.0.1', port: 0 };

t.test('an integrator from token to challenge', async (t) => {
  const server = await createPublicListener(fakeApi().api, { ...listenerOptions, ...place, driver: 'node' });
  t.teardown(() => server.close(0));
  const base = `http://127.0.0.1:${server.port}`;
  const post = (path: string, body: unknown, token?: string) =>
    fetch(base + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
  const credentials = { grant_type: 'client_credentials', client_id: id.client, client_secret: 'secret' };
  const { access_token } = (await (await post('/v1/auth/token', credentials)).json()) as {
    access_token: string;
  };
  const made = await post('/v1/verify', { external_user_id: 'emp-1', hardware_id: 'h' }, access_token);
  t.equal(made.status, 201);
  t.match(await made.json(), { success: true, data: { challenge_id: id.challenge } });
  t.equal((await post('/v1/verify', 'x'.repeat(2 * 1024 * 1024), access_token)).status, 413);
  const crl = await fetch(`${base}/v1/pki/crl`);
  t.equal(crl.headers.get('content-type'), 'application/pkix-crl');
  t.same(new Uint8Array(await crl.arrayBuffer()), new Uint8Array([0x30, 0]));
});

t.test('the ops listener answers on its own address', async (t) => {
  const ops = await createOpsListener(fakeApi().api, {
    ...listenerOptions,
    ...place,
    token: null,
    metered: unmetered(),
  });
  t.teardown(() => ops.close(0));
  t.equal((await fetch(`http://127.0.0.1:${ops.port}/readyz`)).status, 200);
});

t.test('a device is who its certificate says, on full and resumed connections', async (t) => {
  const authority = await TestAuthority.make();
  const server = await authority.server('localhost');
  const scanner = await authority.device({ tenantId: id.tenant, deviceId: id.device });
  const shown: string[] = [];
  const { api } = fakeApi();
  const authenticateDevice: typeof api.auth.authenticateDevice = (fingerprint) => {
    shown.push(fingerprint);
    return { ok: true, tenantId: id.tenant, deviceId: id.device };
  };
  const mount = createDeviceHttp({ ...api, auth: { ...api.auth, authenticateDevice } }, listenerOptions);
  const tls = createServer(
    {
      cert: server.certPem,
      key: server.keyPem,
      ca: authority.caPem,
      requestCert: true,
      rejectUnauthorized: true,
    },
    mount.listener,
  );
  tls.listen(0, '127.0.0.1');
  await once(tls, 'listening');
  t.teardown(() => tls.close());
  const { port } = tls.address() as AddressInfo;

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    shown.length = 0;
    const first = await pending(port, authority.caPem, scanner, maxVersion);
    t.equal(first.status, 200, maxVersion);
    const again = await pending(port, authority.caPem, scanner, maxVersion, first.session);
    t.equal(again.resumed, true, maxVersion);
    t.same(shown, [scanner.fingerprint, scanner.fingerprint], maxVersion);
  }
  await mount.drain(1_000);
});

async function pending(
  port: number,
  ca: string,
  scanner: Identity,
  maxVersion: 'TLSv1.2' | 'TLSv1.3',
  session?: Buffer,
) {
  const request = httpsRequest({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    path: '/v1/challenges/pending',
    ca,
    cert: scanner.certPem,
    key: scanner.keyPem,
    maxVersion,
    agent: false,
    ...(session === undefined ? {} : { session }),
  });
  let ticket: Buffer | undefined;
  request.on('socket', (socket) =>
    socket.on('session', (given: Buffer) => {
      ticket = given;
    }),
  );
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const resumed = (response.socket as TLSSocket).isSessionReused();
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode, resumed, session: ticket };
}
