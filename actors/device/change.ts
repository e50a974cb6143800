import type { DeviceRecord } from '../../engine/records.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { type DeviceChange, type DeviceMessage, deviceKey, deviceKind } from './protocol.ts';

/**
 * Changes a device's row through its actor, its one writer; resolves with the committed row.
 * @param decide looks at the row as it is when the change's turn comes; throws ThenarError to refuse
 */
export function changeDevice(
  context: Context,
  call: Pick<TenantCall, 'tenantId' | 'deadline'>,
  deviceId: string,
  decide: (device: DeviceRecord) => DeviceChange,
): Promise<DeviceRecord> {
  return context.directory.ask<DeviceMessage, DeviceRecord>(
    deviceKind,
    deviceKey(call.tenantId, deviceId),
    call.deadline,
    (reply) => ({ type: 'change', decide, reply }),
  );
}
