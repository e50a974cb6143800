import type { LookupAddress } from 'node:dns';
import t from 'tap';
import { isThenarError } from '../../engine/errors.ts';
import {
  ADDRESS_REFUSED,
  checkApiKey,
  guardedLookup,
  isPublicAddress,
  readEndpoint,
} from '../../engine/outbound/target.ts';

function accepts(endpoint: string, allowPrivate = false): boolean {
  try {
    readEndpoint(endpoint, allowPrivate);
    return true;
  } catch (error) {
    if (!isThenarError(error, 'webhook_endpoint_refused')) throw error;
    return false;
  }
}

t.test('endpoints', async (t) => {
  const good = [
    'https://yourapp.example.com/webhooks/identity',
    'https://example.com:8443/a?b=c',
    'https://8.8.8.8/',
    'https://[2606:4700::1111]/',
    'https://localhost.example.com/',
  ];
  for (const endpoint of good) t.ok(accepts(endpoint), endpoint);
  const bad = [
    '',
    'yourapp.example.com',
    'https://',
    'http://example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://user@example.com/',
    'https://user:secret@example.com/',
    'https://example.com/#a',
    `https://example.com/${'a'.repeat(3_000)}`,
    'https://localhost/',
    'https://localhost./',
    'https://LOCALHOST/',
    'https://api.localhost/',
    'https://intranet/',
    'https://printer.local/',
    'https://metadata.google.internal/',
    'https://router.home.arpa/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://0x7f.1/',
    'https://0/',
    'https://127.0.0.1./',
    'https://①②⑦.0.0.1/',
    'https://127。0。0。1/',
    'https://10.0.0.1/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://100.64.0.1/',
    'https://0.0.0.0/',
    'https://255.255.255.255/',
    'https://224.0.0.1/',
    'https://240.0.0.1/',
    'https://198.18.0.1/',
    'https://192.0.2.1/',
    'https://[::]/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:8.8.8.8]/',
    'https://[::127.0.0.1]/',
    'https://[fe80::1]/',
    'https://[fd00::1]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[64:ff9b:1::1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001::1]/',
    'https://[2001:db8::1]/',
    'https://[100::1]/',
    'https://[4000::1]/',
  ];
  for (const endpoint of bad) t.notOk(accepts(endpoint), endpoint);
  for (const endpoint of ['http://127.0.0.1:9999/hook', 'http://localhost/', 'https://[::1]/']) {
    t.ok(accepts(endpoint, true), `${endpoint} where private targets are allowed`);
  }
  for (const endpoint of ['ftp://127.0.0.1/', 'http://u:p@localhost/'])
    t.notOk(accepts(endpoint, true), endpoint);
});

t.test('addresses', async (t) => {
  t.ok(isPublicAddress('1.1.1.1'));
  t.ok(isPublicAddress('2a00:1450:4001:81b::200e'));
  for (const address of [
    '',
    'example.com',
    '127.0.0.1',
    'fe80::1%eth0',
    '2606:4700::1111%lo',
    '::ffff:1.1.1.1',
  ]) {
    t.notOk(isPublicAddress(address), address);
  }
});

t.test('lookup at connect time', async (t) => {
  const answers: Readonly<Record<string, LookupAddress[]>> = {
    'mixed.example': [
      { address: '10.0.0.1', family: 4 },
      { address: '8.8.8.8', family: 4 },
      { address: '::1', family: 6 },
    ],
    'rebound.example': [
      { address: '127.0.0.1', family: 4 },
      { address: 'fd00::1', family: 6 },
    ],
  };
  const lookup = (allowPrivate: boolean, name: string, all: boolean) =>
    new Promise<unknown>((resolve) => {
      const guarded = guardedLookup(allowPrivate, (hostname, options, done) => {
        t.equal(options.all, true, 'every address is judged');
        const found = answers[hostname];
        if (found === undefined) done(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), []);
        else done(null, found);
      });
      guarded(name, { all }, (error, address) => resolve(error === null ? address : error.code));
    });
  t.same(await lookup(false, 'mixed.example', true), [{ address: '8.8.8.8', family: 4 }]);
  t.equal(await lookup(false, 'mixed.example', false), '8.8.8.8');
  t.equal(await lookup(false, 'rebound.example', true), ADDRESS_REFUSED);
  t.equal(await lookup(false, 'rebound.example', false), ADDRESS_REFUSED);
  t.equal(await lookup(true, 'rebound.example', false), '127.0.0.1');
  t.equal(await lookup(false, 'missing.example', true), 'ENOTFOUND');
});

t.test('API keys', async (t) => {
  checkApiKey('whsec_your_secret_key_here');
  for (const key of ['', 'a b', 'a\r\nX-Evil: 1', 'schlüssel', 'x'.repeat(600)]) {
    t.throws(() => checkApiKey(key), { code: 'validation_failed' }, JSON.stringify(key).slice(0, 20));
  }
});

t.test('a name that is none is refused the ten thousandth time as well', async (t) => {
  // URL.canParse of Node 20 says yes to it once it has been compiled.
  const endpoint = 'https://exam\u00c8\u0083a#g\u0005\u00fdple.com/hook';
  let taken = 0;
  for (let time = 0; time < 20_000; time++) if (accepts(endpoint)) taken += 1;
  t.equal(taken, 0);
});
