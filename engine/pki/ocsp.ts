/** The Online Certificate Status Protocol (RFC 6960): what a request asks, and the signed answer to it. */
import { createHash } from 'node:crypto';
import { limits } from '../limits.ts';
import { P256 } from './algorithms.ts';
import { wholeSeconds } from './authority.ts';
import type { StatusSigner } from './certificate.ts';
import { readOne, tag } from './der.ts';
import { type asn1, type ocsp, statusLibrary, webcrypto } from './library.ts';

/** Hashes that clients name an issuer by; SHA-1 is what nearly all of them use, and nothing rests on it here. */
const HASHES = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
} as const;

export interface AskedCertificate {
  readonly hash: (typeof HASHES)[keyof typeof HASHES];
  /** Hex of the hash of the issuer's name. */
  readonly issuerName: string;
  /** Hex of the hash of the issuer's key. */
  readonly issuerKey: string;
  /** Lower-case hex, as the records have it. */
  readonly serial: string;
  /** As it was asked: the answer repeats it. */
  readonly id: ocsp.CertID;
  /** Requests of one key, without a nonce, have one answer. */
  readonly key: string;
}

export interface StatusRequest {
  /** At least one. */
  readonly certificates: readonly AskedCertificate[];
  /** The nonce as its extension holds it; null when the client wants none. */
  readonly nonce: Uint8Array | null;
}

/** RFC 6960, section 2.2. */
export type CertificateStatus =
  | { readonly status: 'good' }
  /** Of no certificate that this issuer has issued. */
  | { readonly status: 'unknown' }
  | { readonly status: 'revoked'; readonly at: number; readonly reason: 'revoked' | 'superseded' };

/** Answers that need no signature (RFC 6960, section 2.3), by their number. */
const REFUSALS = { malformedRequest: 1, tryLater: 3, unauthorized: 6 } as const;

export function statusRefusal(reason: keyof typeof REFUSALS): Uint8Array {
  return Uint8Array.of(tag.sequence, 3, tag.enumerated, 1, REFUSALS[reason]);
}

/**
 * Who asks, and whether the request is signed, is not looked at: certificate status is no secret.
 * @returns null for what is no request, asks about none or too many, wants a critical extension that nobody here
 *   knows, or has a nonce outside of the bounds of RFC 9654
 */
export function readStatusRequest(der: Uint8Array): StatusRequest | null {
  if (der.length > limits.ocsp_request_bytes_max) return null;
  const { ocsp, schema } = statusLibrary();
  try {
    const { tbsRequest } = schema.AsnConvert.parse(Uint8Array.from(der).buffer, ocsp.OCSPRequest);
    const { version, requestList, requestExtensions = [] } = tbsRequest;
    const { length } = requestList;
    if (version !== ocsp.Version.v1 || length === 0 || length > limits.ocsp_certificates_max) return null;
    return {
      certificates: requestList.map(({ reqCert }) => askedOf(reqCert)),
      nonce: nonceOf(requestExtensions),
    };
  } catch {
    return null;
  }
}

function askedOf(id: ocsp.CertID): AskedCertificate {
  const { algorithm, parameters } = id.hashAlgorithm;
  const hash = HASHES[algorithm as keyof typeof HASHES];
  // Absent or NULL: anything else would be repeated under our signature.
  if (hash === undefined || (parameters !== undefined && parameters !== null))
    throw new Error('unknown hash');
  const issuerName = hex(id.issuerNameHash.buffer);
  const issuerKey = hex(id.issuerKeyHash.buffer);
  const serial = hex(id.serialNumber);
  const key = [hash, String(parameters), issuerName, issuerKey, serial].join(' ');
  return { hash, issuerName, issuerKey, serial, id, key };
}

function nonceOf(extensions: readonly asn1.Extension[]): Uint8Array | null {
  const { ocsp } = statusLibrary();
  let nonce: Uint8Array | null = null;
  for (const { extnID, critical, extnValue } of extensions) {
    if (extnID === ocsp.id_pkix_ocsp_nonce) {
      nonce = new Uint8Array(extnValue.buffer);
      const { length } = readOne(nonce, tag.octetString).contents;
      if (length < 1 || length > limits.ocsp_nonce_bytes_max) throw new Error('nonce out of bounds');
    } else if (critical) throw new Error('unknown critical extension');
  }
  return nonce;
}

