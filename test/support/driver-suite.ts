/** What every HTTP driver must do; the same tests for each. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Test } from 'tap';
import { systemClock } from '../../engine/system.ts';
import type { HttpServer, Listen, TlsMaterial } from '../../transport/http/drivers/server.ts';
import { DriverWorld, RawClient } from './driver-world.ts';

export interface SuiteTls {
  readonly ca: string;
  readonly first: TlsMaterial;
  readonly second: TlsMaterial;
}

interface Told {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** Serial of the server's certificate. */
  readonly serial: string | null;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: Uint8Array;
  readonly ca?: string;
}

/** One request on a connection of its own. */
export async function fetchOnce(port: number, path: string, asked: Asked = {}): Promise<Told> {
  const { method = 'GET', headers = {}, body, ca } = asked;
  const options = { port, host: '127.0.0.1', path, method, headers, agent: false as const };
  const request =
    ca === undefined ? httpRequest(options) : httpsRequest({ ...options, ca, servername: 'localhost' });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { socket } = response;
  const serial =
    'getPeerCertificate' in socket
      ? (socket as import('node:tls').TLSSocket).getPeerCertificate().serialNumber
      : null;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks).toString(),
    serial,
  };
}

export function driverSuite(t: Test, listen: Listen, tls: SuiteTls): void {
  const start = async (
    t: Test,
    material?: TlsMaterial,
  ): Promise<{ world: DriverWorld; server: HttpServer; port: number }> => {
    const world = new DriverWorld();
    const options = { host: '127.0.0.1', port: 0, clock: systemClock };
    const server = await listen(
      world.handler,
      material === undefined ? options : { ...options, tls: material },
    );
    t.teardown(() => server.close(0));
    return { world, server, port: server.port };
  };

  t.test('hands over method, path, query, headers, address', async (t) => {
    const { port } = await start(t);
    const told = await fetchOnce(port, '/echo?a=1&b=%20', {
      headers: { 'X-Mixed-Case': 'v', cookie: ['a=1', 'b=2'] },
    });
    t.equal(told.status, 200);
    t.equal(told.headers['content-type'], 'application/json');
    t.equal(told.headers['x-kind'], 'test');
    t.match(JSON.parse(told.text), {
      method: 'GET',
      path: '/echo',
      query: 'a=1&b=%20',
      headers: { 'x-mixed-case': 'v', cookie: 'a=1; b=2' },
      address: '127.0.0.1',
      secure: false,
      fingerprint: null,
      length: 0,
    });
    t.equal(JSON.parse((await fetchOnce(port, '/a%2Fb')).text).path, '/a%2Fb');
    t.equal(
      JSON.parse((await fetchOnce(port, `/${'x'.repeat(9_000)}`).catch(() => ({ text: '{"path":""}' }))).text)
        .path,
      '',
    );
  });

  t.test('bodies arrive whole, with a length or in chunks', async (t) => {
    const { port } = await start(t);
    for (const size of [0, 1, 1_000, 100_000, 3_000_000]) {
      const body = Buffer.alloc(size, 'palm');
      const digest = createHash('sha256').update(body).digest('hex');
      for (const headers of [{ 'content-length': String(size) }, { 'transfer-encoding': 'chunked' }]) {
        const told = await fetchOnce(port, '/echo', { method: 'POST', headers, body });
        t.match(JSON.parse(told.text), { length: size, digest }, `${size} ${Object.keys(headers)}`);
      }
    }
  });

  t.test('bodies over the limit are refused, and the connection serves on', async (t) => {
    const { port, world } = await start(t);
    const client = await RawClient.open(port);
    t.teardown(() => client.close());
    const head = 'POST /limit HTTP/1.1\r\nHost: a\r\n';
    client.send(`${head}Content-Length: 100000\r\n\r\n`, Buffer.alloc(100_000));
    t.match(await client.until(/"code":"payload_too_large"\}/), /^HTTP\/1.1 413 /);
    client.clear();
    client.send(`${head}Content-Length: 2\r\n\r\nok`);
    t.match(await client.until(/"length":2/), /^HTTP\/1.1 200 /);
    client.clear();
    client.send(`${head}Transfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n0\r\n\r\n`);
    t.match(await client.until(/"code":"payload_too_large"\}/), /^HTTP\/1.1 413 /);
    t.same(world.refused, ['payload_too_large', 'payload_too_large']);
  });

  t.test('a body nobody reads does not end up in the next request', async (t) => {
    const { port } = await start(t);
    const client = await RawClient.open(port);
    t.teardown(() => client.close());
    const smuggled = 'GET /wait HTTP/1.1\r\nHost: a\r\n\r\n';
    client.send(`POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`);
    await client.until(/"ignored":true\}/);
    client.clear();
    client.send('GET /echo HTTP/1.1\r\nHost: a\r\n\r\n');
    t.match(await client.until(/"path":"\/echo"/), /^HTTP\/1.1 200 /);
  });

  t.test('chunks that come after the answer get no other, whatever they say', async (t) => {
    const { port } = await start(t);
    for (const path of ['/ignore', '/empty']) {
      const client = await RawClient.open(port);
      client.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`);
      await client.until(/\r\n\r\n/);
      client.send('10000000000000005\r\nabcde\r\n0\r\n\r\nGET /ignore HTTP/1.1\r\nHost: a\r\n\r\n');
      t.equal((await client.ended()).match(/HTTP\/1\.1 /g)?.length, 1, path);
    }
  });

  t.test('HEAD, 204 and 304 have no body', async (t) => {
    const { port } = await start(t);
    const client = await RawClient.open(port);
    t.teardown(() => client.close());
    client.send('HEAD /ignore HTTP/1.1\r\nHost: a\r\n\r\n');
    const head = await client.until(/\r\n\r\n/);
    t.match(head, /content-length: 16/i);
    t.ok(head.endsWith('\r\n\r\n'));
    client.clear();
    client.send('GET /empty HTTP/1.1\r\nHost: a\r\n\r\n');
    const empty = await client.until(/\r\n\r\n/);
    t.match(empty, /^HTTP\/1.1 204 No Content/);
    t.notMatch(empty, /content-length/i);
    client.clear();
    for (const method of ['GET', 'HEAD']) {
      client.send(`${method} /unchanged HTTP/1.1\r\nHost: a\r\n\r\n`);
      const unchanged = await client.until(/\r\n\r\n/);
      t.match(unchanged, /^HTTP\/1.1 304 Not Modified[\s\S]*etag: "same"/i);
      // A length would be taken for that of what is not sent.
      t.notMatch(unchanged, /content-length/i);
      client.clear();
    }
    client.send('GET /ignore HTTP/1.1\r\nHost: a\r\n\r\n');
    t.match(await client.until(/"ignored":true\}/), /^HTTP\/1.1 200 OK/);
  });

  t.test('what is not HTTP is refused and the server goes on', async (t) => {
    const { port } = await start(t);
    for (const bytes of [
      '\x16\x03\x01\x02\x00\r\n\r\n',
      'GET\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`,
    ]) {
      const client = await RawClient.open(port);
      client.send(bytes);
      const told = await client.until(/\r\n\r\n/).catch(() => '');
      client.close();
      t.ok(told === '' || /^HTTP\/1.1 [45]\d\d /.test(told), told.slice(0, 60));
    }
    t.equal((await fetchOnce(port, '/ignore')).status, 200);
  });

  t.test('a client that leaves harms nobody', async (t) => {
    const { port, world } = await start(t);
    const half = await RawClient.open(port);
    half.send('POST /limit HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123');
    // The server has the head once it answers a later request; only then may the client leave.
    t.equal((await fetchOnce(port, '/ignore')).status, 200);
    half.close();
    await world.refusal.opened;
    t.same(world.refused, ['malformed_body']);

    const waiter = await RawClient.open(port);
    waiter.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n');
    await world.waiting.opened;
    waiter.close();
    world.released.open();
    t.equal((await fetchOnce(port, '/ignore')).status, 200);
  });

  t.test('a stream reaches its reader until one of them ends it', async (t) => {
    const { port, world } = await start(t);
    const reader = await RawClient.open(port);
    reader.send('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n');
    await reader.until(/data: 1\n\n/);
    t.equal(world.sink?.write('data: 2\n\n'), true);
    await reader.until(/data: 2\n\n/);
    reader.close();
    await world.streamClosed.opened;
    t.equal(world.sink?.write('data: 3\n\n'), false);

    const second = await RawClient.open(port);
    t.teardown(() => second.close());
    second.send('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n');
    await second.until(/data: 1\n\n/);
    world.sink?.end();
    await second.until(/0\r\n\r\n$/);
  });

  t.test('closing lets a request finish and takes no new one', async (t) => {
    const { port, world, server } = await start(t);
    const client = await RawClient.open(port);
    client.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n');
    await world.waiting.opened;
    const closed = server.close(5_000);
    await t.rejects(fetchOnce(port, '/ignore'));
    world.released.open();
    const told = await client.ended();
    t.match(told, /"waited":true/);
    t.match(told, /connection: close/i);
    await closed;
  });

  t.test('closing does not wait for ever', async (t) => {
    const { port, world, server } = await start(t);
    const client = await RawClient.open(port);
    const stream = await RawClient.open(port);
    stream.send('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n');
    await stream.until(/data: 1/);
    client.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n');
    await world.waiting.opened;
    await server.close(20);
    t.equal(await client.ended(), '');
    await stream.ended();
    world.released.open();
  });

  t.test('a port that is taken is an error', async (t) => {
    const { port, world } = await start(t);
    await t.rejects(listen(world.handler, { host: '127.0.0.1', port, clock: systemClock }), /EADDRINUSE/);
  });

  t.test('a new certificate is taken up while requests are under way', async (t) => {
    const { port, world, server } = await start(t, tls.first);
    t.equal(server.secure, true);
    const { ca } = tls;
    const before = await fetchOnce(port, '/echo', { ca });
    t.equal(JSON.parse(before.text).secure, true);
    const client = await RawClient.open(port, ca);
    t.teardown(() => client.close());
    client.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n');
    await world.waiting.opened;
    await server.setCertificate(tls.second);
    const after = await fetchOnce(port, '/echo', { ca });
    t.not(after.serial, before.serial);
    world.released.open();
    await client.until(/"waited":true/);
  });

  t.test('the first certificate turns the same port to HTTPS', async (t) => {
    const { port, world, server } = await start(t);
    const client = await RawClient.open(port);
    t.teardown(() => client.close());
    client.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n');
    await world.waiting.opened;
    await server.setCertificate(tls.first);
    t.equal(server.secure, true);
    t.equal(JSON.parse((await fetchOnce(port, '/echo', { ca: tls.ca })).text).secure, true);
    world.released.open();
    await client.until(/"waited":true/);
  });
}
