import type { EngineApi, PalmModelView, VerificationServerView } from '../../../actors/api.ts';
import type { PalmMigrationUserRecord, PalmThresholdsRecord } from '../../../engine/records.ts';
import { at, id } from '../fake-records.ts';
import type { Said } from './said.ts';

const thresholds: PalmThresholdsRecord = {
  model: 'large',
  version: 2,
  thresholds: [0.7, 0.7],
  fused: 0.7,
  createdAt: at,
  createdBy: `console/${id.person}`,
};

const view: PalmModelView = {
  model: 'large',
  scores: 10,
  vendor: 'thenar-reference',
  version: 'thenar-palm-1',
  migration: {
    migrationId: id.erasure,
    status: 'completed',
    phase: 'over',
    minShare: 0.95,
    total: 3,
    done: 3,
    migrated: 2,
    needsReenrolment: 1,
    reason: null,
    startedAt: at,
    startedBy: `console/${id.person}`,
    finishedAt: at,
  },
};

const outcome: PalmMigrationUserRecord = {
  migrationId: id.erasure,
  userId: id.user,
  tenantId: id.tenant,
  outcome: 'migrated',
  reason: null,
  palmIds: [id.palm],
  at,
};

const server: VerificationServerView = {
  url: 'https://verify.example.com',
  apiKeySet: true,
  timeoutMs: 5_000,
  updatedAt: at,
  updatedBy: `console/${id.person}`,
  health: { status: 'unhealthy', latencyMs: 12, vendor: null, message: 'It does not answer.' },
};

export function fakePalmAdmin(said: Said): EngineApi['palmAdmin'] {
  const asThresholds = () => ({ active: thresholds, history: [thresholds] });
  return {
    thresholds: said('palmAdmin.thresholds', asThresholds),
    setThresholds: said('palmAdmin.setThresholds', asThresholds),
    health: said('palmAdmin.health', () => ({
      status: 'healthy' as const,
      checkedAt: at,
      latencyMs: 9,
      vendor: 'thenar-reference',
      details: { workers: [] },
    })),
    model: said('palmAdmin.model', () => view),
    verificationServer: said('palmAdmin.verificationServer', () => server),
    migrate: said('palmAdmin.migrate', () => view),
    rollBack: said('palmAdmin.rollBack', () => view),
    outcomes: said('palmAdmin.outcomes', () => ({ rows: [outcome], total: 1 })),
    setVerificationServer: said('palmAdmin.setVerificationServer', () => server),
  };
}
