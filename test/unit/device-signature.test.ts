/** Signatures of phones: RFC 6979's published ones, and everything that only looks like one. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { assetPath } from '../../engine/asset.ts';
import { isThenarError } from '../../engine/errors.ts';
import { signedBytes, verifyDeviceSignature } from '../../engine/wallet/device_signature.ts';
import { readVerifyingKey } from '../../engine/wallet/verifying_key.ts';

/** RFC 6979 appendix A.2.5: P-256 with SHA-256. */
const published = {
  x: '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',
  y: '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
  sample: {
    r: 'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716',
    s: 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8',
  },
  test: {
    r: 'f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367',
    s: '019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083',
  },
};
const N = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const point = `04${published.x}${published.y}`;
const key = readVerifyingKey(point);
const sample = Buffer.from('sample');

/** A length in its shortest form. */
function length(bytes: number): string {
  const hex = bytes.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return bytes < 0x80 ? even.padStart(2, '0') : (0x80 + even.length / 2).toString(16) + even;
}

function value(tag: string, contents: string): string {
  return tag + length(contents.length / 2) + contents;
}

/** The shortest contents of an INTEGER. */
function contents(number: bigint): string {
  if (number < 0n) {
    let bytes = 1;
    while (number < -(1n << BigInt(8 * bytes - 1))) bytes += 1;
    return ((1n << BigInt(8 * bytes)) + number).toString(16).padStart(2 * bytes, '0');
  }
  const hex = number.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Number.parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even;
}

const integer = (number: bigint): string => value('02', contents(number));
const signature = (r: bigint, s: bigint): string => value('30', integer(r) + integer(s));
const r = BigInt(`0x${published.sample.r}`);
const s = BigInt(`0x${published.sample.s}`);

function accepted(hex: string, over: Uint8Array = sample, by = key): boolean {
  try {
    verifyDeviceSignature(by, over, hex);
    return true;
  } catch (error) {
    if (isThenarError(error, 'device_signature_invalid')) return false;
    throw error;
  }
}

t.test('published signatures are right, with either value of s and in either case of hex', (t) => {
  t.ok(accepted(signature(r, s)));
  t.ok(accepted(signature(r, N - s)), 'low s and high s are the same signature to ECDSA');
  t.ok(accepted(signature(r, s).toUpperCase()));
  const other = [BigInt(`0x${published.test.r}`), BigInt(`0x${published.test.s}`)] as const;
  t.ok(accepted(signature(...other), Buffer.from('test')));
  t.notOk(accepted(signature(...other)), 'over another text');
  t.notOk(accepted(signature(r, s), Buffer.from('sample2')));
  t.end();
});

t.test('the documentation’s example', (t) => {
  const text = readFileSync(assetPath('docs', 'wallet.md'), 'utf8');
  const [, message = ''] = /^(\{"challenge":.*\})$/m.exec(text) ?? [];
  const [, hash] = /^SHA-256 +([0-9a-f]{64})$/m.exec(text) ?? [];
  const [, shown = ''] = /^signature +([0-9a-f]+)$/m.exec(text) ?? [];
  const body = { ...JSON.parse(message), device_signature: shown };
  const bytes = signedBytes(body);
  t.equal(Buffer.from(bytes).toString(), message);
  t.equal(createHash('sha256').update(bytes).digest('hex'), hash);
  t.ok(accepted(shown, bytes, readVerifyingKey(body.device_verifying_key)));
  t.end();
});

t.test('numbers out of their range', (t) => {
  const odd: Readonly<Record<string, readonly [bigint, bigint]>> = {
    'r is 0': [0n, s],
    's is 0': [r, 0n],
    'both are 0': [0n, 0n],
    'both are 1': [1n, 1n],
    'r is n': [N, s],
    's is n': [r, N],
    'r is r + n': [r + N, s],
    's is s + n': [r, s + N],
    'r is -r': [-r, s],
    's is -s': [r, -s],
    'r is r - n': [r - N, s],
    's is s - n': [r, s - N],
    'r is n - r': [N - r, s],
    'r and s change places': [s, r],
    'r is 2^256 - 1': [2n ** 256n - 1n, s],
    'r is r + 2^256': [r + 2n ** 256n, s],
    's is s + 2^320': [r, s + 2n ** 320n],
    'r is -1': [-1n, s],
  };
  for (const [name, numbers] of Object.entries(odd)) t.notOk(accepted(signature(...numbers)), name);
  t.end();
});

