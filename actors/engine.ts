/** The engine behind transport's door: boots, runs and drains everything in `actors/`. */
import { Passwords } from '../engine/secrets/passwords.ts';
import { AccessTokens } from '../engine/tokens/accessTokens.ts';
import { LiveSessions } from './accounts/live-sessions.ts';
import { SendLimits } from './accounts/send-limits.ts';
import type { EngineApi } from './api.ts';
import { signAllCheckpoints } from './audit/checkpoints.ts';
import { openAuditKeys } from './audit/keys.ts';
import { auditedStore } from './audited.ts';
import { ensureAdministrator } from './boot/administrator.ts';
import { openAuthorities } from './boot/authority.ts';
import { readCodeKey } from './boot/code-key.ts';
import { SigningKeys } from './boot/keys.ts';
import { openReceipts } from './boot/receipts.ts';
import {
  loadShards,
  rearmChallenges,
  resumeDeliveries,
  resumeErasures,
  revokeDeletedClients,
  wakeCouriers,
  watchServices,
} from './boot/resume.ts';
import { openServerCertificate } from './boot/server_certificate.ts';
import { markCleanEnd, readDeployment } from './boot/settings.ts';
import { fillViews, readCertificates } from './boot/views.ts';
import { challengeBehaviour } from './challenge/behaviour.ts';
import { Changes, watchedStore } from './changes.ts';
import { accountCommands } from './commands/accounts.ts';
import { oneAtATime } from './commands/attempts.ts';
import { auditCommands } from './commands/audit.ts';
import { authCommands } from './commands/auth.ts';
import { challengeCommands } from './commands/challenges.ts';
import { changeCommands } from './commands/changes.ts';
import { clientCommands } from './commands/clients.ts';
import { consentCommands } from './commands/consent.ts';
import { consoleUserCommands } from './commands/console-users.ts';
import { deviceCommands } from './commands/devices.ts';
import { Guesses } from './commands/guesses.ts';
import { identityCommands } from './commands/identities.ts';
import { identityProviderCommands } from './commands/identity-providers.ts';
import { keyCommands } from './commands/keys.ts';
import { kycCommands } from './commands/kyc.ts';
import { linkedServiceCommands } from './commands/linked-services.ts';
import { opsCommands } from './commands/ops.ts';
import { palmAdminCommands } from './commands/palm-admin.ts';
import { palmCommands } from './commands/palms.ts';
import { sessionCommands } from './commands/sessions.ts';
import { signupCommands } from './commands/signup.ts';
import { smsConfigCommands } from './commands/sms-config.ts';
import { statisticsCommands } from './commands/statistics.ts';
import { tenantCommands } from './commands/tenants.ts';
import { tlsCommands } from './commands/tls.ts';
import { transactionCommands } from './commands/transactions.ts';
import { userCommands } from './commands/users.ts';
import { walletCommands } from './commands/wallet.ts';
import { walletFaceCommands } from './commands/wallet_face.ts';
import { walletKeyCommands } from './commands/wallet_keys.ts';
import { webhookCommands } from './commands/webhooks.ts';
import type { Context, Ports } from './context.ts';
import { courierBehaviour } from './courier/behaviour.ts';
import { deviceBehaviour } from './device/behaviour.ts';
import { LastSeen } from './device/last-seen.ts';
import { createDirectory } from './directory.ts';
import { laneBehaviour } from './enrolment/lane.ts';
import { linkedServiceBehaviour } from './linked-service/behaviour.ts';
import { migrationBehaviour } from './migration/behaviour.ts';
import { resumeMigration } from './migration/protocol.ts';
import { Sessions } from './sessions.ts';
import { tenantBehaviour } from './tenant/behaviour.ts';
import { eraseDueTenants } from './tenant/erase.ts';
import { resumeReissues } from './tenant/reissue.ts';
import { inTurn } from './tls/in_turn.ts';
import { Traces } from './traces.ts';
import { resumeIntents } from './transactions/resume.ts';
import { startUpkeep } from './upkeep.ts';
import { Views } from './views.ts';
import { deviceChallengeBehaviour } from './wallet/challenge/behaviour.ts';
import { ProviderKeys } from './wallet/provider-keys.ts';
import { WalletUsers } from './wallet/users.ts';
import { webhookBehaviour } from './webhook/behaviour.ts';

export interface Engine {
  readonly api: EngineApi;
  readonly context: Context;
  /**
   * Work goes on that was interrupted, and shards load; until a shard is there its callers wait for it.
   */
  resume(): Promise<void>;
  /** Lets actors finish until the deadline (`Clock.monotonic()` milliseconds) and writes their snapshots. */
  stop(deadline: number): Promise<void>;
}

