/**
 * The little of DER (X.690) that certificate requests and revocation lists need. Reading is strict: definite,
 * minimal lengths only, so that one meaning has one encoding and nothing can hide behind the end of a value.
 */

export const tag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  sequence: 0x30,
  /** Context-specific and constructed, numbered 0 to 3. */
  context: [0xa0, 0xa1, 0xa2, 0xa3],
} as const;

export interface DerValue {
  readonly tag: number;
  /** The whole value with its tag and length. */
  readonly raw: Uint8Array;
  readonly contents: Uint8Array;
}

/** The input is not strict DER. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/**
 * Reads the values that follow each other in `bytes`, to its very end.
 * @throws DerError when a value is not strict DER, or there are more than `max` of them.
 */
export function readAll(bytes: Uint8Array, max: number): DerValue[] {
  const values: DerValue[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (values.length === max) throw new DerError('too many values');
    const value = readAt(bytes, offset);
    values.push(value);
    offset += value.raw.length;
  }
  return values;
}

/** Reads exactly one value of the given tag that fills `bytes`. @throws DerError otherwise. */
export function readOne(bytes: Uint8Array, expected: number): DerValue {
  const [value, ...rest] = readAll(bytes, 1);
  if (value === undefined || rest.length > 0 || value.tag !== expected)
    throw new DerError('unexpected value');
  return value;
}

/** The values inside a SEQUENCE. @throws DerError when `value` is no SEQUENCE or holds more than `max`. */
export function members(value: DerValue | undefined, max: number): DerValue[] {
  if (value === undefined || value.tag !== tag.sequence) throw new DerError('expected a sequence');
  return readAll(value.contents, max);
}

function readAt(bytes: Uint8Array, start: number): DerValue {
  const tagByte = bytes[start];
  const first = bytes[start + 1];
  if (tagByte === undefined || first === undefined || (tagByte & 0x1f) === 0x1f)
    throw new DerError('bad tag');
  let length = first;
  let header = 2;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets < 1 || octets > 3) throw new DerError('bad length');
    length = 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (bytes[start + 2 + i] ?? 0);
    header = 2 + octets;
    if (length < 0x80 || length < 256 ** (octets - 1)) throw new DerError('length is not minimal');
  }
  const end = start + header + length;
  if (end > bytes.length) throw new DerError('value is cut off');
  return { tag: tagByte, raw: bytes.subarray(start, end), contents: bytes.subarray(start + header, end) };
}

/** One value from its tag and the parts of its contents. */
export function write(tagByte: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const contents = Buffer.concat(parts);
  const { length } = contents;
  if (length < 0x80) return Buffer.concat([Uint8Array.of(tagByte, length), contents]);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return Buffer.concat([Uint8Array.of(tagByte, 0x80 | octets.length, ...octets), contents]);
}

/** INTEGER from its unsigned big-endian bytes. */
export function unsignedInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const magnitude = bytes.subarray(start);
  const needsSign = (magnitude[0] ?? 0) >= 0x80 || magnitude.length === 0;
  return write(tag.integer, needsSign ? Uint8Array.of(0) : new Uint8Array(0), magnitude);
}

/** OBJECT IDENTIFIER from its dotted form; each arc below 2^31. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    octets.push(...groups);
  }
  return write(tag.objectIdentifier, Uint8Array.from(octets));
}

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280, section 4.1.2.5); whole seconds. */
export function time(epochMs: number): Uint8Array {
  const digits = new Date(epochMs).toISOString().replace(/[-:T]|\.\d+/g, '');
  const year = Number(digits.slice(0, 4));
  return year < 2050
    ? write(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : write(0x18, Buffer.from(digits, 'latin1'));
}
