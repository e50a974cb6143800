/** The vendor's health: known palms through every worker, and the verification server when there is one. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { isRight } from '../../engine/palm/check.ts';
import { palmModels } from '../../engine/palm/models.ts';
import { PLATFORM_TENANT, type WorkerCheck } from '../../engine/ports.ts';
import type { JsonObject, SettingRecord } from '../../engine/records.ts';
import type { HealthStatus, PalmHealth, ServerHealth } from '../api.ts';
import type { Context } from '../context.ts';
import { remoteMatcher } from './verification-server.ts';

const PALM_HEALTH = 'palm_health';

export const unknownServer: ServerHealth = {
  status: 'unknown',
  latencyMs: null,
  vendor: null,
  message: null,
};

/** As the last check left it, also one of before the last start; without the row's version. */
export async function lastHealth(context: Context): Promise<PalmHealth> {
  return read(await context.store.get('settings', { name: PALM_HEALTH }));
}

/** Checks, and keeps what came of it; a change of status is audited. */
export async function checkHealth(context: Context): Promise<void> {
  const { clock, deployment, store } = context;
  const deadline = clock.monotonic() + limits.match_deadline_ms;
  const [workers, server] = await Promise.all([context.matcher.check(deadline), checkServer(context)]);
  const health: PalmHealth = {
    status: worst([...workers.map(workerStatus), serverShare(server)]),
    checkedAt: clock.now(),
    latencyMs: Math.max(...workers.map((worker) => worker.latencyMs)),
    vendor: palmModels[deployment.palmModel].vendor,
    details: {
      workers: workers.map(workerDetails),
      verification_server: server === null ? null : serverDetails(server),
    },
  };
  const before = await store.get('settings', { name: PALM_HEALTH });
  const from = read(before).status;
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [{ upsert: 'settings', row: row(health, before) }],
    audit:
      from === health.status
        ? []
        : [
            {
              eventType: 'palm_health_changed',
              severity: health.status === 'healthy' ? 'info' : 'warning',
              actor: 'engine',
              details: { from, to: health.status, ...health.details },
            },
          ],
  });
}

/** Null when none is set. Never rejects. */
export async function checkServer(context: Context): Promise<ServerHealth | null> {
  if (context.deployment.verificationServer === null) return null;
  const startedAt = context.clock.monotonic();
  const took = (): number => Math.round(context.clock.monotonic() - startedAt);
  try {
    const { vendor } = await remoteMatcher(context).health();
    return { status: 'healthy', latencyMs: took(), vendor, message: null };
  } catch (error) {
    const message = error instanceof ThenarError ? error.message : 'It could not be asked.';
    return { status: 'unhealthy', latencyMs: took(), vendor: null, message };
  }
}

/** What the last check found out about the server. */
export function serverOf({ details }: PalmHealth): ServerHealth {
  const found = details.verification_server as JsonObject | null | undefined;
  if (found === null || found === undefined) return unknownServer;
  const { status, latency_ms: latencyMs, vendor, message } = found;
  return { status, latencyMs, vendor, message } as unknown as ServerHealth;
}

function workerStatus({ found, latencyMs }: WorkerCheck): HealthStatus {
  if (found === null || !isRight(found, palmModels.large.thresholds.fused)) return 'unhealthy';
  return latencyMs > limits.vendor_check_slow_ms ? 'degraded' : 'healthy';
}

/** Without its server the engine still recognises palms by itself. */
function serverShare(server: ServerHealth | null): HealthStatus {
  return server === null || server.status === 'healthy' ? 'healthy' : 'degraded';
}

function worst(all: readonly HealthStatus[]): HealthStatus {
  if (all.includes('unhealthy')) return 'unhealthy';
  return all.includes('degraded') ? 'degraded' : 'healthy';
}

function workerDetails({ worker, latencyMs, found, problem }: WorkerCheck): JsonObject {
  return {
    worker,
    latency_ms: latencyMs,
    genuine: found?.genuine.fused ?? null,
    impostor: found?.impostor.fused ?? null,
    problem,
  };
}

function serverDetails({ status, latencyMs, vendor, message }: ServerHealth): JsonObject {
  return { status, latency_ms: latencyMs, vendor, message };
}

function row(health: PalmHealth, before: SettingRecord | null): SettingRecord {
  const value = { ...health } as unknown as JsonObject;
  return { name: PALM_HEALTH, value, version: (before?.version ?? 0) + 1 };
}

function read(record: SettingRecord | null): PalmHealth {
  const nothing = {
    status: 'unknown',
    checkedAt: null,
    latencyMs: null,
    vendor: palmModels.large.vendor,
    details: {},
  } as const;
  return record === null ? nothing : (record.value as unknown as PalmHealth);
}
