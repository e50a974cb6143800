/** Every way of writing an address of this machine or network, at the door of what tenants may name. */
import type { LookupAddress } from 'node:dns';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { isThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { createHttpSender } from '../../engine/outbound/send.ts';
import {
  ADDRESS_REFUSED,
  guardedLookup,
  isPublicAddress,
  readEndpoint,
} from '../../engine/outbound/target.ts';
import { systemClock } from '../../engine/system.ts';
import { SeededRandom } from '../support/random.ts';

type Four = readonly [number, number, number, number];

/** Networks that are not the internet (IANA's special-purpose registry), and hosts that providers answer on. */
const networks: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['127.0.0.1', 32],
  ['169.254.169.254', 32],
  ['169.254.170.2', 32],
  ['100.100.100.200', 32],
  ['192.0.0.192', 32],
  ['168.63.129.16', 32],
  ['255.255.255.255', 32],
];

function within(random: SeededRandom, [network, bits]: readonly [string, number]): Four {
  const host = Math.floor(random.fraction() * 2 ** (32 - bits));
  const value = network.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) + host;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256) as unknown as Four;
}

/** As the URL parser, and libraries that resolve what it was given, read them. */
function spellings(four: Four): readonly string[] {
  const [a, b, c, d] = four;
  const value = ((a * 256 + b) * 256 + c) * 256 + d;
  const dotted = four.join('.');
  const hex = (n: number): string => `0x${n.toString(16)}`;
  const octal = (n: number): string => `0${n.toString(8)}`;
  return [
    dotted,
    `${dotted}.`,
    String(value),
    hex(value),
    hex(value).toUpperCase().replace('X', 'x'),
    octal(value),
    four.map(hex).join('.'),
    four.map(octal).join('.'),
    four.map((n) => `0000${n.toString(8)}`).join('.'),
    [hex(a), octal(b), c, d].join('.'),
    [a, b, c * 256 + d].join('.'),
    [a, (b * 256 + c) * 256 + d].join('.'),
    dotted.replaceAll('.', '%2e'),
    dotted.replaceAll('.', '\u3002'),
    dotted.replaceAll('.', '\uff0e'),
    dotted.replaceAll('.', '\uff61'),
    dotted.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
    dotted.replace(/\d/g, (digit) => String.fromCodePoint(0x1d7d8 + Number(digit))),
    `${dotted}:8443`,
    `user@${dotted}`,
    `example.com@${dotted}`,
    `example.com:443@${dotted}:443`,
  ];
}

/** IPv6 addresses that lead to an IPv4 one. */
function wrapped([a, b, c, d]: Four): readonly string[] {
  const high = (a * 256 + b).toString(16);
  const low = (c * 256 + d).toString(16);
  const inverted = [(a * 256 + b) ^ 0xffff, (c * 256 + d) ^ 0xffff].map((n) => n.toString(16)).join(':');
  return [
    `::ffff:${a}.${b}.${c}.${d}`,
    `::ffff:${high}:${low}`,
    `0:0:0:0:0:ffff:${high}:${low}`,
    `::FFFF:${high}:${low}`,
    `::ffff:0:${high}:${low}`,
    `::${a}.${b}.${c}.${d}`,
    `64:ff9b::${high}:${low}`,
    `64:ff9b:1::${high}:${low}`,
    `2002:${high}:${low}::`,
    `2002:${high}:${low}::1`,
    `2001:0:4136:e378:8000:63bf:${inverted}`,
    `2606:4700::5efe:${high}:${low}`,
    `2606:4700::200:5efe:${high}:${low}`,
    `fe80::5efe:${high}:${low}`,
  ];
}

function accepts(endpoint: string): boolean {
  try {
    readEndpoint(endpoint, false);
    return true;
  } catch (error) {
    if (!isThenarError(error, 'webhook_endpoint_refused')) throw error;
    return false;
  }
}

function resolved(address: string): Promise<string> {
  const answer: LookupAddress = { address, family: address.includes(':') ? 6 : 4 };
  const lookup = guardedLookup(false, (_name, _options, done) => done(null, [answer]));
  return new Promise((resolve) => {
    lookup('hooks.example.com', { all: true }, (error, found) =>
      resolve(error?.code ?? JSON.stringify(found)),
    );
  });
}

const seed = Number(process.env.THENAR_SEED ?? Date.now() % 1_000_000);
const count = Number(process.env.THENAR_ADDRESSES ?? 20);

t.test(`addresses of this machine and network, however they are written (THENAR_SEED=${seed})`, async (t) => {
  const random = new SeededRandom(seed);
  let tried = 0;
  for (const network of networks) {
    for (let at = 0; at < (network[1] === 32 ? 1 : count); at += 1) {
      const four = within(random, network);
      const plain = four.join('.');
      const passed = [
        ...spellings(four).filter((host) => accepts(`https://${host}/hook`)),
        ...wrapped(four).filter((host) => accepts(`https://[${host}]/hook`) || isPublicAddress(host)),
      ];
      t.same(passed, [], plain);
      t.equal(isPublicAddress(plain), false, plain);
      for (const address of [plain, ...wrapped(four)]) {
        if ((await resolved(address)) !== ADDRESS_REFUSED) t.fail(`resolved to ${address}`);
      }
      tried += 1;
    }
  }
  t.ok(tried > networks.length);
});

