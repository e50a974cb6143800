/** OCSP requests of openssl, answers that openssl verifies, and requests that are none. */
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import {
  type Authority,
  createAuthority,
  issuerIdentity,
  loadAuthority,
} from '../../engine/pki/authority.ts';
import { issueDeviceCertificate, issueStatusSigner } from '../../engine/pki/certificate.ts';
import { tag, write } from '../../engine/pki/der.ts';
import {
  type CertificateStatus,
  isAskedIssuer,
  readStatusRequest,
  signStatus,
  statusRefusal,
} from '../../engine/pki/ocsp.ts';
import { encodePem } from '../../engine/pki/pem.ts';
import { systemRandom } from '../../engine/system.ts';
import { hasOpenssl, Openssl, seeded } from '../support/openssl.ts';
import { available } from '../support/require.ts';

/** openssl holds answers against the wall clock. */
const now = Date.now();
const random = systemRandom;
const hour = 3_600_000;

async function device(authority: Authority): Promise<string> {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { pem } = await issueDeviceCertificate(authority, {
    tenantId: random.uuid(),
    deviceId: random.uuid(),
    publicKey: publicKey.export({ format: 'der', type: 'spki' }),
    now,
    validityDays: 90,
    random,
  });
  return pem;
}

/** A CA as an organisation brings one along: RSA, made by openssl. */
async function rsaAuthority(openssl: Openssl): Promise<Authority> {
  const args = ['-newkey', 'rsa:2048', '-nodes', '-keyout', 'rsa.key', '-out', 'rsa.pem', '-days', '30'];
  openssl.run('req', '-x509', ...args, '-subj', '/O=Shop/CN=Shop CA');
  const certificatePem = readFileSync(join(openssl.folder, 'rsa.pem'), 'utf8');
  const der = openssl.run('pkcs8', '-topk8', '-nocrypt', '-in', 'rsa.key');
  const privateKeyPkcs8 = Buffer.from(der.replace(/-----.*-----|\s/g, ''), 'base64');
  return loadAuthority({ generation: 2, certificatePem, privateKeyPkcs8 });
}

t.test('openssl takes the answers for what they are', async (t) => {
  if (!available(t, 'openssl', hasOpenssl)) return;
  const openssl = new Openssl();
  t.teardown(() => openssl.close());
  const authorities = {
    own: await loadAuthority(await createAuthority({ now, random, generation: 1, deployment: 'x' })),
    rsa: await rsaAuthority(openssl),
  };
  const statuses: Readonly<Record<string, readonly [CertificateStatus, RegExp]>> = {
    good: [{ status: 'good' }, /device.pem: good/],
    unknown: [{ status: 'unknown' }, /device.pem: unknown/],
    revoked: [
      { status: 'revoked', at: now - hour, reason: 'revoked' },
      // Older ones have no word for this reason.
      /device.pem: revoked[\s\S]*Reason: (privilegeWithdrawn|\(UNKNOWN\))/,
    ],
    superseded: [
      { status: 'revoked', at: now - hour, reason: 'superseded' },
      /device.pem: revoked[\s\S]*Reason: superseded/,
    ],
  };
  for (const [kind, authority] of Object.entries(authorities)) {
    openssl.file('ca.pem', authority.certificatePem);
    openssl.file('device.pem', await device(authority));
    const signer = await issueStatusSigner(authority, { now, random });
    openssl.file('signer.pem', encodePem('CERTIFICATE', signer.certificate));
    t.throws(
      () => openssl.run('verify', '-CAfile', 'ca.pem', '-purpose', 'sslclient', 'signer.pem'),
      'who signs answers cannot connect',
    );
    for (const hash of kind === 'own' ? ['-sha1', '-sha256', '-sha384', '-sha512'] : ['-sha1']) {
      openssl.run('ocsp', '-issuer', 'ca.pem', hash, '-cert', 'device.pem', '-reqout', 'request.der');
      const request = readStatusRequest(readFileSync(join(openssl.folder, 'request.der')));
      const [asked] = request?.certificates ?? [];
      t.ok(isAskedIssuer(asked!, issuerIdentity(authority.certificatePem)), `${kind} ${hash}`);
      t.not(request?.nonce, null);
      // Hash and status have nothing to do with each other.
      const shown = hash === '-sha1' ? Object.entries(statuses) : [];
      for (const [name, [status, expected]] of shown) {
        const options = { now, until: now + hour, nonce: request!.nonce };
        openssl.file('answer.der', await signStatus(signer, [[asked!, status]], options));
        // With the request beside it openssl compares the nonces; with the certificate it looks for its answer.
        const answer = ['ocsp', '-respin', 'answer.der', '-CAfile', 'ca.pem'];
        const verified = openssl.run(...answer, '-reqin', 'request.der');
        t.match(verified, /Response verify OK/, `${kind} ${hash} ${name}`);
        t.notMatch(verified, /nonce|WARNING/i);
        const found = openssl.run(...answer, '-issuer', 'ca.pem', hash, '-cert', 'device.pem', '-no_nonce');
        t.match(found, expected);
        t.notMatch(found, /Status times invalid/);
      }
    }
  }
  const other = authorities.own;
  t.notOk(
    isAskedIssuer(
      readStatusRequest(readFileSync(join(openssl.folder, 'request.der')))!.certificates[0]!,
      issuerIdentity(other.certificatePem),
    ),
    'another CA is not meant',
  );
  openssl.file('late.der', await stale(openssl, authorities.rsa));
  const late = [
    'ocsp',
    '-respin',
    'late.der',
    '-CAfile',
    'ca.pem',
    '-issuer',
    'ca.pem',
    '-cert',
    'device.pem',
  ];
  t.match(openssl.run(...late), /Status times invalid/, 'an answer of yesterday is no answer');
});

