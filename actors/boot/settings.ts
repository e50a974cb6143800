/** Deployment-wide settings: read at start, made when they are not there yet. */
import { limits } from '../../engine/limits.ts';
import { palmModels } from '../../engine/palm/models.ts';
import type { PalmModel } from '../../engine/palm/types.ts';
import { type Clock, PLATFORM_TENANT, type Random, type Store, type Write } from '../../engine/ports.ts';
import type { Json, SettingRecord, VerificationServerSetting } from '../../engine/records.ts';
import type { Deployment } from '../context.ts';
import { PALM_MODEL, thresholdsInForce } from '../palms/thresholds.ts';
import { VERIFICATION_SERVER } from '../palms/verification-server.ts';

/** `clean` says that the engine before this one ended in order, so that scanners may resume where they were. */
interface EpochSetting {
  readonly epoch: string;
  readonly clean: boolean;
}

export async function readDeployment(
  { store, random, clock }: { readonly store: Store; readonly random: Random; readonly clock: Clock },
  config: { readonly publicUrl: string | null; readonly palmModel: PalmModel | null },
): Promise<Deployment> {
  const rows = await store.list('settings', {});
  const found = new Map(rows.map((row) => [row.name, row]));
  const kept = <T>(name: string, otherwise: T): T => (found.get(name)?.value as T | undefined) ?? otherwise;
  const isNew = !found.has('deployment_id');
  // Only a deployment that is being made chooses: later its palms are of one model, and a migration changes it.
  const palmModel = kept<PalmModel>(PALM_MODEL, isNew ? (config.palmModel ?? 'large') : 'large');
  const last = kept<EpochSetting | null>('epoch', null);
  const epoch = last?.clean === true ? last.epoch : random.uuid();
  const deploymentId = kept<string>('deployment_id', random.uuid());
  const writes: Write[] = [
    // Until the next orderly end this start counts as unclean.
    { upsert: 'settings', row: setting('epoch', { epoch, clean: false }, found) },
    ...shippedThresholds(clock.now()),
  ];
  if (isNew) writes.push({ insert: 'settings', row: setting('deployment_id', deploymentId, found) });
  if (!found.has(PALM_MODEL)) writes.push({ insert: 'settings', row: setting(PALM_MODEL, palmModel, found) });
  await store.commit({ tenantId: PLATFORM_TENANT, writes });
  const server = found.get(VERIFICATION_SERVER);
  return {
    publicUrl: config.publicUrl ?? '',
    issuer: config.publicUrl ?? `urn:thenar:${deploymentId}`,
    deploymentId,
    epoch,
    palmModel,
    thresholds: await thresholdsInForce(store, palmModel),
    verificationServer:
      server === undefined
        ? null
        : { ...(server.value as unknown as VerificationServerSetting), version: server.version },
    devicePolicy: kept<Deployment['devicePolicy']>('device_policy', {
      validityDays: limits.device_certificate_validity_days,
      renewalWindowDays: limits.device_certificate_renewal_window_days,
    }),
  };
}

/** The values that ship are version 1 of each model's history, whether it is in use or not. */
function shippedThresholds(now: number): Write[] {
  return (['large', 'small'] as const).map((model) => ({
    insert: 'palmThresholds',
    row: { model, ...palmModels[model].thresholds, createdAt: now, createdBy: 'engine' },
    conflict: 'ignore',
  }));
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
