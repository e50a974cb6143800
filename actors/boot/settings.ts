/** Deployment-wide settings: read at start, made when they are not there yet. */
import { limits } from '../../engine/limits.ts';
import { defaultReportedThresholds, defaultThresholds } from '../../engine/palm/thresholds.ts';
import type { ThresholdSet } from '../../engine/palm/types.ts';
import { PLATFORM_TENANT, type Random, type Store, type Write } from '../../engine/ports.ts';
import type { Json, SettingRecord } from '../../engine/records.ts';
import type { Deployment } from '../context.ts';

/** `clean` says that the engine before this one ended in order, so that scanners may resume where they were. */
interface EpochSetting {
  readonly epoch: string;
  readonly clean: boolean;
}

export async function readDeployment(
  store: Store,
  random: Random,
  publicUrl: string | null,
): Promise<Deployment> {
  const rows = await store.list('settings', {});
  const found = new Map(rows.map((row) => [row.name, row]));
  const kept = <T>(name: string, otherwise: T): T => (found.get(name)?.value as T | undefined) ?? otherwise;
  const palmModel = kept<Deployment['palmModel']>('palm_model', 'large');
  const last = kept<EpochSetting | null>('epoch', null);
  const epoch = last?.clean === true ? last.epoch : random.uuid();
  const deploymentId = kept<string>('deployment_id', random.uuid());
  const writes: Write[] = [
    // Until the next orderly end this start counts as unclean.
    { upsert: 'settings', row: setting('epoch', { epoch, clean: false }, found) },
  ];
  if (!found.has('deployment_id')) {
    writes.push({ insert: 'settings', row: setting('deployment_id', deploymentId, found) });
  }
  await store.commit({ tenantId: PLATFORM_TENANT, writes });
  return {
    issuer: publicUrl ?? `urn:thenar:${deploymentId}`,
    deploymentId,
    epoch,
    palmModel,
    thresholds: kept<ThresholdSet>(
      `palm_thresholds_${palmModel}`,
      palmModel === 'large' ? defaultThresholds : defaultReportedThresholds,
    ),
    devicePolicy: kept<Deployment['devicePolicy']>('device_policy', {
      validityDays: limits.device_certificate_validity_days,
      renewalWindowDays: limits.device_certificate_renewal_window_days,
    }),
  };
}

/** Everything was written: scanners resume in this epoch after the next start. */
export async function markCleanEnd(store: Store, deployment: Deployment): Promise<void> {
  const value = { epoch: deployment.epoch, clean: true };
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [{ upsert: 'settings', row: setting('epoch', value, new Map()) }],
  });
}

function setting(name: string, value: Json, found: ReadonlyMap<string, SettingRecord>): SettingRecord {
  return { name, value, version: (found.get(name)?.version ?? 0) + 1 };
}