async function stale(openssl: Openssl, authority: Authority): Promise<Uint8Array> {
  const signer = await issueStatusSigner(authority, { now: now - 48 * hour, random });
  const request = readStatusRequest(readFileSync(join(openssl.folder, 'request.der')));
  const options = { now: now - 26 * hour, until: now - 25 * hour, nonce: null };
  return signStatus(signer, [[request!.certificates[0]!, { status: 'good' }]], options);
}

/** A request for one serial, by hand. */
function requestOf(serial: Uint8Array, extensions: Uint8Array = Buffer.alloc(0)): Uint8Array {
  const sha1 = write(tag.objectIdentifier, Buffer.from('2b0e03021a', 'hex'));
  const hash = write(tag.octetString, Buffer.alloc(20, 7));
  const id = write(
    tag.sequence,
    write(tag.sequence, sha1, write(tag.null)),
    hash,
    hash,
    write(tag.integer, serial),
  );
  return write(tag.sequence, write(tag.sequence, write(tag.sequence, write(tag.sequence, id)), extensions));
}

function nonceOf(length: number): Uint8Array {
  const name = write(tag.objectIdentifier, Buffer.from('2b0601050507300102', 'hex'));
  const value = write(tag.octetString, write(tag.octetString, Buffer.alloc(length, 9)));
  return write(tag.context[2], write(tag.sequence, write(tag.sequence, name, value)));
}

t.test('nonces are bounded, and any serial is repeated as it came', async (t) => {
  const { ocsp_nonce_bytes_max: max } = limits;
  const serial = Buffer.from('00ff01', 'hex');
  for (const length of [1, 16, 32, max])
    t.ok(readStatusRequest(requestOf(serial, nonceOf(length))), `${length}`);
  for (const length of [0, max + 1]) t.equal(readStatusRequest(requestOf(serial, nonceOf(length))), null);
  const request = readStatusRequest(requestOf(serial));
  t.equal(request?.certificates[0]?.serial, '00ff01');
  const authority = await loadAuthority(
    await createAuthority({ now, random, generation: 1, deployment: 'x' }),
  );
  const signer = await issueStatusSigner(authority, { now, random });
  const [asked] = request!.certificates;
  const answer = Buffer.from(
    await signStatus(signer, [[asked!, { status: 'unknown' }]], { now, until: now + hour, nonce: null }),
  );
  t.ok(answer.includes(Buffer.from(write(tag.integer, serial))));
  t.ok(answer.includes(Buffer.from(signer.certificate)), 'with the certificate of who signed, byte for byte');
  t.ok(
    new X509Certificate(signer.certificate).verify(new X509Certificate(authority.certificatePem).publicKey),
  );
});

t.test('what is no request is refused, and nothing crashes', async (t) => {
  const good = Buffer.from(requestOf(Buffer.from('41'.repeat(16), 'hex'), nonceOf(16)));
  t.ok(readStatusRequest(good));
  const critical = write(
    tag.context[2],
    write(
      tag.sequence,
      write(
        tag.sequence,
        write(tag.objectIdentifier, Buffer.from('2a030405', 'hex')),
        write(0x01, Uint8Array.of(0xff)),
        write(tag.octetString, write(tag.null)),
      ),
    ),
  );
  const none = write(tag.sequence, write(tag.sequence, write(tag.sequence)));
  for (const [name, bytes] of Object.entries({
    empty: Buffer.alloc(0),
    text: Buffer.from('GET / HTTP/1.1'),
    'asks about none': none,
    'an unknown critical extension': requestOf(Buffer.from('41', 'hex'), critical),
    'too long': Buffer.concat([good, Buffer.alloc(limits.ocsp_request_bytes_max)]),
    'deeply nested': Buffer.from('3080'.repeat(2_000), 'hex'),
  })) {
    t.equal(readStatusRequest(bytes), null, name);
  }
  const seed = 20_261_126;
  const random = seeded(seed);
  for (let round = 0; round < 1_000; round += 1) {
    const mutant = Buffer.from(good);
    for (let changes = 1 + random.next(4); changes > 0; changes -= 1) {
      mutant[random.next(mutant.length)] = random.next(256);
    }
    try {
      readStatusRequest(random.next(4) === 0 ? mutant.subarray(0, random.next(mutant.length)) : mutant);
    } catch (error) {
      t.fail(`seed ${seed} round ${round}: ${String(error)}`);
    }
  }
  t.same([...statusRefusal('malformedRequest')], [0x30, 3, 0x0a, 1, 1]);
});
