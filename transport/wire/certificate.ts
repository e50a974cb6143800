/** Certificates that operators upload and look at. */
import type { AuthorityView, CertificateView } from '../../actors/api.ts';
import { limits } from '../../engine/limits.ts';
import type { UploadedParts } from '../../engine/pki/uploaded.ts';
import { integer, list, named, object, optional, string, type TypeOf, text, time } from '../http/schema.ts';
import { timestamp } from './time.ts';

const certificateFields = {
  issuer: string,
  subject: string,
  names: list(string),
  not_before: time,
  expiry: time,
  days_remaining: integer(),
  fingerprint: string,
  serial: string,
  key_type: string,
  certificate: string,
};
export const serverCertificateSchema = named(
  'ServerCertificate',
  object({ ...certificateFields, uploaded_at: time }),
);
export const authoritySchema = named(
  'PlatformCa',
  object({
    ...certificateFields,
    generation: integer(),
    device_certificates: integer(),
    still_trusted: list(integer()),
  }),
);

const certificateSchema = object(certificateFields);
export function certificateWire(view: CertificateView): TypeOf<typeof certificateSchema> {
  return {
    issuer: view.issuer,
    subject: view.subject,
    names: view.names,
    not_before: timestamp(view.notBefore),
    expiry: timestamp(view.notAfter),
    days_remaining: view.daysRemaining,
    fingerprint: view.fingerprint,
    serial: view.serial,
    key_type: view.keyType,
    certificate: view.certificatePem,
  };
}

export function authorityWire(view: AuthorityView): TypeOf<typeof authoritySchema> {
  return {
    ...certificateWire(view),
    generation: view.generation,
    device_certificates: view.deviceCertificates,
    still_trusted: view.stillTrusted,
  };
}

const pem = (description: string) => text({ max: limits.uploaded_pem_bytes_max, description });

/** PEM parts or a PKCS#12 file, as JSON or as multipart. */
export const uploadSchema = object(
  {
    certificate: optional(pem('PEM; its chain may follow in the same text')),
    private_key: optional(pem('PEM, not encrypted')),
    chain: optional(pem('PEM, each certificate signed by the next')),
    pkcs12: optional(
      text({
        max: Math.ceil(limits.pkcs12_bytes_max / 3) * 4,
        pattern: '^[A-Za-z0-9+/]+={0,2}$',
        description: 'Instead of the PEM parts: a PKCS#12 file; base64 in JSON, bytes in multipart',
      }),
    ),
    password: optional(text({ min: 0, max: 1_024, description: 'Of the PKCS#12 file' })),
  },
  {
    exactlyOne: [
      ['certificate', 'pkcs12'],
      ['private_key', 'pkcs12'],
    ],
  },
);
export const uploadParts = { files: ['pkcs12'] } as const;

export function uploadOf(wire: TypeOf<typeof uploadSchema>): UploadedParts {
  const { certificate = '', private_key: privateKeyPem = '', chain, pkcs12, password = '' } = wire;
  if (pkcs12 !== undefined) return { pkcs12: Buffer.from(pkcs12, 'base64'), password };
  return { certificatePem: certificate, privateKeyPem, ...(chain === undefined ? {} : { chainPem: chain }) };
}
