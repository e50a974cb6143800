/** Platform administration of palm recognition: thresholds, vendor health, palm model, verification server. */
import type { ThresholdsView, VerificationServerView } from '../../../../actors/api.ts';
import { limits } from '../../../../engine/limits.ts';
import type { PalmThresholdsRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  boolean,
  defined,
  freeform,
  integer,
  list,
  named,
  nullable,
  number,
  object,
  oneOf,
  optional,
  string,
  type TypeOf,
  text,
  time,
} from '../../../http/schema.ts';
import { invalid } from '../../../http/validate.ts';
import { timestamp } from '../../../wire/time.ts';

const score = number({ min: 0, max: 1 });
const model = oneOf('small', 'large');
const healthStatus = oneOf('unknown', 'healthy', 'degraded', 'unhealthy');
const momentOf = (at: number | null): string | null => (at === null ? null : timestamp(at));

const versionFields = {
  version: integer(),
  thresholds: list(score),
  fused_threshold: score,
  updated_at: time,
  updated_by: string,
};
const thresholdsSchema = named(
  'PalmThresholds',
  object({
    model,
    ...versionFields,
    scale: object({ min: number(), max: number() }),
    history: list(object(versionFields)),
  }),
);

function versionWire(record: PalmThresholdsRecord) {
  return {
    version: record.version,
    thresholds: record.thresholds,
    fused_threshold: record.fused,
    updated_at: timestamp(record.createdAt),
    updated_by: record.createdBy,
  };
}

function thresholdsWire({ active, history }: ThresholdsView): TypeOf<typeof thresholdsSchema> {
  return {
    model: active.model,
    ...versionWire(active),
    scale: { min: 0, max: 1 },
    history: history.map(versionWire),
  };
}

const serverSchema = object({
  url: nullable(string),
  api_key_set: boolean,
  timeout_ms: integer(),
  updated_at: nullable(time),
  updated_by: nullable(string),
  health: object({
    status: healthStatus,
    latency_ms: nullable(integer()),
    vendor: nullable(string),
    message: nullable(string),
  }),
});

function serverWire(view: VerificationServerView): TypeOf<typeof serverSchema> {
  return {
    url: view.url,
    api_key_set: view.apiKeySet,
    timeout_ms: view.timeoutMs,
    updated_at: momentOf(view.updatedAt),
    updated_by: view.updatedBy,
    health: {
      status: view.health.status,
      latency_ms: view.health.latencyMs,
      vendor: view.health.vendor,
      message: view.health.message,
    },
  };
}

export const palmAdminRoutes = [
  route({
    method: 'GET',
    path: '/v1/admin/palm/thresholds',
    operation: 'getPalmThresholds',
    summary: 'Thresholds of the active palm model in force, and the versions before them.',
    auth: 'platform',
    reply: thresholdsSchema,
    handle: async ({ api }) => ({ data: thresholdsWire(await api.palmAdmin.thresholds()) }),
  }),
  route({
    method: 'PUT',
    path: '/v1/admin/palm/thresholds',
    operation: 'setPalmThresholds',
    summary: 'New thresholds, one a score of the active model, or those of an earlier version again.',
    auth: 'platform',
    body: object(
      {
        thresholds: optional(list(score, { min: 1, max: 16 })),
        version: optional(integer({ min: 1 })),
        fused_threshold: optional(score),
      },
      { exactlyOne: [['thresholds', 'version']] },
    ),
    reply: thresholdsSchema,
    errors: ['not_found', 'version_conflict'],
    handle: async ({ api, call, body: { thresholds, version, fused_threshold: fused } }) => {
      const again = version === undefined ? null : { version };
      if (again !== null && fused !== undefined) {
        throw invalid([{ field: 'fused_threshold', message: 'comes with the version' }]);
      }
      const input = again ?? { thresholds: thresholds ?? [], ...defined({ fused }) };
      return { data: thresholdsWire(await api.palmAdmin.setThresholds(call, input)) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/admin/palm/health',
    operation: 'getPalmHealth',
    summary: 'What the last check of the palm vendor found.',
    auth: 'platform',
    reply: object({
      status: healthStatus,
      checked_at: nullable(time),
      latency_ms: nullable(integer()),
      vendor: string,
      details: freeform,
    }),
    handle: async ({ api }) => {
      const { status, checkedAt, latencyMs, vendor, details } = await api.palmAdmin.health();
      return {
        data: { status, checked_at: momentOf(checkedAt), latency_ms: latencyMs, vendor, details },
      };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/admin/palm/verification-server',
    operation: 'getVerificationServer',
    summary: 'The remote matcher of this deployment.',
    auth: 'platform',
    reply: serverSchema,
    handle: async ({ api }) => ({ data: serverWire(await api.palmAdmin.verificationServer()) }),
  }),
  route({
    method: 'PUT',
    path: '/v1/admin/palm/verification-server',
    operation: 'setVerificationServer',
    summary: 'Set the remote matcher; the reply says whether it answers.',
    auth: 'platform',
    body: object({
      url: optional(text({ max: 1_024, pattern: '^https?://' })),
      // The value becomes a header, so it is held to visible ASCII.
      api_key: optional(nullable(text({ max: 512, pattern: '^[\\x21-\\x7e]+$' }))),
      timeout_ms: optional(integer({ min: limits.remote_timeout_min_ms, max: limits.remote_timeout_max_ms })),
    }),
    reply: serverSchema,
    errors: ['version_conflict'],
    handle: async ({ api, call, body }) => {
      const input = defined({ url: body.url, apiKey: body.api_key, timeoutMs: body.timeout_ms });
      return { data: serverWire(await api.palmAdmin.setVerificationServer(call, input)) };
    },
  }),
];
