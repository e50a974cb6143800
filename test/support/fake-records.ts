/** Rows of one small tenant, as the fake engine answers them. */
import { tenantDefaults } from '../../engine/identity/tenant.ts';
import type {
  ChallengeRecord,
  DeviceRecord,
  TenantRecord,
  UserRecord,
  WebhookRecord,
} from '../../engine/records.ts';

export const at = Date.UTC(2026, 5, 8, 14, 8, 43, 151);
export const id = {
  tenant: '11111111-1111-4111-8111-111111111111',
  otherTenant: '22222222-2222-4222-8222-222222222222',
  user: '33333333-3333-4333-8333-333333333333',
  device: '44444444-4444-4444-8444-444444444444',
  challenge: '55555555-5555-4555-8555-555555555555',
  client: '66666666-6666-4666-8666-666666666666',
  webhook: '77777777-7777-4777-8777-777777777777',
  palm: '88888888-8888-4888-8888-888888888888',
  person: '99999999-9999-4999-8999-999999999999',
  erasure: 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa',
} as const;
/** Of a certificate that stands. */
export const fingerprint = 'ab'.repeat(32);

export const nothing = new Uint8Array();

export const tenant: TenantRecord = {
  tenantId: id.tenant,
  name: 'Acme',
  region: null,
  status: 'active',
  config: tenantDefaults,
  rotationKey: nothing,
  nextRotationKey: null,
  version: 1,
  createdAt: at,
  configuredAt: null,
  eraseAt: null,
  erasingSince: null,
};

export const user: UserRecord = {
  userId: id.user,
  tenantId: id.tenant,
  externalUserId: 'emp-1',
  email: null,
  mobile: null,
  name: 'A. Person',
  metadata: { team: 'blue' },
  status: 'active',
  consentStatus: 'none',
  kycStatus: 'not_started',
  palmRestriction: 'all',
  palmCount: 0,
  version: 1,
  createdAt: at,
  deletedAt: null,
};

export const device: DeviceRecord = {
  deviceId: id.device,
  tenantId: id.tenant,
  deviceName: 'Scanner-04',
  location: 'Main Entrance',
  deviceClass: 'personal',
  boundProduct: null,
  boundAction: null,
  hardwareId: 'hardware_local_002',
  model: null,
  firmware: null,
  serial: null,
  status: 'paired',
  pairedAt: at,
  certificateExpiresAt: at + 90 * 86_400_000,
  lastSeenAt: null,
  seq: 0,
  version: 1,
  createdAt: at,
};

export const challenge: ChallengeRecord = {
  challengeId: id.challenge,
  tenantId: id.tenant,
  type: 'verify',
  userId: id.user,
  externalUserId: 'emp-1',
  deviceId: id.device,
  hardwareId: 'hardware_local_002',
  palmType: null,
  replace: false,
  status: 'pending',
  metadata: { document_id: 'doc_123' },
  createdAt: at,
  expiresAt: at + 300_000,
  presentedAt: null,
  acceptedAt: null,
  completedAt: null,
  attempts: 0,
  reason: null,
  result: null,
  receipt: null,
  featureIds: null,
  idempotencyKey: null,
  scanDigest: null,
  version: 1,
};

export const completed: ChallengeRecord = {
  ...challenge,
  status: 'completed',
  presentedAt: at + 1,
  completedAt: at + 180,
  result: {
    matched: true,
    scores: [0.99, 0.98],
    thresholds: [0.7, 0.7],
    thresholdVersion: 1,
    matchPolicy: 'all_thresholds',
    confidence: 0.9997,
    featureId: id.palm,
    latencyMs: 180,
    vendor: 'reference',
  },
  receipt: 'aGVhZGVy.Y2xhaW1z.c2lnbmF0dXJl',
};

export const webhook: WebhookRecord = {
  webhookId: id.webhook,
  tenantId: id.tenant,
  name: 'Production Events',
  endpoint: 'https://example.com/hook',
  events: ['device.paired'],
  status: 'active',
  secret: nothing,
  previousSecret: null,
  previousSecretUntil: null,
  apiKey: null,
  version: 1,
  createdAt: at,
};

export const palm = {
  palmId: id.palm,
  tenantId: id.tenant,
  userId: id.user,
  hand: 'left',
  model: 'reference-1',
  samples: 3,
  reference: null,
  deviceId: id.device,
  createdAt: at,
} as const;
export const erasure = {
  erasureId: id.erasure,
  tenantId: id.tenant,
  userId: id.user,
  palmIds: [id.palm],
  status: 'pending',
  palmPosition: 1,
  requestedAt: at,
  completedAt: null,
} as const;
export const issued = {
  deviceId: id.device,
  certificatePem: 'PEM',
  caChainPem: 'CHAIN',
  expiresAt: at,
  status: 'paired',
} as const;

export const actorInfo = {
  kind: 'device',
  key: id.device,
  state: 'online',
  mailboxDepth: 0,
  oldestAgeMs: 0,
  handled: 1,
  failed: 0,
  restarts: 0,
  lastMessage: 'open',
  lastActiveAt: at,
  snapshotVersion: null,
  snapshotLag: null,
} as const;

export const shard = {
  tenantId: id.tenant,
  worker: 0,
  templates: 1,
  palms: 1,
  bytes: 10,
  mode: 'flat',
  position: 1,
  replayLag: 0,
  filePosition: null,
  fileAgeMs: null,
  recallSample: null,
} as const;
