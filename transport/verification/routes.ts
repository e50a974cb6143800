/** The protocol of docs/verification-server.md as a table. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { compareCode } from '../../engine/palm/compare.ts';
import { palmModel, palmVendor, uprightTurn } from '../../engine/palm/model.ts';
import { verificationProtocol } from '../../engine/palm/remote.ts';
import { decodeTemplate, encodeProbe, encodeTemplate } from '../../engine/palm/template.ts';
import { scoreCount } from '../../engine/palm/thresholds.ts';
import type { PalmProbe, Scan } from '../../engine/palm/types.ts';
import { readProbe } from '../../engine/pool/scans.ts';
import { type Route, route } from '../http/route.ts';
import {
  boolean,
  constant,
  integer,
  list,
  number,
  object,
  oneOf,
  string,
  type TypeOf,
  text,
  uuid,
} from '../http/schema.ts';
import { invalid } from '../http/validate.ts';
import { decodeBase64, scanOf, scanSchema } from '../wire/scan.ts';
import type { FeatureName, Features } from './features.ts';

const bodyBytesMax = limits.scan_body_bytes_max;
const root = `/${verificationProtocol}`;
/** A template is 2 KiB, a probe 6; base64 adds a third. */
const templateText = text({ max: 16 * 1_024 });
const nameSchema = object({ tenant_id: uuid, palm_type: oneOf('left', 'right') });
const words = ['feature_id'];

export function verificationRoutes(features: Features): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: `${root}/health`,
      operation: 'health',
      summary: 'Ready, and of which model.',
      auth: 'operator',
      reply: object({ status: constant('ok'), vendor: string, model: string, scores: integer() }),
      handle: () => ({
        data: { status: 'ok' as const, vendor: palmVendor, model: palmModel, scores: scoreCount },
      }),
    }),
    route({
      method: 'POST',
      path: `${root}/extract`,
      operation: 'extract',
      summary: 'The template of one scan.',
      auth: 'operator',
      bodyBytesMax,
      body: object({ scan: scanSchema }),
      reply: object({ model: string, template: string, quality: number() }),
      handle: ({ body }) => {
        const probe = probeOf(scanOf(body.scan, 'scan'));
        return {
          data: { model: palmModel, template: base64(encodeProbe(probe)), quality: probe.quality.overall },
        };
      },
    }),
    route({
      method: 'POST',
      path: `${root}/compare`,
      operation: 'compare',
      summary: 'One scan against each of several templates.',
      auth: 'operator',
      bodyBytesMax,
      body: object({
        probe: scanSchema,
        templates: list(templateText, { min: 1, max: limits.remote_templates_max }),
      }),
      reply: object({
        model: string,
        vendor: string,
        comparisons: list(object({ scores: list(number()), fused: number() })),
      }),
      handle: ({ body }) => {
        const codes = body.templates.map(
          (each, at) => decodeTemplate(bytesOf(each, `templates[${at}]`)).code,
        );
        const probe = probeOf(scanOf(body.probe, 'probe'));
        const comparisons = codes.map((code) => compareCode(probe, code));
        return { data: { model: palmModel, vendor: palmVendor, comparisons } };
      },
    }),
    route({
      method: 'GET',
      path: `${root}/features/{feature_id}`,
      operation: 'getFeature',
      summary: 'Templates of a palm that a device enrolled under this name.',
      auth: 'operator',
      words,
      query: nameSchema,
      reply: object({ feature_id: string, model: string, templates: list(string) }),
      handle: async ({ params, query }) => {
        const name = nameOf(params.feature_id, query);
        const feature = await features.find(name);
        if (feature === null) throw unknown(name);
        return {
          data: { feature_id: name.featureId, model: palmModel, templates: feature.templates.map(base64) },
        };
      },
    }),
    route({
      method: 'PUT',
      path: `${root}/features/{feature_id}`,
      operation: 'putFeature',
      summary: 'Keep a palm under the name that its device gave it.',
      auth: 'operator',
      words,
      bodyBytesMax,
      query: nameSchema,
      body: object({ scans: list(scanSchema, { min: 1, max: limits.remote_feature_scans_max }) }),
      reply: object({ feature_id: string, model: string, templates: integer() }),
      handle: async ({ params, query, body }) => {
        const name = nameOf(params.feature_id, query);
        const scans = body.scans.map((wire, at) => scanOf(wire, `scans[${at}]`));
        const templates = scans.map((scan) => {
          const { vector, codes } = probeOf(scan);
          return encodeTemplate({ vector, code: codes[codes.length > 1 ? uprightTurn : 0]! });
        });
        await features.put({ ...name, templates });
        return { data: { feature_id: name.featureId, model: palmModel, templates: templates.length } };
      },
    }),
    route({
      method: 'DELETE',
      path: `${root}/features/{feature_id}`,
      operation: 'deleteFeature',
      summary: 'Forget a palm.',
      auth: 'operator',
      words,
      query: nameSchema,
      reply: object({ feature_id: string, deleted: boolean }),
      handle: async ({ params, query }) => {
        const name = nameOf(params.feature_id, query);
        if (!(await features.remove(name))) throw unknown(name);
        return { data: { feature_id: name.featureId, deleted: true } };
      },
    }),
  ];
}

function nameOf(featureId: string | undefined, query: TypeOf<typeof nameSchema>): FeatureName {
  if (featureId === undefined || featureId === '' || featureId.length > limits.feature_id_bytes_max) {
    throw new ThenarError('not_found', 'There is no such feature.');
  }
  return { featureId, tenantId: query.tenant_id.toLowerCase(), hand: query.palm_type };
}

function unknown({ hand }: FeatureName): ThenarError {
  return new ThenarError('not_found', `There is no such feature of a ${hand} palm.`);
}

/** @throws ThenarError what a scan is refused for */
function probeOf(scan: Scan): PalmProbe {
  const probe = readProbe(scan);
  if (probe.ok) return probe.value;
  const { code, message, details } = probe;
  throw new ThenarError(code, message, details === undefined ? {} : { details });
}

function bytesOf(encoded: string, field: string): Uint8Array {
  const bytes = decodeBase64(encoded);
  if (bytes === null) throw invalid([{ field, message: 'must be standard base64 with padding' }]);
  return bytes;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
