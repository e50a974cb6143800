/** The palm model of the deployment, and its migration from small to large. */
import type { MigrationView, PalmModelView } from '../../../../actors/api.ts';
import type { PalmMigrationUserRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  defined,
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
  time,
  uuid,
} from '../../../http/schema.ts';
import { pageAnswer, pageFields, pageOf } from '../../../wire/paging.ts';
import { timestamp } from '../../../wire/time.ts';

const share = number({ min: 0, max: 1 });
const migrationSchema = named(
  'PalmMigration',
  object({
    migration_id: uuid,
    status: oneOf('running', 'completed', 'failed', 'rolled_back'),
    phase: oneOf('copying', 'settling', 'restoring', 'removing', 'over'),
    min_share: share,
    total: integer(),
    done: integer(),
    migrated: integer(),
    needs_reenrolment: integer(),
    reason: nullable(string),
    started_at: time,
    started_by: string,
    finished_at: nullable(time),
  }),
);
const modelSchema = named(
  'PalmModel',
  object({
    model: oneOf('small', 'large'),
    scores: integer(),
    vendor: string,
    version: string,
    migration_status: oneOf('none', 'running', 'completed', 'failed', 'rolled_back'),
    migration: nullable(migrationSchema),
  }),
);

function modelWire(view: PalmModelView): TypeOf<typeof modelSchema> {
  const { migration } = view;
  return {
    model: view.model,
    scores: view.scores,
    vendor: view.vendor,
    version: view.version,
    migration_status: migration?.status ?? 'none',
    migration: migration === null ? null : migrationWire(migration),
  };
}

function migrationWire(view: MigrationView): TypeOf<typeof migrationSchema> {
  return {
    migration_id: view.migrationId,
    status: view.status,
    phase: view.phase,
    min_share: view.minShare,
    total: view.total,
    done: view.done,
    migrated: view.migrated,
    needs_reenrolment: view.needsReenrolment,
    reason: view.reason,
    started_at: timestamp(view.startedAt),
    started_by: view.startedBy,
    finished_at: view.finishedAt === null ? null : timestamp(view.finishedAt),
  };
}

const outcome = oneOf('migrated', 'needs_reenrolment');
const outcomeSchema = object({
  tenant_id: uuid,
  user_id: uuid,
  outcome,
  reason: nullable(string),
  feature_ids: list(uuid),
  decided_at: time,
});

function outcomeWire(record: PalmMigrationUserRecord): TypeOf<typeof outcomeSchema> {
  return {
    tenant_id: record.tenantId,
    user_id: record.userId,
    outcome: record.outcome,
    reason: record.reason,
    feature_ids: record.palmIds,
    decided_at: timestamp(record.at),
  };
}

export const palmModelRoutes = [
  route({
    method: 'GET',
    path: '/v1/admin/palm/model',
    operation: 'getPalmModel',
    summary: 'The active palm model, and how its migration stands.',
    auth: 'platform',
    reply: modelSchema,
    handle: async ({ api }) => ({ data: modelWire(await api.palmAdmin.model()) }),
  }),
  route({
    method: 'POST',
    path: '/v1/admin/palm/migrate',
    operation: 'migratePalmModel',
    summary:
      'Migrate from the small to the large palm model, or roll the last migration back; it goes on by itself.',
    auth: 'platform',
    status: 202,
    bodyOptional: true,
    body: object({ action: optional(oneOf('start', 'rollback')), min_share: optional(share) }),
    reply: modelSchema,
    errors: ['verification_server_unset', 'palm_migration_refused'],
    handle: async ({ api, call, body: { action, min_share: minShare } }) => {
      const view =
        action === 'rollback'
          ? await api.palmAdmin.rollBack(call)
          : await api.palmAdmin.migrate(call, defined({ minShare }));
      return { data: modelWire(view) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/admin/palm/migration',
    operation: 'listPalmMigration',
    summary: 'What the last migration decided, user by user.',
    auth: 'platform',
    envelope: 'list',
    query: object({ ...pageFields, outcome: optional(outcome) }),
    reply: list(outcomeSchema),
    handle: async ({ api, query }) => {
      const page = pageOf(query);
      const found = await api.palmAdmin.outcomes({ ...page, ...defined({ outcome: query.outcome }) });
      return pageAnswer(found, page, outcomeWire);
    },
  }),
];
