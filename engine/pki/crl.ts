import { setImmediate } from 'node:timers/promises';
import { limits } from '../limits.ts';
import type { Authority } from './authority.ts';
import { objectIdentifier, tag, time, unsignedInteger, write } from './der.ts';
import { webcrypto } from './library.ts';

export interface RevokedCertificate {
  /** Lower-case hex. */
  readonly serial: string;
  /** Epoch milliseconds. */
  readonly deniedAt: number;
  readonly reason: 'revoked' | 'superseded';
}

/** CRLReason (RFC 5280, section 5.3.1): revoked by an administrator is privilegeWithdrawn. */
const REASONS = { revoked: reasonExtensions(9), superseded: reasonExtensions(4) } as const;

/**
 * Signs a version 2 revocation list (RFC 5280, section 5) as DER. It is written here rather than by the
 * certificate library because that compares every entry with every other one.
 * @param options.number grows with every list of one CA
 * @param revoked certificates of this CA only, each serial once
 */
export async function createCrl(
  authority: Authority,
  revoked: readonly RevokedCertificate[],
  options: { readonly now: number; readonly number: number },
): Promise<Uint8Array> {
  const { algorithm, signingKey } = authority;
  const entries: Uint8Array[] = [];
  for (const { serial, deniedAt, reason } of revoked) {
    const number = unsignedInteger(Buffer.from(serial, 'hex'));
    entries.push(write(tag.sequence, number, time(deniedAt), REASONS[reason]));
    // A long list takes a second to write; connections must not wait for it.
    if (entries.length % limits.crl_entries_per_turn === 0) await setImmediate();
  }
  const signed = write(
    tag.sequence,
    unsignedInteger(Uint8Array.of(1)),
    algorithm.identifier,
    authority.name,
    // As certificates are: verifiers allow lists no difference between clocks at all.
    time(options.now - limits.certificate_backdate_s * 1000),
    time(options.now + limits.crl_validity_s * 1000),
    // RFC 5280 wants the list of entries absent, not empty, when nothing is revoked.
    ...(entries.length === 0 ? [] : [write(tag.sequence, ...entries)]),
    write(
      tag.context[0],
      write(
        tag.sequence,
        extension('2.5.29.35', write(tag.sequence, write(0x80, Buffer.from(authority.keyIdentifier, 'hex')))),
        extension('2.5.29.20', unsignedInteger(bigEndian(options.number))),
      ),
    ),
  );
  const signature = new Uint8Array(await webcrypto.subtle.sign(algorithm.signature, signingKey, signed));
  const encoded = write(tag.bitString, Uint8Array.of(0), algorithm.encode(signature));
  return write(tag.sequence, signed, algorithm.identifier, encoded);
}

function extension(identifier: string, value: Uint8Array): Uint8Array {
  return write(tag.sequence, objectIdentifier(identifier), write(tag.octetString, value));
}

function reasonExtensions(code: number): Uint8Array {
  return write(tag.sequence, extension('2.5.29.21', write(tag.enumerated, Uint8Array.of(code))));
}

function bigEndian(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
