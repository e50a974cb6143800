/**
 * Both HTTP drivers pass the same tests. uWebSockets.js is tested when THENAR_UWS_PATH names a folder with a copy.
 */
import t from 'tap';
import { systemClock } from '../../engine/system.ts';
import { listenNode } from '../../transport/http/drivers/node.ts';
import { listenUws } from '../../transport/http/drivers/uws.ts';
import { loadUws } from '../../transport/http/drivers/uws_library.ts';
import { TestAuthority } from '../support/certificates.ts';
import { driverSuite } from '../support/driver-suite.ts';
import { DriverWorld, RawClient } from '../support/driver-world.ts';
import { available, uwsFolder } from '../support/require.ts';

const authority = await TestAuthority.make();
const [first, second] = [await authority.server('localhost'), await authority.server('localhost')];
const tls = {
  ca: authority.caPem,
  first: { certificatePem: first.certPem, keyPem: first.keyPem },
  second: { certificatePem: second.certPem, keyPem: second.keyPem },
};

t.test('node', async (t) => {
  driverSuite(t, listenNode, tls);

  t.test('a client that asks before it sends is answered', async (t) => {
    const server = await listenNode(new DriverWorld().handler, {
      host: '127.0.0.1',
      port: 0,
      clock: systemClock,
    });
    t.teardown(() => server.close(0));
    const head = 'POST /limit HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n';
    const welcome = await RawClient.open(server.port);
    t.teardown(() => welcome.close());
    welcome.send(`${head}Content-Length: 2\r\n\r\n`);
    t.equal(await welcome.until(/\r\n\r\n/), 'HTTP/1.1 100 Continue\r\n\r\n');
    welcome.send('ok');
    await welcome.until(/"length":2/);
    const unwelcome = await RawClient.open(server.port);
    unwelcome.send(`${head}Content-Length: 20\r\n\r\n`);
    t.match(await unwelcome.ended(), /^HTTP\/1.1 413 /);
  });
});

t.test('node: who speaks HTTP to HTTPS, or nothing at all', async (t) => {
  const options = { host: '127.0.0.1', port: 0, clock: systemClock, tls: tls.first };
  const server = await listenNode(new DriverWorld().handler, options);
  const plain = await RawClient.open(server.port);
  plain.send('GET /echo HTTP/1.1\r\nHost: a\r\n\r\n');
  t.match(await plain.ended(), /^HTTP\/1.1 400 [\s\S]*This port speaks HTTPS/);
  const secure = await RawClient.open(server.port, tls.ca);
  secure.send('GET /ignore HTTP/1.1\r\nHost: a\r\n\r\n');
  await secure.until(/"ignored":true/);
  const silent = await RawClient.open(server.port);
  await server.close(0);
  t.equal(await silent.ended(), '', 'a connection that never says what it is does not hold up the end');
});

t.test('uWebSockets.js', async (t) => {
  const folder = uwsFolder();
  if (!available(t, 'uws', folder !== null)) return;
  const uws = loadUws(folder ?? '');
  if (uws === null) return void t.fail(`THENAR_UWS_PATH: ${folder} holds no copy that loads`);
  driverSuite(t, listenUws(uws), tls);

  t.test(
    'a body whose end is doubtful ends its connection, and nothing behind it is a request',
    async (t) => {
      const server = await listenUws(uws)(new DriverWorld().handler, {
        host: '127.0.0.1',
        port: 0,
        clock: systemClock,
      });
      t.teardown(() => server.close(0));
      const behind = '0\r\n\r\nGET /ignore HTTP/1.1\r\nHost: a\r\n\r\n';
      for (const lines of ['Transfer-Encoding: xchunked', 'Content-Length: 5\r\nContent-Length: 6']) {
        const client = await RawClient.open(server.port);
        client.send(`POST /echo HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n${behind}`);
        t.notMatch(await client.ended(), /ignored/, lines);
      }
    },
  );
});
