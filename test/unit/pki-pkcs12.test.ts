import { createPrivateKey, X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import t from 'tap';
import { readPkcs12 } from '../../engine/pki/pkcs12.ts';

/** A key of 1,024 bits: made in milliseconds, and nobody relies on it. */
function upload(password: string): Uint8Array {
  const keys = forge.pki.rsa.generateKeyPair(1024);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = '01';
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000);
  certificate.setSubject([{ name: 'commonName', value: 'palm.example' }]);
  certificate.setIssuer([{ name: 'commonName', value: 'palm.example' }]);
  certificate.sign(keys.privateKey, forge.md.sha256.create());
  const asn1 = forge.pkcs12.toPkcs12Asn1(keys.privateKey, [certificate], password, {
    algorithm: '3des',
    count: 2_048,
  });
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'binary');
}

t.test('reads key and certificate of an operator’s file', async (t) => {
  const { certificates, privateKey } = readPkcs12(upload('correct horse'), 'correct horse');
  const [certificate] = certificates.map((der) => new X509Certificate(der));
  t.match(certificate!.subject, /palm\.example/);
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' });
  t.ok(certificate!.checkPrivateKey(key));
});

t.test('refuses a wrong password, garbage and files too large', async (t) => {
  const file = upload('right');
  for (const [bytes, password] of [
    [file, 'wrong'],
    [Buffer.from('no file'), ''],
    [new Uint8Array(100_000), ''],
  ] as const) {
    t.throws(() => readPkcs12(bytes, password), { code: 'certificate_invalid', details: { part: 'pkcs12' } });
  }
});

t.test('a file whose password takes for ever is refused before it is tried', async (t) => {
  const file = Buffer.from(upload('right'));
  const count = Buffer.from('02020800', 'hex');
  const places = [...file.keys()].filter((at) => file.subarray(at, at + 4).equals(count));
  t.equal(places.length, 2, 'of the key, and of the whole');
  for (const at of places) {
    const slow = Buffer.from(file);
    slow.writeUInt16BE(0xffff, at + 2);
    t.throws(() => readPkcs12(slow, 'right'), {
      code: 'certificate_invalid',
      details: { part: 'pkcs12', reason: 'too_many_iterations' },
    });
  }
});