/** Whether an issuer is the one whose certificate is asked about. */
export function isAskedIssuer(
  asked: AskedCertificate,
  issuer: { readonly name: Uint8Array; readonly key: Uint8Array },
): boolean {
  const digest = (bytes: Uint8Array): string => createHash(asked.hash).update(bytes).digest('hex');
  return asked.issuerName === digest(issuer.name) && asked.issuerKey === digest(issuer.key);
}

/**
 * @param answers one for each certificate asked about, in order
 * @param options.now epoch milliseconds at which they were true
 * @param options.until when they are to be asked for again
 */
export async function signStatus(
  signer: StatusSigner,
  answers: readonly (readonly [AskedCertificate, CertificateStatus])[],
  options: { readonly now: number; readonly until: number; readonly nonce: Uint8Array | null },
): Promise<Uint8Array> {
  const { ocsp, asn1, schema } = statusLibrary();
  const { nonce } = options;
  const now = new Date(wholeSeconds(options.now));
  const certificate = schema.AsnConvert.parse(Uint8Array.from(signer.certificate).buffer, asn1.Certificate);
  const { subjectPublicKey } = certificate.tbsCertificate.subjectPublicKeyInfo;
  const keyHash = createHash('sha1').update(new Uint8Array(subjectPublicKey)).digest();
  const data = new ocsp.ResponseData({
    responderID: new ocsp.ResponderID({ byKey: new ocsp.KeyHash(keyHash) }),
    producedAt: now,
    responses: answers.map(
      ([{ id }, status]) =>
        new ocsp.SingleResponse({
          certID: id,
          certStatus: statusOf(status),
          thisUpdate: now,
          nextUpdate: new Date(wholeSeconds(options.until)),
        }),
    ),
    ...(nonce === null ? {} : { responseExtensions: [nonceExtension(nonce)] }),
  });
  const signed = schema.AsnConvert.serialize(data);
  const signature = await webcrypto.subtle.sign(P256.signature, signer.signingKey, signed);
  const basic = new ocsp.BasicOCSPResponse({
    tbsResponseData: data,
    signatureAlgorithm: schema.AsnConvert.parse(
      Uint8Array.from(P256.identifier).buffer,
      asn1.AlgorithmIdentifier,
    ),
    signature: Uint8Array.from(P256.encode(new Uint8Array(signature))).buffer,
    certs: [certificate],
  });
  const response = new ocsp.OCSPResponse({
    responseStatus: ocsp.OCSPResponseStatus.successful,
    responseBytes: new ocsp.ResponseBytes({
      responseType: ocsp.id_pkix_ocsp_basic,
      response: new schema.OctetString(schema.AsnConvert.serialize(basic)),
    }),
  });
  return new Uint8Array(schema.AsnConvert.serialize(response));
}

function statusOf(status: CertificateStatus): ocsp.CertStatus {
  const { ocsp, asn1 } = statusLibrary();
  switch (status.status) {
    case 'good':
      return new ocsp.CertStatus({ good: null });
    case 'unknown':
      return new ocsp.CertStatus({ unknown: null });
    case 'revoked': {
      const { privilegeWithdrawn, superseded } = asn1.CRLReasons;
      const reason = new asn1.CRLReason(status.reason === 'revoked' ? privilegeWithdrawn : superseded);
      const revocationTime = new Date(wholeSeconds(status.at));
      return new ocsp.CertStatus({
        revoked: new ocsp.RevokedInfo({ revocationTime, revocationReason: reason }),
      });
    }
    default:
      return status satisfies never;
  }
}

function nonceExtension(nonce: Uint8Array): asn1.Extension {
  const { asn1, ocsp, schema } = statusLibrary();
  return new asn1.Extension({
    extnID: ocsp.id_pkix_ocsp_nonce,
    critical: false,
    extnValue: new schema.OctetString(nonce),
  });
}

function hex(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString('hex');
}
