/** TLS administration: the server certificate, the platform CA, the device policy (document 000 section 14.2). */
import { limits } from '../../../../engine/limits.ts';
import { route } from '../../../http/route.ts';
import { boolean, constant, defined, integer, object, oneOf, optional } from '../../../http/schema.ts';
import {
  authoritySchema,
  authorityWire,
  certificateWire,
  serverCertificateSchema,
  uploadOf,
  uploadParts,
  uploadSchema,
} from '../../../wire/certificate.ts';
import { timestamp } from '../../../wire/time.ts';

const upload = { body: uploadSchema, multipart: uploadParts, bodyBytesMax: limits.upload_bytes_max };

// No certificate outlives its CA, so no policy needs to promise more.
const policyFields = {
  validity_days: integer({ min: 2, max: limits.ca_validity_days }),
  renewal_window_days: integer({ min: 1, max: limits.ca_validity_days }),
};
const policySchema = object(policyFields);

function policyWire(policy: { readonly validityDays: number; readonly renewalWindowDays: number }) {
  return { validity_days: policy.validityDays, renewal_window_days: policy.renewalWindowDays };
}

export const tlsRoutes = [
  route({
    method: 'GET',
    path: '/v1/admin/ssl/server-cert',
    operation: 'getServerCertificate',
    summary: 'The certificate of the public listener, without its key.',
    auth: 'platform',
    reply: serverCertificateSchema,
    errors: ['not_found'],
    handle: ({ api }) => {
      const view = api.tls.serverCertificate();
      return { data: { ...certificateWire(view), uploaded_at: timestamp(view.uploadedAt) } };
    },
  }),
  route({
    method: 'PUT',
    path: '/v1/admin/ssl/server-cert',
    operation: 'uploadServerCertificate',
    summary: 'Upload the certificate of the public listener, which serves it at once.',
    auth: 'platform',
    ...upload,
    reply: serverCertificateSchema,
    errors: ['certificate_invalid'],
    handle: async ({ api, call, body }) => {
      const view = await api.tls.uploadServerCertificate(call, uploadOf(body));
      return {
        data: { ...certificateWire(view), uploaded_at: timestamp(view.uploadedAt) },
        message: 'The public listener speaks HTTPS with this certificate.',
      };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/admin/ssl/server-cert',
    operation: 'deleteServerCertificate',
    summary: 'Remove the certificate of the public listener, which is plain HTTP from the next start on.',
    auth: 'platform',
    reply: object({ deleted: constant(true), takes_effect: oneOf('next_start') }),
    errors: ['not_found'],
    handle: async ({ api, call }) => {
      await api.tls.removeServerCertificate(call);
      return {
        data: { deleted: true, takes_effect: 'next_start' },
        message: 'The public listener is plain HTTP from the next start on.',
      };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/admin/ssl/ca-cert',
    operation: 'getPlatformCa',
    summary: 'The platform CA that issues, with its certificate.',
    auth: 'platform',
    reply: authoritySchema,
    handle: async ({ api }) => ({ data: authorityWire(await api.tls.authority()) }),
  }),
  route({
    method: 'PUT',
    path: '/v1/admin/ssl/ca-cert',
    operation: 'uploadPlatformCa',
    summary: 'Issue with a CA of your own from now on; what was issued before stands until it runs out.',
    auth: 'platform',
    ...upload,
    reply: authoritySchema,
    errors: ['certificate_invalid', 'platform_ca_in_use'],
    handle: async ({ api, call, body }) => ({
      data: authorityWire(await api.tls.uploadAuthority(call, uploadOf(body))),
    }),
  }),
  route({
    method: 'POST',
    path: '/v1/admin/ssl/ca-cert/generate',
    operation: 'generatePlatformCa',
    summary: 'Make a new platform CA while no device holds a certificate of the one there is.',
    auth: 'platform',
    status: 201,
    reply: authoritySchema,
    errors: ['platform_ca_in_use'],
    handle: async ({ api, call }) => ({ data: authorityWire(await api.tls.generateAuthority(call)) }),
  }),
  route({
    method: 'POST',
    path: '/v1/admin/ssl/ca-cert/regenerate',
    operation: 'regeneratePlatformCa',
    summary: 'Make a new platform CA and invalidate every device certificate: all scanners must pair again.',
    auth: 'platform',
    body: object({ confirm: constant(true) }),
    reply: authoritySchema,
    handle: async ({ api, call }) => ({
      data: authorityWire(await api.tls.regenerateAuthority(call)),
      message: 'Every device certificate is invalid now; pair the scanners again.',
    }),
  }),
  route({
    method: 'GET',
    path: '/v1/admin/ssl/device-policy',
    operation: 'getDevicePolicy',
    summary: 'How long device certificates live, and how long before their end scanners are told to renew.',
    auth: 'platform',
    reply: policySchema,
    handle: ({ api }) => ({ data: policyWire(api.tls.devicePolicy()) }),
  }),
  route({
    method: 'PUT',
    path: '/v1/admin/ssl/device-policy',
    operation: 'setDevicePolicy',
    summary:
      'Change the device policy, any subset; for certificates issued from now on, and for reminders at once.',
    auth: 'platform',
    body: object({
      validity_days: optional(policyFields.validity_days),
      renewal_window_days: optional(policyFields.renewal_window_days),
    }),
    reply: policySchema,
    handle: async ({ api, call, body }) => {
      const { validity_days: validityDays, renewal_window_days: renewalWindowDays } = body;
      const change = defined({ validityDays, renewalWindowDays });
      return { data: policyWire(await api.tls.setDevicePolicy(call, change)) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/admin/ssl/status',
    operation: 'getTlsStatus',
    summary: 'How far the TLS set-up is.',
    auth: 'platform',
    reply: object({
      server_cert_configured: boolean,
      platform_ca_configured: boolean,
      setup_complete: boolean,
      https: boolean,
      restart_pending: boolean,
    }),
    handle: ({ api }) => {
      const status = api.tls.status();
      return {
        data: {
          server_cert_configured: status.serverCertConfigured,
          platform_ca_configured: status.platformCaConfigured,
          setup_complete: status.setupComplete,
          https: status.https,
          restart_pending: status.restartPending,
        },
      };
    },
  }),
];
