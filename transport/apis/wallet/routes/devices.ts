/** Phones whose key signs for their user. */
import { limits } from '../../../../engine/limits.ts';
import type { JsonObject, WalletDeviceRecord } from '../../../../engine/records.ts';
import { route } from '../../../http/route.ts';
import {
  list,
  named,
  nullable,
  object,
  optional,
  string,
  type TypeOf,
  text,
  time,
  uuid,
} from '../../../http/schema.ts';
import { faceIn, optionalFaceFields } from '../../../wire/face.ts';
import { pageAnswer, pageFields, pageOf } from '../../../wire/paging.ts';
import { timestamp } from '../../../wire/time.ts';
import { faceRefusals } from './face.ts';

const registered = { device_id: uuid, device_verifying_key: string, registered_at: time };
const registeredSchema = object(registered);
const deviceSchema = named('WalletDevice', object({ ...registered, device_name: nullable(string) }));

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
    method: 'POST',
    path: '/auth/devices/register',
    operation: 'registerWalletDevice',
    summary:
      'Register the key of a phone by its signature over this body; with the face of the user, where there is one. The same key again is the same device, with 200.',
    auth: 'wallet',
    scope: 'wallet:write',
    status: 201,
    body: object({
      device_verifying_key: text({
        max: limits.verifying_key_length_max,
        description: 'A point of P-256 in hex, or its SubjectPublicKeyInfo.',
        example: '0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6',
      }),
      challenge: text(),
      device_name: optional(text()),
      device_signature: text({
        max: limits.device_signature_length_max,
        description:
          'ECDSA with SHA-256, DER in hex, over the canonical form (RFC 8785) of this body without it.',
      }),
      ...optionalFaceFields,
    }),
    bodyBytesMax: limits.scan_body_bytes_max,
    reply: registeredSchema,
    errors: [
      'verifying_key_invalid',
      'verifying_key_taken',
      'device_challenge_invalid',
      'device_signature_invalid',
      'limit_reached',
      'face_required',
      ...faceRefusals,
    ],
    handle: async ({ api, call, body }) => {
      const { device, created } = await api.wallet.registerDevice(call, {
        verifyingKey: body.device_verifying_key,
        challenge: body.challenge,
        deviceName: body.device_name ?? null,
        signature: body.device_signature,
        // Unknown fields and all: the phone signed what it sent.
        body: body as unknown as JsonObject,
        face: faceIn(body),
      });
      return {
        status: created ? 201 : 200,
        data: {
          device_id: device.deviceId,
          device_verifying_key: device.verifyingKey,
          registered_at: timestamp(device.registeredAt),
        },
      };
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