t.test('what is not the DER of two numbers', (t) => {
  const [rr, ss] = [integer(r), integer(s)];
  const body = rr + ss;
  const whole = signature(r, s);
  const bytes = body.length / 2;
  const long = (prefix: string) => `30${prefix}${body}`;
  const odd: Readonly<Record<string, string>> = {
    empty: '',
    'a lone tag': '30',
    'a tag and half a length': '3081',
    'an empty sequence': '3000',
    'an odd number of digits': whole.slice(1),
    'no hex': `zz${whole.slice(2)}`,
    'base64 of it': Buffer.from(whole, 'hex').toString('base64'),
    'both numbers side by side': published.sample.r + published.sample.s,
    'a space in front': ` ${whole}`,
    '0x in front': `0x${whole}`,
    'cut short by a byte': whole.slice(0, -2),
    'a byte behind it': `${whole}00`,
    'NULL behind it': `${whole}0500`,
    'a long length of the sequence': long(`81${length(bytes)}`),
    'a longer length of the sequence': long(`8200${length(bytes)}`),
    'a length of five bytes': long(`8501000000${length(bytes)}`),
    'a length of nine bytes': long(`890100000000000000${length(bytes)}`),
    'a length of 2^31 - 1': long('847fffffff'),
    'a length of 2^64 - 1': long('88ffffffffffffffff'),
    'a length that is too small': long(length(bytes - 1)),
    'a length that is too large': long(length(bytes + 1)),
    'a length without end': `${long('80')}0000`,
    'a length without end and without an end': long('80'),
    'a length of 255 bytes': long('ff'),
    'a set': value('31', body),
    'a constructed context tag': value('a0', body),
    'a sequence in a sequence': value('30', whole),
    'one number': value('30', rr),
    'three numbers': value('30', body + integer(1n)),
    'NULL inside': value('30', `${body}0500`),
    'zeros in front of the numbers': value('30', `0000${body}`),
    'garbage between': value('30', `${rr}0500${ss}`),
    'r with a zero too many': value('30', value('02', `00${contents(r)}`) + ss),
    's with a zero too many': value('30', rr + value('02', `00${contents(s)}`)),
    'r without its zero': value('30', value('02', published.sample.r) + ss),
    's without its zero': value('30', rr + value('02', published.sample.s)),
    'r with a long length': value('30', `0281${length(contents(r).length / 2)}${contents(r)}${ss}`),
    'r with a length without end': value('30', `0280${contents(r)}0000${ss}`),
    'r of no bytes': value('30', `0200${ss}`),
    's of no bytes': value('30', `${rr}0200`),
    'r a BOOLEAN': value('30', `010100${ss}`),
    'r a REAL': value('30', `090380fe01${ss}`),
    'r NULL': value('30', `0500${ss}`),
    'r an OCTET STRING': value('30', value('04', contents(r)) + ss),
    'r constructed': value('30', value('22', rr) + ss),
    'r with a high tag': value('30', value('1f02', contents(r)) + ss),
    'longer than any': whole + '00'.repeat(200),
  };
  for (const [name, hex] of Object.entries(odd)) t.notOk(accepted(hex), name);
  t.end();
});

t.test('any one bit changed makes it worthless', (t) => {
  const bytes = Buffer.from(signature(r, s), 'hex');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8((changed[bit >> 3] ?? 0) ^ (1 << (bit & 7)), bit >> 3);
    if (accepted(changed.toString('hex'))) t.fail(`bit ${bit}`);
  }
  t.end();
});

