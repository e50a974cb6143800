/** Palm data on the wire (CONTRACT: palm data on the wire), shared by REST and the scanner socket. */
import { limits } from '../../engine/limits.ts';
import type { Scan } from '../../engine/palm/types.ts';
import {
  boolean,
  constant,
  defined,
  integer,
  list,
  named,
  number,
  object,
  oneOf,
  optional,
  string,
  type TypeOf,
  text,
  variants,
} from '../http/schema.ts';
import { invalid, validator } from '../http/validate.ts';

/** Stands in `data` for the payload of a binary frame. */
const PAYLOAD = '@payload';

const facts = {
  palm_type: oneOf('left', 'right'),
  quality: optional(number({ min: 0, max: 1 })),
  liveness: optional(object({ score: number({ min: 0, max: 1 }) })),
};
const side = integer({ min: limits.image_side_min, max: limits.image_side_max });

export const scanSchema = named(
  'Scan',
  variants(
    'format',
    named(
      'ImageScan',
      object({
        format: constant('image'),
        encoding: oneOf('png', 'raw8'),
        width: side,
        height: side,
        data: string,
        ...facts,
      }),
    ),
    named(
      'TemplateScan',
      object({ format: constant('template'), model: text({ max: 64 }), data: string, ...facts }),
    ),
    named(
      'ResultScan',
      object({
        format: constant('result'),
        matched: boolean,
        scores: list(number({ min: 0, max: 1 }), { min: 1, max: 16 }),
        feature_id: text({ max: limits.feature_id_bytes_max }),
        user_ref: optional(text()),
        ...facts,
      }),
    ),
  ),
);
export type ScanWire = TypeOf<typeof scanSchema>;

/** Fields of a body that takes one scan or several. */
export const scanFields = {
  scan: optional(scanSchema),
  scans: optional(list(scanSchema, { min: 1, max: limits.scans_per_enrolment_max })),
};
export const exactlyOneScan = ['scan', 'scans'] as const;

const scansSchema = object(scanFields, { exactlyOne: [exactlyOneScan] });
const validateScans = validator(scansSchema);
const singleSchema = object({ scan: scanSchema });
const validateSingle = validator(singleSchema);

/**
 * Scans of an unvalidated object with `scan` or `scans`.
 * @param payload of the binary frame that carried the object; at most one scan may name it.
 * @throws ThenarError validation_failed
 */
export function parseScans(value: unknown, payload?: Uint8Array): Scan[] {
  return scansOf(validateScans(value), payload);
}

/** As {@link parseScans} for an object with exactly one `scan`. */
export function parseScan(value: unknown, payload?: Uint8Array): Scan {
  return scanOf(validateSingle(value).scan, 'scan', payload);
}

/** Scans of a body that passed its schema. @throws ThenarError validation_failed */
export function scansOf(body: TypeOf<typeof scansSchema>, payload?: Uint8Array): Scan[] {
  if (body.scan !== undefined) return [scanOf(body.scan, 'scan', payload)];
  const scans = body.scans ?? [];
  const users = scans.flatMap((scan, at) => ('data' in scan && scan.data === PAYLOAD ? [at] : []));
  if (users.length > 1) {
    throw invalid(
      users.map((at) => ({ field: `scans[${at}].data`, message: 'shares the payload with another scan' })),
    );
  }
  return scans.map((scan, at) => scanOf(scan, `scans[${at}]`, payload));
}

/** @param at path of the scan in its body, for the error's field. */
export function scanOf(wire: ScanWire, at: string, payload?: Uint8Array): Scan {
  const capture = {
    palmType: wire.palm_type,
    ...defined({ quality: wire.quality, liveness: wire.liveness }),
  };
  switch (wire.format) {
    case 'image': {
      const { format, encoding, width, height } = wire;
      const data = bytesOf(wire.data, `${at}.data`, payload);
      if (encoding === 'raw8' && data.length !== width * height) {
        const message = `must be width x height = ${width * height} bytes, has ${data.length}`;
        throw invalid([{ field: `${at}.data`, message }]);
      }
      return { format, encoding, width, height, data, ...capture };
    }
    case 'template':
      return {
        format: wire.format,
        model: wire.model,
        data: bytesOf(wire.data, `${at}.data`, payload),
        ...capture,
      };
    case 'result':
      return {
        format: wire.format,
        matched: wire.matched,
        scores: wire.scores,
        featureId: wire.feature_id,
        ...defined({ userRef: wire.user_ref }),
        ...capture,
      };
    default:
      return wire satisfies never;
  }
}

function bytesOf(data: string, field: string, payload: Uint8Array | undefined): Uint8Array {
  const bytes = data === PAYLOAD && payload !== undefined ? payload : decodeBase64(data);
  if (bytes === null) throw invalid([{ field, message: 'must be standard base64 with padding' }]);
  if (bytes.length === 0) throw invalid([{ field, message: 'must not be empty' }]);
  return bytes;
}

/**
 * Strict standard base64 (RFC 4648 section 4): with padding, without white space or the URL alphabet. Node's
 * decoder skips what it does not know, so anything skipped shows as a length too short.
 */
export function decodeBase64(encoded: string): Uint8Array | null {
  if (encoded.length % 4 !== 0 || encoded.includes('-') || encoded.includes('_')) return null;
  const padding = encoded.endsWith('==') ? 2 : encoded.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.length === (encoded.length / 4) * 3 - padding ? bytes : null;
}
