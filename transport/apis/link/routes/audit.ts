/** The audit log: of a tenant, and of the platform itself. */
import type { SearchAudit, VerifiedPlace, VerifyPart } from '../../../../actors/api.ts';
import { limits } from '../../../../engine/limits.ts';
import { PLATFORM_TENANT } from '../../../../engine/ports.ts';
import type { AuditRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  defined,
  freeform,
  integer,
  list,
  named,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type TypeOf,
  text,
  time,
  uuid,
} from '../../../http/schema.ts';
import { invalid } from '../../../http/validate.ts';
import { pageAnswer, pageFields, pageOf, sortFields, sortOf } from '../../../wire/paging.ts';
import { moment, periodFields, periodOf } from '../../../wire/period.ts';
import { timestamp } from '../../../wire/time.ts';
import { administrators, readers } from '../roles.ts';

const severity = oneOf('info', 'warning', 'high');
/** On the wire, and as the record names them. */
const sortable = { created_at: 'at', event_type: 'eventType', severity: 'severity', actor: 'actor' } as const;

const recordSchema = named(
  'AuditRecord',
  object({
    /** Place in the chain of its tenant. */
    seq: integer(),
    event_type: string,
    severity,
    actor: string,
    user_id: nullable(uuid),
    created_at: time,
    details: freeform,
    /** SHA-256 over the record before it and this one, lower-case hex. */
    hash: string,
  }),
);

function recordWire(record: AuditRecord): TypeOf<typeof recordSchema> {
  return {
    seq: record.seq,
    event_type: record.eventType,
    severity: record.severity,
    actor: record.actor,
    user_id: record.userId,
    created_at: timestamp(record.at),
    details: record.details,
    hash: Buffer.from(record.hash).toString('hex'),
  };
}

const filterFields = {
  event_type: optional(text()),
  user_id: optional(text({ format: 'uuid' })),
  actor: optional(text()),
  severity: optional(severity),
  ...pageFields,
  ...sortFields(sortable),
};
const querySchema = object({ ...filterFields, ...periodFields });
const archiveSchema = object({ ...filterFields, date_from: moment, date_to: moment });

function searchOf(asked: TypeOf<typeof querySchema>): SearchAudit {
  const period = periodOf(asked.date_from, asked.date_to);
  const { from = 0, until = Number.POSITIVE_INFINITY } = period;
  if (until <= from) throw invalid([{ field: 'date_to', message: 'is before date_from' }]);
  return {
    ...pageOf(asked),
    ...sortOf(sortable, asked),
    ...period,
    ...defined({
      eventType: asked.event_type,
      userId: asked.user_id,
      actor: asked.actor,
      severity: asked.severity,
    }),
  };
}

/** Where a call ended, as the next one brings it: records, checkpoints and the hash of the last record. */
const place = text({ pattern: '^[0-9]{1,15}-[0-9]{1,15}-[0-9a-f]{64}$' });

const verificationSchema = named(
  'AuditVerification',
  object({
    /** `going`: ask again with `next`. */
    status: oneOf('going', 'stands', 'broken'),
    /** Records that stand, from the first. */
    records: integer(),
    /** Signed places among them that stand. */
    checkpoints: integer(),
    /** Place of the chain's last record when this was asked. */
    total: integer(),
    next: nullable(string),
    fault: nullable(
      object({
        seq: integer(),
        reason: oneOf('gap', 'hash', 'surplus', 'truncated', 'head', 'checkpoint', 'signature'),
      }),
    ),
  }),
);

function placeOf(wire: string | undefined): VerifiedPlace | null {
  if (wire === undefined) return null;
  const [records, checkpoints, hash = ''] = wire.split('-');
  return { records: Number(records), checkpoints: Number(checkpoints), head: Buffer.from(hash, 'hex') };
}

function verificationWire(part: VerifyPart): TypeOf<typeof verificationSchema> {
  if ('reached' in part) {
    const { records, checkpoints, head } = part.reached;
    const next = `${records}-${checkpoints}-${Buffer.from(head).toString('hex')}`;
    return { status: 'going', records, checkpoints, total: part.until, next, fault: null };
  }
  const { report } = part;
  return {
    status: report.ok ? 'stands' : 'broken',
    records: report.records,
    checkpoints: report.checkpoints,
    total: part.until,
    next: null,
    fault: report.ok ? null : { seq: report.seq, reason: report.reason },
  };
}

export const auditRoutes = [
  route({
    method: 'GET',
    path: '/v1/audit-logs',
    operation: 'listAuditLogs',
    summary: 'What was done and decided, newest first; without date_from the last twelve months.',
    auth: 'session',
    roles: readers,
    envelope: 'list',
    query: querySchema,
    reply: list(recordSchema),
    handle: async ({ api, call, query }) => {
      const asked = searchOf(query);
      return pageAnswer(await api.audit.search(call.tenantId, asked), asked, recordWire);
    },
  }),
  route({
    method: 'POST',
    path: '/v1/audit-logs/archive-search',
    operation: 'searchAuditArchive',
    summary: 'Search a period of the audit log, however long ago.',
    auth: 'session',
    roles: readers,
    envelope: 'list',
    body: archiveSchema,
    reply: list(recordSchema),
    handle: async ({ api, call, body }) => {
      const asked = searchOf(body);
      if ((asked.until ?? 0) - (asked.from ?? 0) > limits.audit_search_ms) {
        throw invalid([{ field: 'date_to', message: 'is more than ten years after date_from' }]);
      }
      return pageAnswer(await api.audit.search(call.tenantId, asked), asked, recordWire);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/audit-logs/verification',
    operation: 'verifyAuditLog',
    summary:
      'Verify the chain of the audit log, some thousand records a call: go on with `after` while it is `going`.',
    auth: 'session',
    roles: administrators,
    query: object({ after: optional(place) }),
    reply: verificationSchema,
    handle: async ({ api, call, query }) => ({
      data: verificationWire(await api.audit.verify(call.tenantId, placeOf(query.after))),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/admin/audit-logs/verification',
    operation: 'verifyPlatformAuditLog',
    summary: 'The same of the platform’s chain.',
    auth: 'platform',
    query: object({ after: optional(place) }),
    reply: verificationSchema,
    handle: async ({ api, query }) => ({
      data: verificationWire(await api.audit.verify(PLATFORM_TENANT, placeOf(query.after))),
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/admin/audit-logs',
    operation: 'listPlatformAuditLogs',
    summary: 'What was done to the deployment itself: tenants, certificates, keys, thresholds.',
    auth: 'platform',
    envelope: 'list',
    query: querySchema,
    reply: list(recordSchema),
    handle: async ({ api, query }) => {
      const asked = searchOf(query);
      return pageAnswer(await api.audit.search(PLATFORM_TENANT, asked), asked, recordWire);
    },
  }),
];
