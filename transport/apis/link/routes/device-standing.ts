/** Beyond the documents' table: suspending a device, taking it back, and pairing it again. */
import { route } from '../../../http/route.ts';
import { integer, object, string, uuid } from '../../../http/schema.ts';
import { deviceSchema, deviceWire } from '../../../wire/device.ts';
import { operators } from '../roles.ts';

const common = {
  auth: 'client_or_session',
  scope: 'devices:write',
  roles: operators,
  params: { id: 'device_not_found' },
} as const;

export const deviceStandingRoutes = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/devices/{id}/suspend',
    operation: 'suspendDevice',
    summary: 'Suspend a device: its socket is closed and its calls are refused until it is reactivated.',
    reply: deviceSchema,
    errors: ['device_revoked'],
    handle: async ({ api, call, params }) => ({
      data: deviceWire(await api.devices.suspend(call, params.id ?? '')),
    }),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/devices/{id}/reactivate',
    operation: 'reactivateDevice',
    summary: 'Reactivate a suspended device.',
    reply: deviceSchema,
    errors: ['device_revoked'],
    handle: async ({ api, call, params }) => ({
      data: deviceWire(await api.devices.reactivate(call, params.id ?? '')),
    }),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/devices/{id}/pairing-code',
    operation: 'renewPairingCode',
    summary: 'Get a new pairing code for a device, to pair it again; codes before it no longer work.',
    status: 201,
    reply: object({ device_id: uuid, pairing_code: string, expires_in: integer() }),
    errors: ['device_suspended', 'device_revoked'],
    handle: async ({ api, call, params }) => {
      const deviceId = params.id ?? '';
      const { pairingCode, expiresInS } = await api.devices.renewPairingCode(call, deviceId);
      return {
        data: { device_id: deviceId, pairing_code: pairingCode, expires_in: expiresInS },
        message:
          'Enter this pairing code on the physical scanner. Its certificate until now is refused once it has paired.',
      };
    },
  }),
];
