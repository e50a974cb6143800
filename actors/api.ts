/**
 * The only door for transport: what the engine can be asked to do. Every function validates business rules,
 * commits before it resolves, and rejects with ThenarError. Shapes are the domain's (camelCase, epoch
 * milliseconds); each API family maps them to its own wire.
 */

import type { AccountsApi, ConsoleUsersApi, KeysApi, SignupApi, SmsConfigApi } from './api/accounts.ts';
import type { AuditApi } from './api/audit.ts';
import type { AuthApi } from './api/auth.ts';
import type { ChallengesApi, PalmsApi, TransactionsApi } from './api/challenges.ts';
import type { ChangesApi } from './api/changes.ts';
import type { DevicesApi } from './api/devices.ts';
import type { KycApi } from './api/kyc.ts';
import type { LinkedServicesApi } from './api/linked-services.ts';
import type { OpsApi } from './api/ops.ts';
import type { PalmAdminApi } from './api/palm-admin.ts';
import type { ConsentApi, IdentitiesApi, StatisticsApi } from './api/people.ts';
import type { SessionsApi } from './api/sessions.ts';
import type { ClientsApi, TenantsApi } from './api/tenants.ts';
import type { TlsApi } from './api/tls.ts';
import type { UsersApi } from './api/users.ts';
import type { IdentityProvidersApi, WalletApi } from './api/wallet.ts';
import type { WalletFaceApi } from './api/wallet-face.ts';
import type { WalletKeysApi } from './api/wallet-keys.ts';
import type { WebhooksApi } from './api/webhooks.ts';

export type * from './api/accounts.ts';
export type * from './api/audit.ts';
export type * from './api/challenges.ts';
export type * from './api/changes.ts';
export type * from './api/common.ts';
export type * from './api/devices.ts';
export type * from './api/kyc.ts';
export type * from './api/linked-services.ts';
export type * from './api/ops.ts';
export type * from './api/palm-admin.ts';
export type * from './api/people.ts';
export type * from './api/tenants.ts';
export type * from './api/tls.ts';
export type * from './api/users.ts';
export type * from './api/wallet.ts';
export type * from './api/wallet-face.ts';
export type * from './api/wallet-keys.ts';
export type * from './api/webhooks.ts';

export interface EngineApi {
  readonly auth: AuthApi;
  readonly audit: AuditApi;
  readonly accounts: AccountsApi;
  readonly consoleUsers: ConsoleUsersApi;
  readonly signup: SignupApi;
  readonly keys: KeysApi;
  readonly smsConfig: SmsConfigApi;
  readonly tenants: TenantsApi;
  readonly clients: ClientsApi;
  readonly users: UsersApi;
  readonly identities: IdentitiesApi;
  readonly consent: ConsentApi;
  readonly statistics: StatisticsApi;
  readonly devices: DevicesApi;
  readonly challenges: ChallengesApi;
  readonly changes: ChangesApi;
  readonly transactions: TransactionsApi;
  readonly palms: PalmsApi;
  readonly palmAdmin: PalmAdminApi;
  readonly webhooks: WebhooksApi;
  readonly kyc: KycApi;
  readonly linkedServices: LinkedServicesApi;
  readonly identityProviders: IdentityProvidersApi;
  readonly wallet: WalletApi;
  readonly sessions: SessionsApi;
  readonly tls: TlsApi;
  readonly walletFace: WalletFaceApi;
  readonly walletKeys: WalletKeysApi;
  readonly ops: OpsApi;
}
