import { ThenarError } from '../errors.ts';
import type { DeviceRecord } from '../records.ts';

/** @throws ThenarError unless challenges and scans of this device may be handled. */
export function assertDeviceUsable(device: DeviceRecord): void {
  const details = { status: device.status };
  switch (device.status) {
    case 'paired':
      return;
    case 'registered':
      throw new ThenarError('device_not_paired', 'This device has not been paired yet.', { details });
    case 'suspended':
      throw new ThenarError('device_suspended', 'This device is suspended.', { details });
    case 'revoked':
      throw new ThenarError('device_revoked', 'This device has been revoked.', { details });
  }
}

/** Inside the window of the device policy in which a certificate should be renewed, or past its end. */
export function isRenewalDue(
  expiresAt: number,
  policy: { readonly renewalWindowDays: number },
  now: number,
): boolean {
  return expiresAt - now <= policy.renewalWindowDays * 86_400_000;
}
