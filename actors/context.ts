/** What every actor and command works with; made once by the composition root. */
import type { Config } from '../engine/config.ts';
import type { FaceVendors } from '../engine/face/vendors.ts';
import type { Meter } from '../engine/meter.ts';
import type { DevelopmentOutbox } from '../engine/outbound/development.ts';
import type { HttpSender } from '../engine/outbound/send.ts';
import type { PalmModel, ThresholdSet } from '../engine/palm/types.ts';
import type { Phases } from '../engine/phases.ts';
import type { CertificateView } from '../engine/pki/certificateView.ts';
import type {
  Log,
  Mailer,
  Matcher,
  Random,
  Sealers,
  SmsSender,
  SnapshotStore,
  Store,
  SubjectKeys,
  Tracer,
} from '../engine/ports.ts';
import type { Receipts } from '../engine/receipts/receipts.ts';
import type { VerificationServerSetting } from '../engine/records.ts';
import type { Passwords } from '../engine/secrets/passwords.ts';
import type { SteadyClock } from '../engine/steady-clock.ts';
import type { AccessTokens } from '../engine/tokens/accessTokens.ts';
import type { LiveSessions } from './accounts/live-sessions.ts';
import type { AuditKeys } from './audit/keys.ts';
import type { SigningKeys } from './boot/keys.ts';
import type { Changes } from './changes.ts';
import type { OneAtATime } from './commands/attempts.ts';
import type { Guesses } from './commands/guesses.ts';
import type { LastSeen } from './device/last-seen.ts';
import type { Directory } from './kernel/types.ts';
import type { Sessions } from './sessions.ts';
import type { TlsState } from './tls/state.ts';
import type { Traces } from './traces.ts';
import type { Views } from './views.ts';
import type { ProviderKeys } from './wallet/provider-keys.ts';
import type { WalletUsers } from './wallet/users.ts';

/** Ports that the composition root provides. */
export interface Ports {
  readonly config: Config;
  readonly clock: SteadyClock;
  readonly random: Random;
  readonly log: Log;
  /** Where the start writes down what it spends its time on. */
  readonly phases: Phases;
  readonly meter: Meter;
  readonly tracer: Tracer;
  readonly store: Store;
  readonly snapshots: SnapshotStore;
  readonly sealer: Sealers;
  readonly subjectKeys: SubjectKeys;
  readonly matcher: Matcher;
  readonly faceVendors: FaceVendors;
  /** To addresses that a tenant named: public ones only, unless the configuration says otherwise. */
  readonly sender: HttpSender;
  /** To linked services, on connections of their own: a till waits, and must not wait behind a webhook. */
  readonly serviceSender: HttpSender;
  /** To addresses that the operator of this deployment named. */
  readonly operatorSender: HttpSender;
  readonly mailer: Mailer;
  readonly smsSender: SmsSender;
  /** Where messages stay that nothing is configured to send. */
  readonly developmentOutbox: DevelopmentOutbox;
  /** Told the credentials that were made for the first administrator. */
  readonly announceAdministrator: (credentials: {
    readonly email: string;
    readonly password: string;
  }) => void;
}

export interface Context extends Ports {
  readonly directory: Directory;
  readonly changes: Changes;
  readonly views: Views;
  readonly traces: Traces;
  readonly sessions: Sessions;
  readonly lastSeen: LastSeen;
  readonly deployment: Deployment;
  /** Every unexpired device certificate: decides each connection. */
  readonly certificates: CertificateView;
  /** Keys that sign where the audit chains stand. */
  readonly auditKeys: AuditKeys;
  readonly tokens: AccessTokens;
  readonly passwords: Passwords;
  readonly guesses: Guesses;
  /** Tries against one target in turn, whichever command makes them. */
  readonly guarded: OneAtATime;
  /** Another one takes its place when keys rotate. */
  receipts: Receipts;
  readonly tls: TlsState;
  readonly signingKeys: SigningKeys;
  /** Hashes one-time codes. */
  readonly codeKey: Uint8Array;
  readonly liveSessions: LiveSessions;
  readonly providerKeys: ProviderKeys;
  readonly walletUsers: WalletUsers;
}

/** Deployment-wide facts, read at start and changed by platform commands. */
export interface Deployment {
  /** Constant over the deployment's life. */
  readonly deploymentId: string;
  /** Token issuer. */
  readonly issuer: string;
  /** The base of links in mails: from the configuration, else where the public listener was found to be. */
  publicUrl: string;
  /** Changes at every unclean start; scanners resume only within one. */
  readonly epoch: string;
  /** `large`: the platform matches. `small`: devices match and report, with a threshold set of their own. */
  palmModel: PalmModel;
  thresholds: ThresholdSet;
  /** The remote matcher of tenants that use one, and of migrations; null until one is set. */
  verificationServer: VerificationServerSetting | null;
  devicePolicy: DevicePolicy;
}

/** How long device certificates live, and how long before their end scanners are told to renew. */
export interface DevicePolicy {
  readonly validityDays: number;
  readonly renewalWindowDays: number;
}
