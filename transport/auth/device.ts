import { type ErrorCode, ThenarError } from '../../engine/errors.ts';
import type { Authenticator } from './authenticator.ts';

const reasons: Partial<Record<ErrorCode, string>> = {
  device_certificate_invalid: 'The certificate is not one of a paired device.',
  device_certificate_revoked: 'The certificate was revoked.',
  tenant_suspended: 'The tenant is suspended.',
  device_suspended: 'The device is suspended.',
};

/**
 * A device by the certificate of its connection, checked against memory on every request: a connection outlives
 * the moment its certificate is revoked.
 */
export const device: Authenticator = ({ request, listener }) => {
  const { fingerprint } = request;
  if (fingerprint === null) return null;
  const found = listener.api.auth.authenticateDevice(fingerprint);
  if (!found.ok) throw new ThenarError(found.code, reasons[found.code] ?? 'The device may not call.');
  return { kind: 'device', tenantId: found.tenantId, deviceId: found.deviceId, fingerprint };
};
