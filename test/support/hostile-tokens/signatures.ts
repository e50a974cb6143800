/** Signatures that are none. */
import { sign } from 'node:crypto';
import { forge, type Genuine, partsOf, type Tokens } from './genuine.ts';

export function signatures(genuine: Genuine): Tokens {
  const { parts } = partsOf(genuine);
  const [header, payload, text] = parts;
  const bytes = Buffer.from(text, 'base64url');
  const flipped = Buffer.from(bytes);
  flipped[7] = (flipped[7] ?? 0) ^ 1;
  const made: Record<string, Uint8Array> = {
    empty: Buffer.alloc(0),
    'cut by a byte': bytes.subarray(0, -1),
    'without its first byte': bytes.subarray(1),
    'cut in half': bytes.subarray(0, bytes.length / 2),
    'a byte longer': Buffer.concat([bytes, Buffer.of(0)]),
    'a byte before it': Buffer.concat([Buffer.of(0), bytes]),
    twice: Buffer.concat([bytes, bytes]),
    'one bit flipped': flipped,
    reversed: Buffer.from(bytes).reverse(),
    'all zero': Buffer.alloc(bytes.length),
    'all one': Buffer.alloc(bytes.length, 0xff),
    'of another payload': Buffer.from(
      forge(genuine, genuine.header, { a: 1 }).split('.')[2] ?? '',
      'base64url',
    ),
  };
  if (genuine.alg === 'ES256') {
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const [r, s] = [bytes.subarray(0, 32), bytes.subarray(32)];
    const [zero, one] = [Buffer.alloc(32), Buffer.concat([Buffer.alloc(31), Buffer.of(1)])];
    // Of CVE-2022-21449 and the group's edges.
    Object.assign(made, {
      'r and s zero': Buffer.concat([zero, zero]),
      'r zero': Buffer.concat([zero, s]),
      's zero': Buffer.concat([r, zero]),
      'r and s one': Buffer.concat([one, one]),
      'r and s the order': Buffer.concat([order, order]),
      'r beyond the order': Buffer.concat([Buffer.alloc(32, 0xff), s]),
      'r and s exchanged': Buffer.concat([s, r]),
      'in DER': sign('sha256', Buffer.from(`${header}.${payload}`), genuine.key),
    });
  }
  return Object.fromEntries(
    Object.entries(made).map(([name, value]) => [
      `signature: ${name}`,
      `${header}.${payload}.${Buffer.from(value).toString('base64url')}`,
    ]),
  );
}
