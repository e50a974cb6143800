import type { EngineApi } from '../../../actors/api.ts';
import { at } from '../fake-records.ts';
import type { Said } from './said.ts';

const certificate = {
  issuer: 'CN=CA',
  subject: 'CN=id.example',
  names: ['id.example'],
  notBefore: at,
  notAfter: at,
  fingerprint: 'ab'.repeat(32),
  serial: '01',
  keyType: 'EC P-256',
  daysRemaining: 1,
  certificatePem: '-----BEGIN CERTIFICATE-----\n',
};
const server = { ...certificate, uploadedAt: at };
const authority = { ...certificate, generation: 2, deviceCertificates: 1, stillTrusted: [1] };
const policy = { validityDays: 90, renewalWindowDays: 30 };

export function fakeTls(said: Said): EngineApi['tls'] {
  return {
    serverCertificate: () => server,
    uploadServerCertificate: said('tls.uploadServerCertificate', () => server),
    removeServerCertificate: said('tls.removeServerCertificate', () => undefined),
    authority: said('tls.authority', () => authority),
    uploadAuthority: said('tls.uploadAuthority', () => authority),
    generateAuthority: said('tls.generateAuthority', () => authority),
    regenerateAuthority: said('tls.regenerateAuthority', () => authority),
    devicePolicy: () => policy,
    setDevicePolicy: said('tls.setDevicePolicy', () => policy),
    status: () => ({
      serverCertConfigured: true,
      platformCaConfigured: true,
      setupComplete: true,
      https: true,
      restartPending: false,
    }),
  };
}
