import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { createHttpSender } from '../../engine/outbound/send.ts';
import { createAuthority, loadAuthority } from '../../engine/pki/authority.ts';
import { issueServerCertificate } from '../../engine/pki/certificate.ts';
import { newWebhookSecret } from '../../engine/secrets/generate.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { type Delivery, deliver } from '../../engine/webhooks/deliver.ts';
import { signatureHolds } from '../../engine/webhooks/sign.ts';

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const now = Date.now();
const secret = newWebhookSecret(systemRandom);
let answer: Answer = (_request, response) => response.end();
const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => answer(request, response, body));
});
const base = `http://127.0.0.1:${await listen(server)}`;
const sender = createHttpSender({ clock: systemClock, allowPrivate: true });
t.teardown(() => {
  sender.close();
  server.closeAllConnections();
  server.close();
});

async function listen(listener: Server): Promise<number> {
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return (listener.address() as AddressInfo).port;
}

function delivery(endpoint = `${base}/hook`): Delivery {
  return {
    endpoint,
    deliveryId: 'del_a1b2c3d4-e5f6-7890-abcd-ef1234567890',
    eventId: 'evt_c3d4e5f6789012345678abcdef012345',
    eventType: 'verification.complete',
    body: '{"event_id":"evt_c3…"}',
    key: secret.key,
    apiKey: 'integrator-key',
  };
}

t.test('what an endpoint gets', async (t) => {
  const ports: (number | undefined)[] = [];
  answer = (request, response, body) => {
    ports.push(request.socket.remotePort);
    t.equal(request.method, 'POST');
    t.equal(request.url, '/hook');
    t.equal(body, delivery().body);
    t.match(request.headers, {
      'content-type': 'application/json',
      'user-agent': 'LinkIdentity-Webhook/1.0',
      'x-link-event': 'verification.complete',
      'x-link-delivery': 'del_a1b2c3d4-e5f6-7890-abcd-ef1234567890',
      'x-api-key': 'integrator-key',
      'content-length': `${Buffer.byteLength(body)}`,
    });
    t.ok(signatureHolds(secret.text, request.headers, body, now));
    response.writeHead(204).end();
  };
  t.same(await deliver(sender, delivery(), { now }), { status: 204, retryAfterMs: null });
  t.same(await deliver(sender, delivery(), { now }), { status: 204, retryAfterMs: null });
  t.equal(ports[0], ports[1], 'the connection is kept');
  answer = (request, response) => {
    t.notOk('x-api-key' in request.headers);
    response.end();
  };
  t.match(await deliver(sender, { ...delivery(), apiKey: null }, { now }), { status: 200 });
});

t.test('what an endpoint may answer', async (t) => {
  answer = (_request, response) => response.writeHead(429, { 'Retry-After': '7' }).end();
  t.same(await deliver(sender, delivery(), { now }), { status: 429, retryAfterMs: 7_000 });

  let followed = false;
  answer = (request, response) => {
    if (request.url === '/elsewhere') followed = true;
    response.writeHead(307, { Location: `${base}/elsewhere` }).end();
  };
  t.match(await deliver(sender, delivery(), { now }), { status: 307 });
  t.equal(followed, false, 'redirects are not followed');

  let closed: Promise<unknown> = Promise.resolve();
  answer = (_request, response) => {
    closed = new Promise((resolve) => response.once('close', resolve));
    response.writeHead(200);
    const flood = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(limits.webhook_response_bytes_max))) {
        // Until the buffers are full.
      }
      if (!response.destroyed) response.once('drain', flood);
    };
    flood();
  };
  t.match(
    await deliver(sender, delivery(), { now }),
    { status: 200 },
    'an endless answer still acknowledges',
  );
  await closed;

  answer = (_request, response) => response.destroy();
  t.match(await deliver(sender, delivery(), { now }), { error: 'ECONNRESET' });
  answer = (request) => request.socket.end('HTTP/9 nonsense\r\n\r\n');
  t.match(await deliver(sender, delivery(), { now }), { error: /^HPE_/ });
  answer = (_request, response) =>
    response.writeHead(200, { 'X-Big': 'x'.repeat(limits.header_bytes_max) }).end();
  t.match(await deliver(sender, delivery(), { now }), { error: 'HPE_HEADER_OVERFLOW' });
});

t.test('a kept connection that the endpoint has closed is no failure', async (t) => {
  answer = (_request, response) => response.end();
  await deliver(sender, delivery(), { now });
  let requests = 0;
  answer = (_request, response) => {
    requests++;
    if (requests === 1) response.destroy();
    else response.end();
  };
  t.match(await deliver(sender, delivery(), { now }), { status: 200 });
  t.equal(requests, 2);
});

t.test('an endpoint that does not answer', async (t) => {
  answer = () => undefined;
  t.same(await deliver(sender, delivery(), { now, timeoutMs: 30 }), { error: 'timeout' });
  answer = (_request, response) => {
    response.writeHead(200).write('cut off here', () => response.destroy());
  };
  t.match(await deliver(sender, delivery(), { now }), { status: 200 }, 'a status that arrived counts');

  const stop = new AbortController();
  answer = () => stop.abort();
  t.same(await deliver(sender, delivery(), { now, signal: stop.signal }), { error: 'aborted' });
  t.same(
    await deliver(sender, delivery(), { now, signal: stop.signal }),
    { error: 'aborted' },
    'before it starts',
  );

  const gone = createServer();
  const port = await listen(gone);
  await new Promise((resolve) => gone.close(resolve));
  t.same(await deliver(sender, delivery(`http://127.0.0.1:${port}/`), { now }), { error: 'ECONNREFUSED' });
});

t.test('targets that are not public', async (t) => {
  answer = () => t.fail('must not be reached');
  const strict = createHttpSender({
    clock: systemClock,
    allowPrivate: false,
    // A name that was public when the webhook was made, and means this machine now.
    resolve: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  });
  t.teardown(() => strict.close());
  const { port } = server.address() as AddressInfo;
  const rebound = delivery(`https://hooks.example.com:${port}/hook`);
  t.same(await deliver(strict, rebound, { now }), { error: 'ADDRESS_REFUSED' });
  t.same(await deliver(strict, delivery(), { now }), { error: 'endpoint_refused' });
  t.same(await deliver(strict, delivery(`https://127.0.0.1:${port}/`), { now }), {
    error: 'endpoint_refused',
  });
});

t.test('a certificate nobody vouches for', async (t) => {
  const authority = await loadAuthority(
    await createAuthority({ now, random: systemRandom, generation: 1, deployment: 'test' }),
  );
  const issued = await issueServerCertificate(authority, { names: ['127.0.0.1'], now, random: systemRandom });
  const secure = createTlsServer({ key: issued.privateKeyPem, cert: issued.pem }, () => t.fail('reached'));
  const port = await listen(secure);
  t.teardown(() => secure.close());
  t.match(await deliver(sender, delivery(`https://127.0.0.1:${port}/`), { now }), {
    error: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  });
});