t.test('another key, and another curve', (t) => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = other.publicKey.export({ format: 'der', type: 'spki' }).toString('hex');
  const message = Buffer.from('hello');
  const own = sign('sha256', message, other.privateKey).toString('hex');
  t.ok(accepted(own, message, readVerifyingKey(spki)));
  t.notOk(accepted(own, message));
  // Over the hash instead of what is hashed: hashed twice.
  const twice = sign('sha256', Buffer.from(new Uint8Array(32)), other.privateKey).toString('hex');
  t.notOk(accepted(twice, message, readVerifyingKey(spki)));
  const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  t.notOk(accepted(sign('sha256', sample, curve.privateKey).toString('hex')));
  t.end();
});

t.test('what is signed is the whole body but the signature, however it was written', (t) => {
  const body = { z: 1, device_signature: 'ab', a: { d: 2, c: ['x'] }, unknown: null };
  t.equal(
    Buffer.from(signedBytes(body)).toString(),
    '{"a":{"c":["x"],"d":2},"unknown":null,"z":1}',
    'nested fields of that name would stay',
  );
  t.throws(() => signedBytes({ a: '\ud800' }), { code: 'device_signature_invalid' });
  t.throws(() => signedBytes(JSON.parse('{"a":1e999}')), { code: 'device_signature_invalid' });
  t.end();
});

t.test('one key in each of its forms', (t) => {
  const compressed = (Number.parseInt(published.y.slice(-1), 16) % 2 === 0 ? '02' : '03') + published.x;
  const spki = `3059301306072a8648ce3d020106082a8648ce3d030107034200${point}`;
  const compressedSpki = `3039301306072a8648ce3d020106082a8648ce3d030107032200${compressed}`;
  const base64 = Buffer.from(spki, 'hex').toString('base64');
  const pem = `-----BEGIN PUBLIC KEY-----\n${base64.slice(0, 64)}\n${base64.slice(64)}\n-----END PUBLIC KEY-----\n`;
  const url = Buffer.from(spki, 'hex').toString('base64url');
  for (const form of [point, point.toUpperCase(), compressed, spki, compressedSpki, base64, url, pem]) {
    const read = readVerifyingKey(form);
    t.equal(Buffer.from(read.point).toString('hex'), point, form.slice(0, 20));
    t.ok(accepted(signature(r, s), sample, read));
  }
  t.end();
});

t.test('what is no key of P-256', (t) => {
  const spkiOf = (namedCurve: string) =>
    generateKeyPairSync('ec', { namedCurve })
      .publicKey.export({ format: 'der', type: 'spki' })
      .toString('hex');
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1_024 });
  const ed = generateKeyPairSync('ed25519');
  const der = { format: 'der', type: 'spki' } as const;
  const p = BigInt('0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff');
  const hex = (number: bigint): string => number.toString(16).padStart(64, '0');
  const explicit = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' });
  const odd: Readonly<Record<string, string>> = {
    empty: '',
    'no hex': 'hello',
    infinity: '00',
    'infinity at full length': `00${'00'.repeat(64)}`,
    'the origin': `04${'00'.repeat(64)}`,
    'a point beside the curve': `04${published.x}${hex(BigInt(`0x${published.y}`) + 1n)}`,
    'an x without a point': `02${hex(7n)}`,
    'x is p': `02${hex(p)}`,
    'y beyond p': `04${published.x}${hex(BigInt(`0x${published.y}`) + p)}`.slice(0, 130),
    'a hybrid point': `06${published.x}${published.y}`,
    'cut short': point.slice(0, -2),
    'a byte too long': `${point}00`,
    'an SPKI with a byte behind it': `3059301306072a8648ce3d020106082a8648ce3d030107034200${point}00`,
    'a private key of that length': `05${published.x}${published.y}`,
    secp256k1: spkiOf('secp256k1'),
    'P-384': spkiOf('P-384'),
    'parameters spelled out': explicit.publicKey.export(der).toString('hex'),
    RSA: rsa.publicKey.export(der).toString('hex'),
    Ed25519: ed.publicKey.export(der).toString('hex'),
    'a PEM of something else': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
  };
  for (const [name, text] of Object.entries(odd)) {
    t.throws(() => readVerifyingKey(text), { code: 'verifying_key_invalid' }, name);
  }
  t.end();
});
