/** What the routes of the Link family are about: groups of the published documents. */
import type { Subject } from '../../http/facade.ts';

export const subjects: readonly Subject[] = [
  {
    name: 'Tokens and accounts',
    description: 'Access tokens, the keys that verify them, sign-up, one-time codes and passwords.',
    paths: ['/v1/auth', '/.well-known'],
  },
  {
    name: 'Palm restriction',
    description: 'Which hands of a user may be captured and matched.',
    paths: ['/v1/users/{user_id}/palm-restriction'],
  },
  {
    name: 'Users',
    description:
      'People whose palms are enrolled, their identities, what is held about them and its erasure.',
    paths: ['/v1/users', '/v1/erasures'],
  },
  {
    name: 'Consent',
    description: 'What users agreed to, by type and version, and what they withdrew.',
    paths: ['/v1/consent'],
  },
  {
    name: 'Identity checks',
    description: 'KYC with a provider: sessions, their status, and the provider’s signed callback.',
    paths: ['/v1/kyc'],
  },
  {
    name: 'Scanner',
    description:
      'What a scanner does over REST, with its certificate: the socket protocol’s calls, for polling.',
    paths: [
      '/v1/device',
      '/v1/devices/pair',
      '/v1/devices/renew',
      '/v1/challenges/pending',
      '/v1/challenges/{id}/complete',
    ],
  },
  {
    name: 'Devices',
    description: 'Scanners of a tenant: registering, binding to a product, revoking; the platform CA.',
    paths: ['/v1/devices', '/v1/pki'],
  },
  {
    name: 'Challenges',
    description: 'Asking a scanner to enrol or verify a user; the result arrives by webhook.',
    paths: ['/v1/enroll', '/v1/verify', '/v1/challenges'],
  },
  {
    name: 'Webhooks',
    description: 'Endpoints that are told what happened, their deliveries and replays.',
    paths: ['/v1/webhooks'],
  },
  {
    name: 'Linked services',
    description: 'Product backends that decide about transactions started at a device.',
    paths: ['/v1/linked-services'],
  },
  {
    name: 'OAuth clients',
    description: 'Client credentials of a tenant’s own systems.',
    paths: ['/v1/clients'],
  },
  {
    name: 'Console',
    description: 'Sessions and accounts of the people who administer.',
    paths: ['/v1/console'],
  },
  {
    name: 'Tenant',
    description: 'A tenant’s own configuration and numbers.',
    paths: ['/v1/tenant'],
  },
  {
    name: 'Audit',
    description: 'The hash-chained record of every change and every decision.',
    paths: ['/v1/audit-logs', '/v1/admin/audit-logs'],
  },
  {
    name: 'Tenants',
    description: 'Platform administration: tenants and their lives.',
    paths: ['/v1/admin/tenants'],
  },
  {
    name: 'Palm models',
    description: 'Platform administration: thresholds, vendor health, the active model and its migration.',
    paths: ['/v1/admin/palm'],
  },
  {
    name: 'Certificates',
    description: 'Platform administration: server certificate, platform CA and device policy.',
    paths: ['/v1/admin/ssl'],
  },
  {
    name: 'Platform',
    description: 'Platform administration: its administrators, and the keys that sign tokens.',
    paths: ['/v1/admin/administrators', '/v1/admin/keys'],
  },
  {
    name: 'Interface',
    description: 'This document, for machines and for people.',
    paths: ['/openapi.json', '/docs'],
  },
];
