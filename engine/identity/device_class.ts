/** What each class of device is for. A label, unless the tenant enforces it (CONTRACT). */
import { ThenarError } from '../errors.ts';
import type { DeviceClass, TenantConfig } from '../records.ts';

export type DeviceUse = 'transaction' | 'challenge' | 'enrolment' | 'signup' | 'consent';

const classesOf: Readonly<Record<DeviceUse, readonly DeviceClass[]>> = {
  transaction: ['pos', 'gate', 'kiosk'],
  challenge: ['personal'],
  enrolment: ['pos', 'kiosk'],
  signup: ['pos', 'kiosk'],
  consent: ['pos', 'kiosk'],
};

/** @throws ThenarError device_class_mismatch where the tenant enforces classes and this one is not for that */
export function assertDeviceClass(
  config: Pick<TenantConfig, 'enforceDeviceClass'>,
  deviceClass: DeviceClass,
  use: DeviceUse,
): void {
  const allowed = classesOf[use];
  if (!config.enforceDeviceClass || allowed.includes(deviceClass)) return;
  throw new ThenarError(
    'device_class_mismatch',
    `A device of class ${deviceClass} takes no part in this (${use}); this needs ${allowed.join(', ')}.`,
    { details: { device_class: deviceClass, allowed, use } },
  );
}
