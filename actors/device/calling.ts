import { ThenarError } from '../../engine/errors.ts';
import { assertDeviceUsable } from '../../engine/identity/device.ts';
import { assertDeviceClass, type DeviceUse } from '../../engine/identity/device_class.ts';
import type { DeviceRecord, TenantRecord } from '../../engine/records.ts';
import type { DeviceCall } from '../calls.ts';
import type { Context } from '../context.ts';

/**
 * The device that calls, with its tenant, when both may do what is asked.
 * @throws ThenarError tenant_suspended, device_not_found, device_suspended, device_revoked, device_class_mismatch
 */
export async function callingDevice(
  context: Context,
  call: DeviceCall,
  use: DeviceUse,
): Promise<{ readonly device: DeviceRecord; readonly tenant: TenantRecord }> {
  const { tenantId, deviceId } = call;
  const tenant = context.views.activeTenant(tenantId);
  const device =
    context.views.devices.get(deviceId) ?? (await context.store.get('devices', { tenantId, deviceId }));
  if (device === null) throw new ThenarError('device_not_found', 'There is no such device.');
  assertDeviceUsable(device);
  assertDeviceClass(tenant.config, device.deviceClass, use);
  return { device, tenant };
}
