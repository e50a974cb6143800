import { createHash } from 'node:crypto';

/** PEM (RFC 7468) of DER bytes, with a final line feed. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/**
 * DER bytes of every PEM block with one of the labels, in order; null when a block is cut off or its base64 is not
 * canonical. Text around blocks is passed over, as RFC 7468 wants. Callers bound the length of `text`.
 */
export function decodePem(text: string, ...labels: readonly string[]): Uint8Array[] | null {
  const blocks: Uint8Array[] = [];
  let label: string | null = null;
  let base64 = '';
  for (const line of text.split(/\r?\n|\r/)) {
    const trimmed = line.trim();
    const boundary = /^-----(BEGIN|END) ([A-Z0-9 ]{1,64})-----$/.exec(trimmed);
    if (boundary === null) {
      if (label !== null) base64 += trimmed;
    } else if (boundary[1] === 'BEGIN') {
      if (label !== null) return null;
      label = boundary[2]!;
      base64 = '';
    } else {
      if (label === null || label !== boundary[2]) return null;
      if (labels.includes(label)) {
        const der = decodeBase64(base64);
        if (der === null) return null;
        blocks.push(der);
      }
      label = null;
    }
  }
  return label === null ? blocks : null;
}

function decodeBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64');
  // Node ignores what it cannot read; encoding again shows whether anything was ignored.
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : null;
}

/** Lower-case hex SHA-256 of a DER certificate: its name in the records and at every connection. */
export function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

/** Certificates from the leaf upwards as one PEM text (RFC 8555 order, which TLS libraries read). */
export function chainPem(...certificates: readonly string[]): string {
  return certificates.map((pem) => `${pem.trim()}\n`).join('');
}
