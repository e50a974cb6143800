import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import { isThenarError } from '../../engine/errors.ts';
import { readCsr } from '../../engine/pki/csr.ts';
import { encodePem } from '../../engine/pki/pem.ts';
import { EC, hasOpenssl, Openssl, seeded } from '../support/openssl.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'ok';
  } catch (error) {
    return isThenarError(error) ? error.code : `not a ThenarError: ${String(error)}`;
  }
}

t.test('requests made by openssl', { skip: !hasOpenssl }, async (t) => {
  const openssl = new Openssl();
  t.teardown(() => openssl.close());

  const accepted: readonly (readonly [string, ...string[]])[] = [
    ['EC P-256', ...EC, 'ec_paramgen_curve:P-256'],
    ['EC P-384', ...EC, 'ec_paramgen_curve:P-384'],
    ['EC P-384', ...EC, 'ec_paramgen_curve:P-384', '-sha256'],
    ['EC P-256', ...EC, 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'],
    ['EC P-256', ...EC, 'ec_paramgen_curve:P-256', '-addext', 'subjectAltName=DNS:evil.example', '-text'],
    ['EC P-256', ...EC, 'ec_paramgen_curve:P-256', '-newhdr', '-sha512'],
    ['RSA 3072', '-newkey', 'rsa:3072'],
    ['RSA 3072', '-newkey', 'rsa:3072', '-sigopt', 'rsa_padding_mode:pss', '-sha256'],
  ];
  for (const [algorithm, ...args] of accepted) {
    await t.test(`takes ${args.join(' ')}`, async (t) => {
      const csr = readCsr(openssl.csr(...args));
      t.equal(csr.algorithm, algorithm);
      const key = createPublicKey({ key: Buffer.from(csr.publicKey), format: 'der', type: 'spki' });
      const own = createPublicKey(openssl.run('pkey', '-in', 'device.key', '-pubout'));
      t.same(key.export({ format: 'jwk' }), own.export({ format: 'jwk' }), 'the key is the device key');
    });
  }

  const refused: readonly (readonly [string, ...string[]])[] = [
    ['csr_key_unsupported', '-newkey', 'rsa:1024'],
    ['csr_key_unsupported', '-newkey', 'rsa:2048'],
    ['csr_key_unsupported', ...EC, 'ec_paramgen_curve:prime192v1'],
    ['csr_key_unsupported', ...EC, 'ec_paramgen_curve:P-521'],
    ['csr_key_unsupported', ...EC, 'ec_paramgen_curve:secp256k1'],
    ['csr_key_unsupported', '-newkey', 'ed25519'],
    ['csr_key_unsupported', '-newkey', 'rsa:3072', '-pkeyopt', 'rsa_keygen_pubexp:3'],
    ['csr_key_unsupported', '-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:3072'],
    ['csr_invalid', ...EC, 'ec_paramgen_curve:P-256', '-sha1'],
    ['csr_invalid', '-newkey', 'rsa:3072', '-sha1'],
    ['csr_invalid', '-newkey', 'rsa:3072', '-md5'],
  ];
  for (const [code, ...args] of refused) {
    await t.test(`refuses ${args.join(' ')}`, async (t) => {
      const pem = openssl.csr(...args);
      t.equal(
        codeOf(() => readCsr(pem)),
        code,
      );
    });
  }

  await t.test('refuses a request signed by another key', async (t) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const other = publicKey.export({ format: 'der', type: 'spki' });
    const mine = Buffer.from(
      openssl.csr(...EC, 'ec_paramgen_curve:P-256').replace(/-----.*-----|\s/g, ''),
      'base64',
    );
    // Both keys are P-256, so their encodings are of one length and one can be put in the other's place.
    const at = mine.indexOf(other.subarray(0, 26));
    t.ok(at > 0);
    other.copy(mine, at);
    t.equal(
      codeOf(() => readCsr(encodePem('CERTIFICATE REQUEST', mine))),
      'csr_invalid',
    );
  });
});

/** Fixed, so that seed and round alone name a mutant. */
const ORIGINAL = `-----BEGIN CERTIFICATE REQUEST-----
MIHMMHQCAQAwEjEQMA4GA1UEAwwHc2Nhbm5lcjBZMBMGByqGSM49AgEGCCqGSM49
AwEHA0IABNw+LtVdwlSpgFZAS/Ye0kFLV5sSzf57/23Ql2qt3qWUqEudBk3b9n8M
CeQk5kuBJgWWt4b2S9hPeqvc/GWIulCgADAKBggqhkjOPQQDAgNIADBFAiASgFKy
8uRybuag3rvf/GBuHD2iPFndBJDTNAoB+f/Q2gIhAIBGq292Cfzaz5DpSp1YLLWd
5rzPkVWSDZLdJAnQ40JX
-----END CERTIFICATE REQUEST-----
`;

t.test('a thousand mutations give a code, never a crash, and never another key', async (t) => {
  const seed = 20_260_608;
  const random = seeded(seed);
  const expected = Buffer.from(readCsr(ORIGINAL).publicKey);
  const der = Buffer.from(ORIGINAL.replace(/-----.*-----|\s/g, ''), 'base64');
  let refusals = 0;
  for (let round = 0; round < 1_000; round++) {
    const mutant = Buffer.from(der);
    for (let changes = 1 + random.next(3); changes > 0; changes--) {
      mutant[random.next(mutant.length)] = random.next(256);
    }
    const cut = random.next(4) === 0 ? mutant.subarray(0, random.next(mutant.length)) : mutant;
    try {
      const { publicKey } = readCsr(encodePem('CERTIFICATE REQUEST', cut));
      t.ok(expected.equals(publicKey), `seed ${seed} round ${round}: same key`);
    } catch (error) {
      refusals++;
      const known = isThenarError(error, 'csr_invalid', 'csr_key_unsupported');
      if (!known) t.fail(`seed ${seed} round ${round}: ${String(error)}`);
    }
  }
  t.ok(refusals > 900, 'most mutants are refused');
});

t.test('what is no request at all', async (t) => {
  const inputs: Readonly<Record<string, string>> = {
    empty: '',
    garbage: 'hello',
    'no end': '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n',
    'empty block': '-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n',
    'not base64': '-----BEGIN CERTIFICATE REQUEST-----\n%%%%\n-----END CERTIFICATE REQUEST-----\n',
    'a certificate': encodePem('CERTIFICATE', Uint8Array.of(0x30, 0)),
    'two requests': encodePem('CERTIFICATE REQUEST', Uint8Array.of(0x30, 0)).repeat(2),
    'nested boundary': '-----BEGIN CERTIFICATE REQUEST-----\n'.repeat(2),
    'deep nesting': encodePem('CERTIFICATE REQUEST', Buffer.from('3080'.repeat(4_000), 'hex')),
    huge: 'A'.repeat(20_000),
    random: encodePem('CERTIFICATE REQUEST', seeded(1).bytes(300)),
  };
  for (const [name, pem] of Object.entries(inputs)) {
    t.equal(
      codeOf(() => readCsr(pem)),
      'csr_invalid',
      name,
    );
  }
  t.throws(() => readCsr('hello'), { code: 'csr_invalid' });
  t.throws(() => readCsr('hello'), /PEM/, 'says what is wrong');
});
