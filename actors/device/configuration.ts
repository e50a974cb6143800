/** What a scanner is told of its tenant's settings and of its own. */
import { scannerConfig } from '../../engine/identity/tenant.ts';
import { limits } from '../../engine/limits.ts';
import type { DeviceRecord, JsonObject } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import type { Self } from '../kernel/types.ts';
import { sendPush } from './challenges.ts';
import type { DeviceMessage, PushBody } from './protocol.ts';
import type { DeviceState } from './state.ts';

/** What it may show of itself and what it is bound to. */
function ownConfig(device: DeviceRecord): JsonObject {
  return {
    device_name: device.deviceName,
    location: device.location,
    device_class: device.deviceClass,
    bound_product: device.boundProduct,
    bound_action: device.boundAction,
  };
}

export function configUpdate(device: DeviceRecord): PushBody {
  return { method: 'config.update', config: ownConfig(device) };
}

/**
 * Settings of the tenant that changed while this scanner was away; one that was here was told at once. One that left
 * about then may have gone before that.
 * @param missed what it was sent and may never have seen cannot be sent again
 */
export function tellChangedConfiguration(
  context: Context,
  state: DeviceState,
  { lastSeenAt, missed }: { readonly lastSeenAt: number | null; readonly missed: boolean },
  self: Self<DeviceMessage>,
): DeviceState {
  const configuredAt = context.views.tenants.get(state.record.tenantId)?.configuredAt ?? null;
  const seen = (lastSeenAt ?? 0) - limits.configuration_told_ms;
  if (!missed && (configuredAt === null || configuredAt <= seen)) return state;
  return tellConfiguration(context, state, self);
}

/** All of it, as it stands now. */
export function tellConfiguration(
  context: Context,
  state: DeviceState,
  self: Self<DeviceMessage>,
): DeviceState {
  const tenant = context.views.tenants.get(state.record.tenantId);
  const config = {
    ...(tenant === undefined ? {} : scannerConfig(tenant.config)),
    ...ownConfig(state.record),
  };
  return sendPush(context, state, { method: 'config.update', config }, self);
}

/** Devices whose newest settings are not known to be stored; it outlives the actors, which may start again before. */
export type Owing = Set<string>;

/** A started actor tells what the one before it could not. */
export function oweAgain(owing: Owing, state: DeviceState, self: Self<DeviceMessage>): void {
  if (owing.has(state.record.deviceId)) oweConfiguration(state, self);
}

export function noteOwing(owing: Owing, { record, owesConfiguration }: DeviceState): void {
  if (owesConfiguration) owing.add(record.deviceId);
  else owing.delete(record.deviceId);
}

export function configurationUnderWay(state: DeviceState, seq: number): void {
  state.owesConfiguration = true;
  state.configurationSeq = seq;
}

/** Older ones than the newest settle nothing. */
export function configurationStored(state: DeviceState, seq: number): void {
  if (seq === state.configurationSeq) state.owesConfiguration = false;
}

/** What could not be stored is not sent again as it was, for something newer may have been sent by then. */
export function oweConfiguration(state: DeviceState, self: Self<DeviceMessage>): void {
  state.owesConfiguration = true;
  self.timer('configuration', limits.commit_wait_ms, { type: 'tell_configuration' });
}