/** Boots the engine on its ports: settings, CA, keys, views, open challenges. */
export async function startEngine(ports: Ports): Promise<Engine> {
  const { clock, random, store } = ports;
  const { phases } = ports;
  const deployment = await phases.time('settings', () => readDeployment(ports, ports.config));
  const signingKeys = new SigningKeys(ports);
  const [authorities, { ring }, receipts, certificates, serverCertificate, auditKeys, codeKey] =
    await Promise.all([
      phases.time('authorities', () => openAuthorities(ports, deployment.deploymentId)),
      phases.time('signing keys', () => signingKeys.upkeep()),
      phases.time('receipts', () => openReceipts(ports, deployment.issuer)),
      phases.time('certificates', () => readCertificates(store, clock)),
      phases.time('server cert', () => openServerCertificate(ports)),
      phases.time('audit keys', () => openAuditKeys(ports)),
      phases.time('code key', () => readCodeKey(ports)),
    ]);
  const changes = new Changes();
  const views = new Views(store, changes);
  await phases.time('views', () => fillViews(store, views));
  const directory = createDirectory({
    clock,
    random,
    snapshots: ports.snapshots,
    log: (level, message, fields) => ports.log[level](fields, message),
  });
  const context: Context = {
    ...ports,
    store: watchedStore(auditedStore(store, views), changes),
    changes,
    directory,
    views,
    traces: new Traces(ports.tracer),
    deployment,
    certificates,
    tls: { authorities, serverCertificate, listeners: null, shownSince: clock.monotonic(), inTurn: inTurn() },
    auditKeys,
    tokens: new AccessTokens({ ring, issuer: deployment.issuer, audience: deployment.issuer }),
    receipts,
    passwords: new Passwords(),
    guesses: new Guesses(ports),
    guarded: oneAtATime(),
    signingKeys,
    codeKey,
    liveSessions: new LiveSessions(store),
    providerKeys: new ProviderKeys(ports),
    walletUsers: new WalletUsers(),
    sessions: new Sessions(),
    lastSeen: new LastSeen(ports),
  };
  directory.register(tenantBehaviour(context));
  directory.register(deviceBehaviour(context));
  directory.register(challengeBehaviour(context));
  directory.register(laneBehaviour(context));
  directory.register(webhookBehaviour(context));
  directory.register(migrationBehaviour(context));
  directory.register(linkedServiceBehaviour(context));
  directory.register(courierBehaviour(context));
  directory.register(deviceChallengeBehaviour(context));
  await phases.time('administrator', () => ensureAdministrator(context, ports.announceAdministrator));
  await phases.time('challenges', () =>
    Promise.all([rearmChallenges(context), revokeDeletedClients(context)]),
  );
  const stopUpkeep = startUpkeep(context);
  return {
    api: createApi(context),
    context,
    async resume() {
      await Promise.all([
        phases.time('deliveries', () => resumeDeliveries(context)),
        phases.time('couriers', () => wakeCouriers(context)),
        phases.time('shards', () => loadShards(context)).then(() => resumeErasures(context)),
        resumeMigration(context),
      ]);
      eraseDueTenants(context).catch((error: unknown) => {
        ports.log.warn({ error }, 'Tenants that are due are erased later');
      });
      void resumeReissues(context);
      watchServices(context);
      // Not waited for: a service that answers slowly must not hold up the start.
      resumeIntents(context).catch((error: unknown) => {
        ports.log.warn({ error }, 'Unanswered transactions are looked for later');
      });
    },
    async stop(deadline) {
      stopUpkeep();
      await directory.drain(deadline);
      await context.lastSeen.flush();
      await signAllCheckpoints(context).catch((error: unknown) => {
        ports.log.warn({ error }, 'The last audit records are signed after the next start');
      });
      await markCleanEnd(store, deployment);
    },
  };
}

function createApi(context: Context): EngineApi {
  const sendLimits = new SendLimits(context.clock);
  return {
    auth: authCommands(context),
    audit: auditCommands(context),
    accounts: accountCommands(context, sendLimits),
    consoleUsers: consoleUserCommands(context),
    signup: signupCommands(context, sendLimits),
    keys: keyCommands(context),
    smsConfig: smsConfigCommands(context),
    tenants: tenantCommands(context),
    clients: clientCommands(context),
    users: userCommands(context),
    identities: identityCommands(context),
    consent: consentCommands(context),
    statistics: statisticsCommands(context),
    devices: deviceCommands(context),
    challenges: challengeCommands(context),
    changes: changeCommands(context),
    transactions: transactionCommands(context),
    palms: palmCommands(context),
    palmAdmin: palmAdminCommands(context),
    webhooks: webhookCommands(context),
    kyc: kycCommands(context),
    linkedServices: linkedServiceCommands(context),
    identityProviders: identityProviderCommands(context),
    wallet: walletCommands(context),
    sessions: sessionCommands(context),
    tls: tlsCommands(context),
    walletFace: walletFaceCommands(context),
    walletKeys: walletKeyCommands(context),
    ops: opsCommands(context),
  };
}
