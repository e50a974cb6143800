import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/**
 * A shard file: `THNSHARD`, uint32be header length, header as JSON, then chunks of uint32be length, AES-256-GCM
 * ciphertext and its tag. The nonce is the chunk's number, for each file has a key of its own; the additional data
 * is the header's SHA-256 and the number, so chunks can be neither moved, dropped nor taken from another file. The
 * last chunk says that it is the last, so a cut file is noticed. The tags are the checksum.
 */
export interface ShardHeader {
  /** Raised whenever the meaning of a chunk changes; another number means rebuild. */
  readonly format: number;
  readonly model: string;
  readonly tenantId: string;
  /** Names the file's key; never used twice. */
  readonly generation: string;
  /** The generation this file replaced, whose key must be gone. */
  readonly replaces: string | null;
  /** Log position covered. */
  readonly position: number;
}

export const SHARD_FORMAT = 1;

/** What a chunk holds; its first byte. */
export const chunkKind = { graph: 1, graphEnd: 2, records: 3, stale: 4, end: 5, rotation: 6 } as const;

/** Plain bytes of a chunk: small enough to stream, large enough that tags and calls cost nothing. */
export const CHUNK_BYTES = 1024 * 1024;
const CHUNK_BYTES_MAX = CHUNK_BYTES + 64 * 1024;
const HEADER_BYTES_MAX = 4096;
const MAGIC = Buffer.from('THNSHARD');
const TAG_BYTES = 16;

/** The file cannot be used; the shard is rebuilt from the log. Never leaves this folder's callers as it is. */
export class ShardFileError extends Error {
  override readonly name = 'ShardFileError';
}

function nonceOf(number: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(number), 4);
  return nonce;
}

function additionalOf(digest: Buffer, number: number): Buffer {
  const additional = Buffer.alloc(digest.length + 8);
  digest.copy(additional);
  additional.writeBigUInt64BE(BigInt(number), digest.length);
  return additional;
}

export class ShardWriter {
  readonly #file: number;
  readonly #key: Uint8Array;
  readonly #digest: Buffer;
  #number = 0;
  #bytes = 0;

  /** Creates `path`, mode 0600; it must not exist. @param key 32 bytes, of this file alone */
  constructor(path: string, header: ShardHeader, key: Uint8Array) {
    const json = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(json.length);
    this.#key = key;
    this.#digest = createHash('sha256').update(json).digest();
    this.#file = openSync(path, 'wx', 0o600);
    this.#write(Buffer.concat([MAGIC, length, json]));
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @param parts together at most {@link CHUNK_BYTES} and a little */
  chunk(kind: number, ...parts: Uint8Array[]): void {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonceOf(this.#number));
    cipher.setAAD(additionalOf(this.#digest, this.#number));
    this.#number += 1;
    const sealed = [
      cipher.update(Buffer.of(kind)),
      ...parts.map((part) => cipher.update(part)),
      cipher.final(),
    ];
    const body = Buffer.concat([Buffer.alloc(4), ...sealed, cipher.getAuthTag()]);
    body.writeUInt32BE(body.length - 4);
    this.#write(body);
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(bytes: Buffer): void {
    for (let from = 0; from < bytes.length; ) from += writeSync(this.#file, bytes, from);
    this.#bytes += bytes.length;
  }
}

export class ShardReader {
  readonly header: ShardHeader;
  readonly #file: number;
  readonly #key: Uint8Array;
  readonly #digest: Buffer;
  #number = 0;

  /** @throws ShardFileError when there is no file, or no header of ours */
  constructor(path: string, key: Uint8Array) {
    this.#key = key;
    try {
      this.#file = openSync(path, 'r');
    } catch (cause) {
      throw new ShardFileError('no shard file', { cause });
    }
    try {
      const { header, json } = readHeader(this.#file);
      this.header = header;
      this.#digest = createHash('sha256').update(json).digest();
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  /** The next chunk. @throws ShardFileError when it is cut or was tampered with */
  next(): { readonly kind: number; readonly bytes: Buffer } {
    const length = readExactly(this.#file, 4).readUInt32BE();
    if (length <= TAG_BYTES || length > CHUNK_BYTES_MAX)
      throw new ShardFileError('chunk length out of range');
    const sealed = readExactly(this.#file, length);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonceOf(this.#number));
    decipher.setAAD(additionalOf(this.#digest, this.#number));
    decipher.setAuthTag(sealed.subarray(length - TAG_BYTES));
    this.#number += 1;
    const plain = decipher.update(sealed.subarray(0, length - TAG_BYTES));
    try {
      decipher.final();
    } catch (cause) {
      throw new ShardFileError('chunk is not authentic', { cause });
    }
    return { kind: plain[0]!, bytes: plain.subarray(1) };
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The header of a shard file, unauthenticated: enough to find its key. Null when there is no usable one. */
export function peekShardHeader(path: string): ShardHeader | null {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return null;
  }
  try {
    return readHeader(file).header;
  } catch {
    return null;
  } finally {
    closeSync(file);
  }
}

function readHeader(file: number): { header: ShardHeader; json: Buffer } {
  const start = readExactly(file, MAGIC.length + 4);
  if (!start.subarray(0, MAGIC.length).equals(MAGIC)) throw new ShardFileError('not a shard file');
  const length = start.readUInt32BE(MAGIC.length);
  if (length > HEADER_BYTES_MAX) throw new ShardFileError('header too long');
  const json = readExactly(file, length);
  let header: ShardHeader;
  try {
    header = JSON.parse(json.toString()) as ShardHeader;
  } catch (cause) {
    throw new ShardFileError('header is not JSON', { cause });
  }
  if (typeof header?.generation !== 'string' || typeof header.position !== 'number') {
    throw new ShardFileError('header is incomplete');
  }
  return { header, json };
}

function readExactly(file: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let from = 0; from < length; ) {
    const read = readSync(file, bytes, from, length - from, null);
    if (read === 0) throw new ShardFileError('file ends early');
    from += read;
  }
  return bytes;
}