t.test('names of this machine and network', async (t) => {
  const names = [
    'localhost',
    'LOCALHOST.',
    'localhost%2e',
    'loc%61lhost',
    '\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3',
    'api.localhost',
    'api.localhost.',
    'localhost.localdomain.local',
    'metadata',
    'metadata.google.internal',
    'metadata.google.internal.',
    'METADATA.GOOGLE.INTERNAL',
    'kubernetes.default.svc.cluster.local',
    'printer.local',
    'router.home.arpa',
    '[::1%25eth0]',
    '[fe80::1%25lo]',
  ];
  for (const name of names) t.notOk(accepts(`https://${name}/hook`), name);
  for (const tail of ['\\@127.0.0.1/', '/@127.0.0.1/', '?@127.0.0.1', ':443/..//127.0.0.1/']) {
    const url = `https://example.com${tail}`;
    if (accepts(url))
      t.equal(readEndpoint(url, false).hostname, 'example.com', `${url} goes where it was read to go`);
  }
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

t.test('where a request goes is where its connection goes', async (t) => {
  const seen: string[] = [];
  const port = await listen(
    createServer((request, response) => {
      seen.push(request.url ?? '');
      response.writeHead(302, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    }),
  );
  const connected = seen.length;
  // A name that is public whenever somebody looks, and this machine when somebody connects.
  let looks = 0;
  const rebinding = createHttpSender({
    clock: systemClock,
    allowPrivate: false,
    resolve: (_name, _options, done) => {
      looks += 1;
      done(null, [{ address: looks % 2 === 1 ? '127.0.0.1' : '::1', family: looks % 2 === 1 ? 4 : 6 }]);
    },
  });
  t.teardown(() => rebinding.close());
  const send = (endpoint: string, wantsBody: boolean) =>
    rebinding.send({ endpoint, method: 'GET', headers: {}, body: '', wantsBody, timeoutMs: 5_000 });
  for (const wantsBody of [true, false]) {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      t.same(await send(`https://hooks.example.com:${port}/`, wantsBody), { error: ADDRESS_REFUSED });
    }
  }
  t.equal(looks, 6, 'looked up for each connection, and by nobody else');
  t.equal(seen.length, connected);

  const trusted = createHttpSender({ clock: systemClock, allowPrivate: true });
  t.teardown(() => trusted.close());
  const endpoint = `http://127.0.0.1:${port}/keys`;
  const reply = await trusted.send({
    endpoint,
    method: 'GET',
    headers: {},
    body: '',
    wantsBody: true,
    timeoutMs: 5_000,
  });
  t.match(reply, { status: 302, body: '' });
  t.same(seen, ['/keys'], 'a redirect is an answer like any other');
});

t.test('no proxy of the environment is asked', async (t) => {
  let proxied = 0;
  const proxy = createServer((_request, response) => {
    proxied += 1;
    response.end();
  });
  proxy.on('connect', (_request, socket) => {
    proxied += 1;
    socket.destroy();
  });
  const through = `http://127.0.0.1:${await listen(proxy)}`;
  const port = await listen(createServer((_request, response) => response.end('direct')));
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'NODE_USE_ENV_PROXY'];
  const before = names.map((name) => process.env[name]);
  for (const name of names) process.env[name] = name === 'NODE_USE_ENV_PROXY' ? '1' : through;
  const sender = createHttpSender({ clock: systemClock, allowPrivate: true });
  t.teardown(() => {
    sender.close();
    for (const [at, name] of names.entries()) {
      const value = before[at];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  const endpoint = `http://127.0.0.1:${port}/`;
  const reply = await sender.send({ endpoint, headers: {}, body: '', wantsBody: true, timeoutMs: 5_000 });
  t.match(reply, { status: 200, body: 'direct' });
  t.equal(proxied, 0);
});

t.test('an answer that is wanted is bounded in size and in time', async (t) => {
  const port = await listen(
    createServer((request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      if (request.url === '/endless') {
        const flood = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(limits.webhook_response_bytes_max)));
          if (!response.destroyed) response.once('drain', flood);
        };
        flood();
      } else response.write('{');
    }),
  );
  const sender = createHttpSender({ clock: systemClock, allowPrivate: true });
  t.teardown(() => sender.close());
  const ask = (path: string, timeoutMs: number) =>
    sender.send({
      endpoint: `http://127.0.0.1:${port}${path}`,
      headers: {},
      body: '',
      wantsBody: true,
      timeoutMs,
    });
  t.same(await ask('/endless', 5_000), { error: 'too_large' });
  t.same(await ask('/trickle', 50), { error: 'timeout' });
});
