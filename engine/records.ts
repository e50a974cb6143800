/**
 * The rows of PostgreSQL, one interface a table. Times are epoch milliseconds (timestamptz in SQL), columns are
 * the snake_case of the field names, `Uint8Array` is bytea, objects are jsonb. `version` counts the changes of a
 * row and guards compare-and-set updates.
 */

import type {
  AccountLinkRecord,
  MessageRecord,
  OneTimeCodeRecord,
  UserCredentialRecord,
  UserSessionRecord,
} from './records/accounts.ts';
import type { AuditCheckpointRecord, AuditKeyRecord, AuditRecord } from './records/audit.ts';
import type {
  CertificateAuthorityRecord,
  CertificateRecord,
  DeviceOutboxRecord,
  DeviceRecord,
  PairingCodeRecord,
} from './records/devices.ts';
import type { FaceRecord } from './records/faces.ts';
import type {
  ChallengeRecord,
  ErasureRecord,
  PalmLogRecord,
  PalmRecord,
  TransactionRecord,
  UserRecord,
} from './records/identity.ts';
import type { KeyShareRecord, WalletKeyRecord, WalletTransactionRecord } from './records/key-shares.ts';
import type { KycCallbackRecord, KycSessionRecord } from './records/kyc.ts';
import type {
  PalmMigrationPalmRecord,
  PalmMigrationRecord,
  PalmMigrationUserRecord,
  PalmThresholdsRecord,
} from './records/palms.ts';
import type {
  AuthActivityRecord,
  ConsentRecord,
  IdentityRecord,
  TenantCounterRecord,
} from './records/people.ts';
import type { ReceiptKeyRecord } from './records/receipts.ts';
import type { LinkedServiceRecord, TransactionIntentRecord } from './records/services.ts';
import type {
  AttemptRecord,
  ClientRecord,
  ConsoleSessionRecord,
  ConsoleUserRecord,
  IdempotencyRecord,
  SettingRecord,
  SigningKeyRecord,
  TenantHeadRecord,
  TenantRecord,
} from './records/tenancy.ts';
import type { ServerCertificateRecord } from './records/tls.ts';
import type { IdentityProviderRecord, WalletDeviceRecord, WalletUserRecord } from './records/wallet.ts';
import type { DeliveryRecord, WebhookEventRecord, WebhookRecord } from './records/webhooks.ts';

export type * from './records/accounts.ts';
export type * from './records/audit.ts';
export type * from './records/common.ts';
export type * from './records/devices.ts';
export type * from './records/faces.ts';
export type * from './records/identity.ts';
export type * from './records/key-shares.ts';
export type * from './records/kyc.ts';
export type * from './records/palms.ts';
export type * from './records/people.ts';
export type * from './records/receipts.ts';
export type * from './records/services.ts';
export type * from './records/tenancy.ts';
export type * from './records/tls.ts';
export type * from './records/wallet.ts';
export type * from './records/webhooks.ts';

export interface Tables {
  tenants: TenantRecord;
  tenantHeads: TenantHeadRecord;
  consoleUsers: ConsoleUserRecord;
  consoleSessions: ConsoleSessionRecord;
  clients: ClientRecord;
  signingKeys: SigningKeyRecord;
  certificateAuthorities: CertificateAuthorityRecord;
  serverCertificates: ServerCertificateRecord;
  settings: SettingRecord;
  users: UserRecord;
  devices: DeviceRecord;
  pairingCodes: PairingCodeRecord;
  certificates: CertificateRecord;
  challenges: ChallengeRecord;
  deviceOutbox: DeviceOutboxRecord;
  idempotency: IdempotencyRecord;
  palms: PalmRecord;
  palmLog: PalmLogRecord;
  erasures: ErasureRecord;
  audit: AuditRecord;
  auditKeys: AuditKeyRecord;
  auditCheckpoints: AuditCheckpointRecord;
  webhooks: WebhookRecord;
  webhookEvents: WebhookEventRecord;
  receiptKeys: ReceiptKeyRecord;
  kycSessions: KycSessionRecord;
  kycCallbacks: KycCallbackRecord;
  deliveries: DeliveryRecord;
  /** A view: pending deliveries that no earlier one of their endpoint and subject holds up. Only read. */
  deliveryHeads: DeliveryRecord;
  attempts: AttemptRecord;
  transactions: TransactionRecord;
  identities: IdentityRecord;
  consents: ConsentRecord;
  tenantCounters: TenantCounterRecord;
  authActivity: AuthActivityRecord;
  palmThresholds: PalmThresholdsRecord;
  palmMigrations: PalmMigrationRecord;
  palmMigrationUsers: PalmMigrationUserRecord;
  palmMigrationPalms: PalmMigrationPalmRecord;
  linkedServices: LinkedServiceRecord;
  transactionIntents: TransactionIntentRecord;
  userCredentials: UserCredentialRecord;
  userSessions: UserSessionRecord;
  accountLinks: AccountLinkRecord;
  oneTimeCodes: OneTimeCodeRecord;
  messages: MessageRecord;
  identityProviders: IdentityProviderRecord;
  walletUsers: WalletUserRecord;
  walletDevices: WalletDeviceRecord;
  faces: FaceRecord;
  walletKeys: WalletKeyRecord;
  keyShares: KeyShareRecord;
  walletTransactions: WalletTransactionRecord;
}
export type TableName = keyof Tables;
