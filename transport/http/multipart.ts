/** `multipart/form-data` (RFC 7578) to fields: what a browser's upload form sends. */
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import type { BusboyConstructor, BusboyInstance } from '@fastify/busboy';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * @param body within the route's bound already, so that no part can be larger
 * @param files parts that are bytes; they become base64, everything else UTF-8 text
 * @throws ThenarError malformed_body
 */
export async function readMultipart(
  body: Uint8Array,
  contentType: string,
  files: readonly string[],
): Promise<Record<string, string>> {
  const fields = new Map<string, string>();
  for (const [name, bytes] of await readParts(body, contentType)) {
    if (fields.has(name)) throw malformed(`The part ${name.slice(0, 64)} is given twice.`);
    if (name === '__proto__') throw malformed('The part __proto__ is forbidden.');
    fields.set(name, files.includes(name) ? bytes.toString('base64') : textOf(name, bytes));
  }
  return Object.fromEntries(fields);
}

function textOf(name: string, bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed(`The part ${name.slice(0, 64)} is not valid UTF-8.`);
  }
}

type Parts = readonly (readonly [name: string, bytes: Buffer])[];

/** Every part as bytes, whether it came with a file name or not. */
function readParts(body: Uint8Array, contentType: string): Promise<Parts> {
  return new Promise((resolve, reject) => {
    const parts: Promise<readonly [string, Buffer]>[] = [];
    const broken = (): void => reject(malformed('The body is not valid multipart/form-data.'));
    let parser: BusboyInstance;
    try {
      parser = makeParser(contentType);
    } catch {
      reject(malformed('The content type multipart/form-data must name its boundary.'));
      return;
    }
    parser.on('file', (name, stream) => {
      const part = collect(name ?? '', stream);
      // Waited for at the end; until then nobody hears of a part that breaks off.
      part.catch(() => undefined);
      parts.push(part);
    });
    parser.on('partsLimit', () =>
      reject(malformed(`The body has more than ${limits.multipart_parts_max} parts.`)),
    );
    parser.on('error', broken);
    parser.on('finish', () => {
      if (parts.length === 0) broken();
      else Promise.all(parts).then(resolve, broken);
    });
    parser.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  });
}

async function collect(name: string, stream: Readable): Promise<readonly [string, Buffer]> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return [name, Buffer.concat(chunks)];
}

/** The library is read with the first upload. @throws Error when the content type names no boundary */
function makeParser(contentType: string): BusboyInstance {
  const library = createRequire(import.meta.url)('@fastify/busboy') as {
    readonly Busboy: BusboyConstructor;
  };
  return new library.Busboy({
    headers: { 'content-type': contentType },
    isPartAFile: () => true,
    limits: {
      parts: limits.multipart_parts_max,
      headerPairs: limits.multipart_headers_max,
      headerSize: limits.multipart_header_bytes_max,
    },
  });
}

function malformed(message: string): ThenarError {
  return new ThenarError('malformed_body', message);
}
