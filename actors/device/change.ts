import type { DeviceRecord } from '../../engine/records.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { type DeviceChange, type DeviceMessage, deviceKey, deviceKind } from './protocol.ts';

/**
 * Changes a device's row through its actor, its one writer; resolves with the committed row.
 * @param decide looks at the row as it is when the change's turn comes; throws ThenarError to refuse
 * @param urgent goes before all changes that wait: to shut a device out
 */
export function changeDevice(
  context: Context,
  call: Pick<TenantCall, 'tenantId' | 'deadline'>,
  deviceId: string,
  decide: (device: DeviceRecord) => DeviceChange,
  urgent = false,
): Promise<DeviceRecord> {
  return context.directory.ask<DeviceMessage, DeviceRecord>(
    deviceKind,
    deviceKey(call.tenantId, deviceId),
    call.deadline,
    (reply) => ({ type: 'change', decide, urgent, reply }),
  );
}
