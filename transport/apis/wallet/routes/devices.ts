/** Phones whose key signs for their user. */
import type { WalletDeviceRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import { list, named, nullable, object, string, type TypeOf, time, uuid } from '../../../http/schema.ts';
import { pageAnswer, pageFields, pageOf } from '../../../wire/paging.ts';
import { timestamp } from '../../../wire/time.ts';

const deviceSchema = named(
  'WalletDevice',
  object({
    device_id: uuid,
    device_verifying_key: string,
    device_name: nullable(string),
    registered_at: time,
  }),
);

function deviceWire(device: WalletDeviceRecord): TypeOf<typeof deviceSchema> {
  return {
    device_id: device.deviceId,
    device_verifying_key: device.verifyingKey,
    device_name: device.deviceName,
    registered_at: timestamp(device.registeredAt),
  };
}

export const walletDeviceRoutes = [
  route({
    method: 'GET',
    path: '/auth/devices/challenge/{device_verifying_key}',
    operation: 'getDeviceChallenge',
    summary: 'A challenge for the key of a new phone: good once, for five minutes.',
    auth: 'wallet',
    scope: 'wallet:write',
    words: ['device_verifying_key'],
    reply: object({ challenge: string, expires_at: time }),
    errors: ['verifying_key_invalid'],
    handle: async ({ api, call, params: { device_verifying_key: key = '' } }) => {
      const { challenge, expiresAt } = await api.wallet.deviceChallenge(call, key);
      return { data: { challenge, expires_at: timestamp(expiresAt) } };
    },
  }),
  route({
    method: 'GET',
    path: '/v2/devices',
    operation: 'listWalletDevices',
    summary: 'Phones of the user, the newest first.',
    auth: 'wallet',
    scope: 'wallet:read',
    envelope: 'list',
    query: object(pageFields),
    reply: object({ devices: list(deviceSchema) }),
    handle: async ({ api, call, query }) => {
      const page = pageOf(query);
      const { data, pagination } = pageAnswer(await api.wallet.listDevices(call, page), page, deviceWire);
      return { data: { devices: data }, pagination };
    },
  }),
];
