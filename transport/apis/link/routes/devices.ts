import type { StatusAnswer } from '../../../../actors/api.ts';
import { limits } from '../../../../engine/limits.ts';
import { binaryMedia, bytesOf, route, textMedia } from '../../../http/route.ts';
import {
  boolean,
  constant,
  defined,
  integer,
  list,
  nullable,
  object,
  optional,
  string,
  text,
  time,
  uuid,
} from '../../../http/schema.ts';
import {
  deviceClassSchema,
  deviceSchema,
  deviceStatusSchema,
  deviceWire,
  pairSchema,
  pairWire,
} from '../../../wire/device.ts';
import { pageAnswer, pageFields, pageOf, sortFields, sortOf } from '../../../wire/paging.ts';
import { timestamp } from '../../../wire/time.ts';
import { operators, readers } from '../roles.ts';

const binding = {
  device_class: optional(deviceClassSchema),
  bound_product: optional(nullable(text())),
  bound_action: optional(nullable(text())),
};
const published = `public, max-age=${limits.published_age_max_s}`;
const ocspReply = binaryMedia('application/ocsp-response');

function ocspAnswer({ der, maxAgeS }: StatusAnswer) {
  const control = maxAgeS === 0 ? 'no-store' : `public, max-age=${maxAgeS}, no-transform, must-revalidate`;
  return { data: der, headers: { 'cache-control': control } };
}

const csr = text({ max: limits.csr_bytes_max, description: 'PKCS#10 request as PEM' });

interface Binding {
  readonly device_class?: 'personal' | 'pos' | 'gate' | 'kiosk' | undefined;
  readonly bound_product?: string | null | undefined;
  readonly bound_action?: string | null | undefined;
}

function bindingOf(body: Binding) {
  const { device_class: deviceClass, bound_product: boundProduct, bound_action: boundAction } = body;
  return defined({ deviceClass, boundProduct, boundAction });
}

const sortable = {
  created_at: 'createdAt',
  device_name: 'deviceName',
  location: 'location',
  status: 'status',
  last_seen_at: 'lastSeenAt',
  certificate_expires_at: 'certificateExpiresAt',
} as const;

