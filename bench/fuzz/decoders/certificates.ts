/** Certificates, keys and requests as devices and operators send them. */
import forge from 'node-forge';
import { createAuthority, loadAuthority } from '../../../engine/pki/authority.ts';
import { readAuthorityUpload } from '../../../engine/pki/authorityUpload.ts';
import { issueServerCertificate } from '../../../engine/pki/certificate.ts';
import { readCsr } from '../../../engine/pki/csr.ts';
import { DerError, readAll } from '../../../engine/pki/der.ts';
import { decodePem, encodePem } from '../../../engine/pki/pem.ts';
import { readPkcs12 } from '../../../engine/pki/pkcs12.ts';
import { readServerUpload } from '../../../engine/pki/serverUpload.ts';
import { systemRandom as random, systemClock } from '../../../engine/system.ts';
import { makeScannerKey } from '../../scanner/keys.ts';
import type { Draw } from '../draw.ts';
import { type Decoder, damaged } from './decoder.ts';

/** The DER inside is damaged and put into PEM again, or the text itself is. */
function damagedPem(draw: Draw, pems: readonly string[], label: string): Buffer {
  const pem = draw.pick(pems);
  if (draw.chance(0.4)) return draw.mutated(Buffer.from(pem));
  const [der = new Uint8Array()] = decodePem(pem, label) ?? [];
  const text = encodePem(label, draw.mutated(der));
  return Buffer.from(draw.chance(0.9) ? text : text.repeat(draw.between(2, 12)));
}

/** A key of 1,024 bits: made in milliseconds, and nobody relies on it. */
function pkcs12(password: string): Uint8Array {
  const keys = forge.pki.rsa.generateKeyPair(1_024);
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = '01';
  certificate.setSubject([{ name: 'commonName', value: 'palm.example' }]);
  certificate.setIssuer([{ name: 'commonName', value: 'palm.example' }]);
  certificate.sign(keys.privateKey, forge.md.sha256.create());
  // One round: what is tried is how the file is read, and not how slowly its password is stretched.
  const options = { algorithm: '3des', count: 1 } as const;
  const file = forge.pkcs12.toPkcs12Asn1(keys.privateKey, [certificate], password, options);
  return Buffer.from(forge.asn1.toDer(file).getBytes(), 'binary');
}

/** Structures that nest, or say that they are longer than they are. */
function craftedDer(draw: Draw): Buffer {
  let der = draw.bytes(draw.length(40));
  for (let left = draw.below(draw.chance(0.9) ? 12 : 400); left > 0; left -= 1) {
    const tag = draw.pick([0x30, 0x31, 0xa0, 0x02, 0x03, 0x04, 0x05, 0x06, 0x17, 0x3f, 0x1f, 0x24]);
    const lie = draw.chance(0.05) ? draw.below(70_000) : der.length;
    const length =
      lie < 128 ? Buffer.of(lie) : Buffer.of(0x83, (lie >> 16) & 255, (lie >> 8) & 255, lie & 255);
    const indefinite = draw.chance(0.05);
    der = Buffer.concat([Buffer.of(tag), indefinite ? Buffer.of(0x80) : length, der]);
    if (der.length > 4_096) break;
  }
  return der;
}

/** Parts of an upload in one input: certificate, key and chain, one after the other. */
const SEPARATOR = '\n=====\n';

export async function certificateDecoders(): Promise<Decoder[]> {
  const now = systemClock.now();
  const { csrPem } = await makeScannerKey();
  const stored = await createAuthority({ now, random, generation: 1, deployment: 'fuzz' });
  const authority = await loadAuthority(stored);
  const server = await issueServerCertificate(authority, { names: ['localhost'], now, random });
  const caKeyPem = encodePem('PRIVATE KEY', stored.privateKeyPkcs8);
  const uploads = [
    [server.pem, server.privateKeyPem, authority.certificatePem],
    [authority.certificatePem, caKeyPem],
  ];
  const certificates = [server.pem, authority.certificatePem];
  const files = [pkcs12('fuzz')];
  const [csr = new Uint8Array()] = decodePem(csrPem, 'CERTIFICATE REQUEST') ?? [];
  const upload = (draw: Draw): Uint8Array => {
    const parts = [...draw.pick(uploads)];
    const at = draw.below(parts.length);
    const label = at === 1 ? 'PRIVATE KEY' : 'CERTIFICATE';
    parts[at] = draw.chance(0.1) ? '' : damagedPem(draw, [parts[at] ?? ''], label).toString('latin1');
    return Buffer.from(parts.join(SEPARATOR), 'latin1');
  };
  const partsOf = (input: Uint8Array) => {
    const [certificatePem = '', privateKeyPem = '', chainPem] = Buffer.from(input)
      .toString('latin1')
      .split(SEPARATOR);
    return { certificatePem, privateKeyPem, ...(chainPem === undefined ? {} : { chainPem }) };
  };
  return [
    {
      name: 'csr',
      input: (draw) => damagedPem(draw, [csrPem], 'CERTIFICATE REQUEST'),
      read: (input) => readCsr(Buffer.from(input).toString('latin1')),
    },
    {
      name: 'pem',
      input: (draw) => damagedPem(draw, [...certificates, csrPem], 'CERTIFICATE'),
      read: (input) => decodePem(Buffer.from(input).toString('latin1'), 'CERTIFICATE', 'PRIVATE KEY'),
    },
    {
      name: 'der',
      weight: 2,
      input: (draw) => (draw.chance(0.4) ? craftedDer(draw) : damaged(draw, [csr])),
      read: (input) => readAll(input, 64),
      refuses: (error) => error instanceof DerError,
    },
    {
      name: 'pkcs12',
      weight: 0.3,
      input: (draw) => (draw.chance(0.3) ? craftedDer(draw) : damaged(draw, files)),
      read: (input) => readPkcs12(input, 'fuzz'),
    },
    {
      name: 'server-upload',
      weight: 0.5,
      input: upload,
      read: (input) => readServerUpload(partsOf(input), now),
    },
    {
      name: 'pkcs12-upload',
      weight: 0.2,
      input: (draw) => damaged(draw, files),
      read: (input) => readServerUpload({ pkcs12: input, password: 'fuzz' }, now),
    },
    {
      name: 'authority-upload',
      weight: 0.3,
      input: upload,
      read: (input) => readAuthorityUpload(partsOf(input), { generation: 2, now, random }),
    },
  ];
}
