/** Bodies name a user and a device by either identifier, everywhere (CONTRACT: envelopes of the Link family). */
import type { DeviceReference, UserReference } from '../../../actors/api.ts';
import { optional, text, uuid } from '../../http/schema.ts';
import { invalid } from '../../http/validate.ts';

export const userFields = { user_id: optional(uuid), external_user_id: optional(text()) };
export const deviceFields = { device_id: optional(uuid), hardware_id: optional(text()) };
/** External identifiers first: they are what the documents' bodies use, so errors name them. */
export const oneUser = ['external_user_id', 'user_id'] as const;
export const oneDevice = ['hardware_id', 'device_id'] as const;

export function userOf(body: {
  readonly user_id?: string | undefined;
  readonly external_user_id?: string | undefined;
}): UserReference {
  if (body.user_id !== undefined) return { userId: body.user_id };
  if (body.external_user_id !== undefined) return { externalUserId: body.external_user_id };
  throw invalid([{ field: 'external_user_id', message: 'is required' }]);
}

export function deviceOf(body: {
  readonly device_id?: string | undefined;
  readonly hardware_id?: string | undefined;
}): DeviceReference {
  if (body.device_id !== undefined) return { deviceId: body.device_id };
  if (body.hardware_id !== undefined) return { hardwareId: body.hardware_id };
  throw invalid([{ field: 'hardware_id', message: 'is required' }]);
}
