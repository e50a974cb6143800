/** PKCS#12 files (RFC 7292), in which operators get certificates from their own CA. */
import { createRequire } from 'node:module';
import type forge from 'node-forge';
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { refusedPart } from './refused.ts';

export interface Pkcs12Contents {
  /** DER, in the order of the file, which means nothing. */
  readonly certificates: readonly Uint8Array[];
  /** PKCS#8 DER. */
  readonly privateKey: Uint8Array;
}

/**
 * Reads the one private key of a PKCS#12 file, and its certificates.
 * @throws ThenarError `certificate_invalid` with the part: too large, unreadable or wrong password, no key, several
 */
export function readPkcs12(file: Uint8Array, password: string): Pkcs12Contents {
  if (file.length > limits.pkcs12_bytes_max) {
    throw refusedPart('pkcs12', 'too_large', `A PKCS#12 file has at most ${limits.pkcs12_bytes_max} bytes.`);
  }
  const { keyBag, pkcs8ShroudedKeyBag, certBag } = library().pki.oids;
  const bags = open(file, password);
  const keys = bags.filter(({ type }) => type === keyBag || type === pkcs8ShroudedKeyBag);
  const [key, another] = keys;
  if (key === undefined) throw refusedPart('pkcs12', 'no_key', 'The file holds no private key.');
  if (another !== undefined) {
    throw refusedPart('pkcs12', 'several_keys', 'The file holds more than one private key.');
  }
  return {
    privateKey: keyDer(key),
    certificates: bags.filter(({ type }) => type === certBag).map(certificateDer),
  };
}

/** Read when a file comes: years may pass without one. */
function library(): typeof forge {
  return createRequire(import.meta.url)('node-forge') as typeof forge;
}

function open(file: Uint8Array, password: string): forge.pkcs12.Bag[] {
  const forge = library();
  try {
    const asn1 = forge.asn1.fromDer(forge.util.createBuffer(Buffer.from(file).toString('binary')));
    if (iterationsIn(asn1) > limits.pkcs12_iterations_max) {
      const message = `The password of a PKCS#12 file may be stretched by ${limits.pkcs12_iterations_max} rounds.`;
      throw refusedPart('pkcs12', 'too_many_iterations', message);
    }
    const { safeContents } = forge.pkcs12.pkcs12FromAsn1(asn1, password);
    return safeContents.flatMap((contents) => contents.safeBags);
  } catch (cause) {
    if (cause instanceof ThenarError) throw cause;
    const message = 'The file is no PKCS#12 file, or the password is wrong.';
    throw refusedPart('pkcs12', 'unreadable', message, cause);
  }
}

/** Structures inside octet strings: contents in the file, bags in the contents, keys in the bags. */
const NESTED_MAX = 6;

/**
 * The largest number that may be a count of iterations: in MacData, PBES1 and PBES2 alike it follows the salt, which is
 * an octet string (RFC 7292 section 4, RFC 8018 appendix A). What is encrypted is not looked into: it has no counts.
 */
function iterationsIn(value: forge.asn1.Asn1, nested = 0): number {
  const forge = library();
  const { INTEGER, OCTETSTRING } = forge.asn1.Type;
  if (value.type === OCTETSTRING) {
    const inner = nested === NESTED_MAX ? null : derIn(textOf(value));
    return inner === null ? 0 : iterationsIn(inner, nested + 1);
  }
  if (typeof value.value === 'string') return 0;
  let most = 0;
  for (const [at, member] of value.value.entries()) {
    const follows = at > 0 && value.value[at - 1]?.type === OCTETSTRING;
    if (follows && member.type === INTEGER && typeof member.value === 'string') {
      const digits = Buffer.from(member.value, 'binary').toString('hex');
      most = Math.max(most, Number(`0x${digits === '' ? '0' : digits}`));
    } else most = Math.max(most, iterationsIn(member, nested));
  }
  return most;
}

/** In BER an octet string may be in pieces; the library puts them together when it looks into it. */
function textOf({ value }: forge.asn1.Asn1): string {
  return typeof value === 'string' ? value : value.map(textOf).join('');
}

function derIn(bytes: string): forge.asn1.Asn1 | null {
  const forge = library();
  try {
    return forge.asn1.fromDer(forge.util.createBuffer(bytes));
  } catch {
    return null;
  }
}

/** The library understands RSA; of other keys it hands out what was in the file. */
function keyDer({ key, asn1 }: forge.pkcs12.Bag): Uint8Array {
  const forge = library();
  return der(key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key)) : asn1);
}

function certificateDer({ cert, asn1 }: forge.pkcs12.Bag): Uint8Array {
  const forge = library();
  return der(cert ? forge.pki.certificateToAsn1(cert) : asn1);
}

function der(value: forge.asn1.Asn1): Uint8Array {
  return Buffer.from(library().asn1.toDer(value).getBytes(), 'binary');
}
