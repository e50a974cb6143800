import { asThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { parseJson } from '../http/body.ts';
import { invalid } from '../http/validate.ts';

/** What one frame held: the parsed JSON, and the payload that followed the header of a binary frame. */
export type Frame =
  | { readonly ok: true; readonly json: unknown; readonly payload: Uint8Array | null }
  | { readonly ok: false; readonly message: string };

const HEADER_LENGTH_BYTES = 4;
/** Fatal, because a replacement character would let two different headers read alike. A BOM is no JSON. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A text frame: one JSON value. The WebSocket layer has checked its UTF-8 already (RFC 6455 §8.1). */
export function readTextFrame(bytes: Uint8Array): Frame {
  return readJson(bytes, null);
}

/**
 * A binary frame: `uint32be header length | header JSON | payload` (CONTRACT: scanner protocol). The payload is a
 * view on the frame's bytes, not a copy.
 */
export function readBinaryFrame(bytes: Uint8Array): Frame {
  if (bytes.length < HEADER_LENGTH_BYTES)
    return broken('A binary frame begins with a four-byte header length.');
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset, HEADER_LENGTH_BYTES).getUint32(0);
  if (headerLength > limits.frame_header_bytes_max) {
    return broken(`The header of a binary frame has at most ${limits.frame_header_bytes_max} bytes.`);
  }
  const payloadAt = HEADER_LENGTH_BYTES + headerLength;
  if (payloadAt > bytes.length) return broken('The header of a binary frame ends after the frame.');
  return readJson(bytes.subarray(HEADER_LENGTH_BYTES, payloadAt), bytes.subarray(payloadAt));
}

function readJson(bytes: Uint8Array, payload: Uint8Array | null): Frame {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return broken('The message is not UTF-8.');
  }
  try {
    return { ok: true, json: parseJson(text, limits.json_containers_max), payload };
  } catch (error) {
    return broken(asThenarError(error).message);
  }
}

function broken(message: string): Frame {
  return { ok: false, message };
}

/** `@payload` is the whole payload; `@payload:offset:length` a part of it, for frames with several scans. */
const REFERENCE = /^@payload(?::(0|[1-9]\d{0,9}):(0|[1-9]\d{0,9}))?$/;

/** Bytes that the payload holds for a scan, by the scan's path: `scan` or `scans[2]`. */
export type PayloadParts = ReadonlyMap<string, Uint8Array>;
const noParts: PayloadParts = new Map();

/**
 * Finds the parts of the payload that `params.scan.data` and `params.scans[i].data` refer to, and leaves plain
 * `@payload` in their places. The parts may not add up to more than the payload, so that a small frame cannot ask
 * for the work of a large one.
 * @throws ThenarError `validation_failed` for a reference that is malformed or reaches beyond the payload
 */
export function takePayloadParts(params: unknown, payload: Uint8Array | null): PayloadParts {
  if (payload === null || !isObject(params)) return noParts;
  const parts = new Map<string, Uint8Array>();
  let bytesLeft = payload.length;
  for (const [path, scan] of scansIn(params)) {
    const { data } = scan;
    if (typeof data !== 'string' || !data.startsWith('@')) continue;
    const field = `${path}.data`;
    const match = REFERENCE.exec(data);
    if (match === null) {
      throw invalid([{ field, message: 'must be base64, @payload or @payload:offset:length' }]);
    }
    const offset = Number(match[1] ?? 0);
    const length = Number(match[2] ?? payload.length);
    if (offset + length > payload.length) throw invalid([{ field, message: 'reaches beyond the payload' }]);
    if (length > bytesLeft) throw invalid([{ field, message: 'shares the payload with another scan' }]);
    bytesLeft -= length;
    parts.set(path, payload.subarray(offset, offset + length));
    scan.data = '@payload';
  }
  return parts;
}

interface LooseScan {
  data?: unknown;
}
interface LooseParams {
  scan?: unknown;
  scans?: unknown;
}

function scansIn(params: LooseParams): (readonly [path: string, scan: LooseScan])[] {
  const found: (readonly [string, LooseScan])[] = [];
  if (isObject(params.scan)) found.push(['scan', params.scan]);
  if (Array.isArray(params.scans)) {
    for (const [index, scan] of params.scans.entries()) {
      if (isObject(scan)) found.push([`scans[${index}]`, scan]);
    }
  }
  return found;
}

function isObject(value: unknown): value is LooseScan & LooseParams {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
