/** Suspending a device and taking it back, and a new pairing code for one that is there already. */

import { ThenarError } from '../../engine/errors.ts';
import { assertDeviceUsable } from '../../engine/identity/device.ts';
import { limits } from '../../engine/limits.ts';
import type { DeviceRecord } from '../../engine/records.ts';
import { hashPairingCode } from '../../engine/secrets/codes.ts';
import { newPairingCode } from '../../engine/secrets/generate.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { changeDevice } from '../device/change.ts';
import { closeCodes, type DeviceChange } from '../device/protocol.ts';

const nothing: DeviceChange = { set: {}, writes: [], audit: [] };

/** Its socket closes 4403 and its calls are refused; certificate and open challenges stay for its return. */
export function suspendDevice(context: Context, call: TenantCall, deviceId: string): Promise<DeviceRecord> {
  const suspend = (device: DeviceRecord): DeviceChange => {
    assertNotRevoked(device);
    if (device.status === 'suspended') return nothing;
    return {
      set: { status: 'suspended' },
      writes: [],
      audit: [
        {
          eventType: 'device_suspended',
          severity: 'warning',
          actor: call.actor,
          details: { device_id: deviceId },
        },
      ],
      close: { code: closeCodes.suspended, reason: 'device suspended' },
    };
  };
  return changeDevice(context, call, deviceId, suspend, true);
}

/** Back to what it was: one that had never been paired waits for its code again. */
export function reactivateDevice(
  context: Context,
  call: TenantCall,
  deviceId: string,
): Promise<DeviceRecord> {
  return changeDevice(context, call, deviceId, (device) => {
    assertNotRevoked(device);
    if (device.status !== 'suspended') return nothing;
    return {
      set: { status: device.pairedAt === null ? 'registered' : 'paired' },
      writes: [],
      audit: [{ eventType: 'device_reactivated', actor: call.actor, details: { device_id: deviceId } }],
    };
  });
}

/**
 * A one-time code for a scanner that lost its key, was replaced, or let its first code expire. Only the newest code
 * of a device works. The certificate before stands until the code is used, and is denied in that commit.
 */
export async function renewPairingCode(
  context: Context,
  call: TenantCall,
  deviceId: string,
): Promise<{ readonly pairingCode: string; readonly expiresInS: number }> {
  const { tenantId } = call;
  const pairingCode = newPairingCode(context.random);
  const expiresInS = limits.pairing_code_life_s;
  await changeDevice(context, call, deviceId, (device) => {
    if (device.status !== 'registered') assertDeviceUsable(device);
    return {
      set: {},
      writes: [
        { delete: 'pairingCodes', where: { tenantId, deviceId } },
        {
          insert: 'pairingCodes',
          row: {
            codeHash: hashPairingCode(context.codeKey, pairingCode),
            tenantId,
            deviceId,
            expiresAt: context.clock.now() + expiresInS * 1000,
            usedAt: null,
          },
        },
      ],
      audit: [
        { eventType: 'device_pairing_code_issued', actor: call.actor, details: { device_id: deviceId } },
      ],
    };
  });
  return { pairingCode, expiresInS };
}

function assertNotRevoked(device: DeviceRecord): void {
  if (device.status === 'revoked') throw new ThenarError('device_revoked', 'This device has been revoked.');
}