export const deviceRoutes = [
  route({
    method: 'POST',
    path: '/v1/devices',
    operation: 'registerDevice',
    summary: 'Register a scanner and get its one-time pairing code.',
    auth: 'client_or_session',
    scope: 'devices:write',
    roles: operators,
    status: 201,
    invalidStatus: 400,
    body: object({ device_name: text(), location: text(), ...binding }),
    reply: object({
      device_id: uuid,
      device_name: string,
      location: string,
      device_class: deviceClassSchema,
      created_at: time,
      pairing_code: string,
      expires_in: integer(),
    }),
    handle: async ({ api, call, body }) => {
      const input = { deviceName: body.device_name, location: body.location, ...bindingOf(body) };
      const { device, pairingCode, expiresInS } = await api.devices.register(call, input);
      return {
        data: {
          device_id: device.deviceId,
          device_name: device.deviceName,
          location: device.location,
          device_class: device.deviceClass,
          created_at: timestamp(device.createdAt),
          pairing_code: pairingCode,
          expires_in: expiresInS,
        },
        message: 'Enter this pairing code on the physical scanner to complete provisioning.',
      };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/devices',
    operation: 'listDevices',
    summary: 'Devices of the tenant.',
    auth: 'client_or_session',
    scope: 'devices:read',
    roles: readers,
    envelope: 'list',
    query: object({
      ...pageFields,
      ...sortFields(sortable),
      status: optional(deviceStatusSchema),
      device_class: optional(deviceClassSchema),
      online: optional(boolean),
      bound_product: optional(text()),
      hardware_id: optional(text()),
      certificate_expires_before: optional(time),
    }),
    reply: list(deviceSchema),
    handle: async ({ api, call, query }) => {
      const { status, online, certificate_expires_before: expiresBefore } = query;
      const page = pageOf(query);
      const found = await api.devices.list(call, {
        ...page,
        ...sortOf(sortable, query),
        ...defined({
          status,
          online,
          deviceClass: query.device_class,
          boundProduct: query.bound_product,
          hardwareId: query.hardware_id,
          certificateExpiresBefore: expiresBefore === undefined ? undefined : Date.parse(expiresBefore),
        }),
      });
      return pageAnswer(found, page, deviceWire);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/devices/{id}',
    operation: 'getDevice',
    summary: 'A device.',
    auth: 'client_or_session',
    scope: 'devices:read',
    roles: readers,
    params: { id: 'device_not_found' },
    reply: deviceSchema,
    handle: async ({ api, call, params }) => ({
      data: deviceWire(await api.devices.get(call, { deviceId: params.id ?? '' })),
    }),
  }),
  route({
    method: 'PUT',
    path: '/v1/devices/{id}',
    operation: 'updateDevice',
    summary: 'Change what a device is called or bound to; any subset.',
    auth: 'client_or_session',
    scope: 'devices:write',
    roles: operators,
    params: { id: 'device_not_found' },
    body: object({ device_name: optional(text()), location: optional(text()), ...binding }),
    reply: deviceSchema,
    errors: ['device_revoked'],
    handle: async ({ api, call, params, body }) => {
      const input = {
        ...defined({ deviceName: body.device_name, location: body.location }),
        ...bindingOf(body),
      };
      return { data: deviceWire(await api.devices.update(call, params.id ?? '', input)) };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/devices/{id}',
    operation: 'revokeDevice',
    summary: 'Revoke a device: its certificate is refused from now on and its socket closed.',
    auth: 'client_or_session',
    scope: 'devices:write',
    roles: operators,
    params: { id: 'device_not_found' },
    reply: object({ device_id: uuid, status: constant('revoked') }),
    handle: async ({ api, call, params }) => {
      const deviceId = params.id ?? '';
      await api.devices.revoke(call, deviceId);
      return { data: { device_id: deviceId, status: 'revoked' } };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/devices/pair',
    operation: 'pairDevice',
    summary: 'Exchange a pairing code and a certificate request for a device certificate.',
    auth: 'public',
    envelope: 'bare',
    body: object({
      pairing_code: text({ max: 64 }),
      csr,
      device_info: object({
        model: optional(text()),
        firmware: optional(text()),
        serial: optional(text()),
        hardware_id: text(),
      }),
    }),
    reply: pairSchema,
    errors: [
      'pairing_code_invalid',
      'pairing_code_expired',
      'pairing_code_used',
      'too_many_attempts',
      'csr_invalid',
      'csr_key_unsupported',
      'hardware_id_taken',
      'device_suspended',
      'device_revoked',
      'tenant_suspended',
    ],
    handle: async ({ api, call, body }) => {
      const { model, firmware, serial, hardware_id: hardwareId } = body.device_info;
      const deviceInfo = { hardwareId, ...defined({ model, firmware, serial }) };
      const input = { pairingCode: body.pairing_code, csr: body.csr, deviceInfo };
      return { data: pairWire(await api.devices.pair(call, input)) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/devices/renew',
    operation: 'renewDevice',
    summary: 'Renew the certificate with a new key; the old one is refused once the new one is used.',
    auth: 'device',
    body: object({ csr }),
    reply: pairSchema,
    errors: ['csr_invalid', 'csr_key_unsupported', 'device_revoked'],
    handle: async ({ api, call, body }) => ({ data: pairWire(await api.devices.renew(call, body)) }),
  }),
  route({
    method: 'GET',
    path: '/v1/pki/crl',
    operation: 'getCrl',
    summary:
      'Certificate revocation list of a generation of the platform CA, by default the current one; DER.',
    auth: 'public',
    query: object({ generation: optional(integer({ min: 1, max: 1_000_000 })) }),
    reply: binaryMedia('application/pkix-crl'),
    errors: ['not_found'],
    handle: async ({ api, query }) => ({
      data: await api.devices.crl(query.generation),
      headers: { 'cache-control': published },
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/pki/ocsp',
    operation: 'askOcsp',
    summary: 'Status of device certificates by OCSP (RFC 6960); refusals are OCSP’s own, with status 200.',
    auth: 'public',
    bytes: bytesOf('application/ocsp-request'),
    bodyBytesMax: limits.ocsp_request_bytes_max,
    reply: ocspReply,
    handle: async ({ api, call, body }) => ocspAnswer(await api.devices.ocsp(call, body)),
  }),
  route({
    method: 'GET',
    path: '/v1/pki/ocsp/{request}',
    operation: 'getOcsp',
    summary: 'The same for clients that want answers from caches; the request in base64, URL-encoded.',
    auth: 'public',
    words: ['request'],
    reply: ocspReply,
    handle: async ({ api, call, params }) =>
      ocspAnswer(await api.devices.ocsp(call, Buffer.from(params.request ?? '', 'base64'))),
  }),
  route({
    method: 'GET',
    path: '/v1/pki/ca',
    operation: 'getCa',
    summary: 'Certificates of every platform CA that is trusted, the one that issues first; PEM.',
    auth: 'public',
    reply: textMedia('application/x-pem-file'),
    handle: ({ api }) => ({
      data: api.devices.caPem(),
      headers: { 'cache-control': published },
    }),
  }),
];
