/** Regular work of the deployment, as a table: what is looked at, and how often. */
import { isRenewalDue } from '../engine/identity/device.ts';
import { limits } from '../engine/limits.ts';
import { PLATFORM_TENANT } from '../engine/ports.ts';
import { signDueCheckpoints } from './audit/checkpoints.ts';
import { renewReceiptKeys } from './boot/receipts.ts';
import { expireOverdue, resumeDeliveries, resumeErasures, wakeCouriers } from './boot/resume.ts';
import type { Context } from './context.ts';
import { deviceKey, deviceKind } from './device/protocol.ts';
import { forgetCutOff } from './faces/forget.ts';
import { expireOverdueSessions } from './kyc/settle.ts';
import { resumeMigration } from './migration/protocol.ts';
import { checkHealth } from './palms/health.ts';
import { eraseDueTenants } from './tenant/erase.ts';
import { resumeReissues } from './tenant/reissue.ts';
import { tendAuthorities } from './tls/retire.ts';
import { resolveOverdueIntents } from './transactions/resume.ts';
import { forgetOldDeliveries } from './webhook/retention.ts';

interface Job {
  readonly name: string;
  readonly everyMs: number;
  /** Before the first turn; default: as before every other. */
  readonly firstMs?: number;
  /** It removes for good what is over: not by a clock that was set forward a moment ago, perhaps by mistake. */
  readonly erases?: true;
  /** A failure is logged and the job tried again at its next turn; it never begins twice at once. */
  readonly run: (context: Context) => Promise<unknown>;
}

const jobs: readonly Job[] = [
  { name: 'signing_keys', everyMs: limits.upkeep_interval_ms, run: rotateSigningKeys },
  { name: 'expired_rows', everyMs: limits.upkeep_interval_ms, erases: true, run: removeExpired },
  { name: 'overdue_challenges', everyMs: limits.upkeep_interval_ms, run: expireOverdue },
  {
    name: 'palm_health',
    everyMs: limits.vendor_check_interval_ms,
    firstMs: limits.vendor_check_first_ms,
    run: checkHealth,
  },
  { name: 'overdue_intents', everyMs: limits.service_intent_sweep_ms, run: resolveOverdueIntents },
  { name: 'renewals', everyMs: limits.upkeep_interval_ms, run: remindRenewals },
  { name: 'overdue_deliveries', everyMs: limits.upkeep_interval_ms, run: resumeDeliveries },
  { name: 'receipt_keys', everyMs: limits.upkeep_interval_ms, run: renewReceiptKeys },
  { name: 'overdue_kyc', everyMs: limits.kyc_sweep_ms, run: expireOverdueSessions },
  { name: 'old_deliveries', everyMs: limits.upkeep_interval_ms, erases: true, run: forgetOldDeliveries },
  { name: 'platform_ca', everyMs: limits.upkeep_interval_ms, run: tendPlatformCa },
  { name: 'palm_migration', everyMs: limits.upkeep_interval_ms, run: resumeMigration },
  { name: 'audit_checkpoints', everyMs: limits.audit_checkpoint_look_ms, run: signDueCheckpoints },
  { name: 'audit_months', everyMs: limits.upkeep_interval_ms, run: ({ store }) => store.prepareMonths() },
  { name: 'messages', everyMs: limits.upkeep_interval_ms, run: wakeCouriers },
  { name: 'tenant_erasures', everyMs: limits.upkeep_interval_ms, erases: true, run: eraseDueTenants },
  { name: 'reissues', everyMs: limits.upkeep_interval_ms, run: resumeReissues },
  { name: 'cut_off_faces', everyMs: limits.upkeep_interval_ms, run: forgetCutOff },
  { name: 'erasures', everyMs: limits.upkeep_interval_ms, run: resumeErasures },
];

/** Starts every job after its first interval. @returns what stops them */
export function startUpkeep(context: Context): () => void {
  const cancels = jobs.map((job) => repeat(context, job));
  return () => {
    for (const cancel of cancels) cancel();
  };
}

function repeat(context: Context, { name, everyMs, firstMs = everyMs, erases, run }: Job): () => void {
  const { clock, log } = context;
  let stopped = false;
  let cancel = clock.after(firstMs, turn);
  function turn(): void {
    const work = erases === true && !clock.isSettled() ? Promise.resolve() : run(context);
    work
      .catch((error: unknown) => log.warn({ job: name, error }, 'Upkeep failed and is tried again later'))
      .finally(() => {
        if (!stopped) cancel = clock.after(everyMs, turn);
      });
  }
  return () => {
    stopped = true;
    cancel();
  };
}

function tendPlatformCa(context: Context): Promise<void> {
  return context.tls.inTurn(() => tendAuthorities(context));
}

async function rotateSigningKeys(context: Context): Promise<void> {
  const { ring, changed } = await context.signingKeys.upkeep();
  if (changed) context.tokens.useRing(ring);
}

async function removeExpired(context: Context): Promise<void> {
  const now = context.clock.now();
  context.certificates.sweep(now);
  await context.store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [
      { delete: 'idempotency', where: { expiresAt: { lt: now } } },
      { delete: 'consoleSessions', where: { expiresAt: { lt: now } } },
      { delete: 'userSessions', where: { expiresAt: { lt: now } } },
      { delete: 'accountLinks', where: { expiresAt: { lt: now } } },
      { delete: 'oneTimeCodes', where: { expiresAt: { lt: now } } },
      { delete: 'walletTransactions', where: { createdAt: { lt: now - limits.wallet_transaction_life_ms } } },
      // Failures never locked, or locked so long ago that they are forgotten.
      {
        delete: 'attempts',
        where: { windowStartedAt: { lt: now - limits.login_lock_ms }, lockedUntil: null },
      },
      { delete: 'attempts', where: { lockedUntil: { lt: now - limits.login_lock_max_ms } } },
    ],
  });
}

/** Connected scanners that a day brought into their renewal window, or closer to its end. */
export async function remindRenewals(context: Context): Promise<void> {
  const { devicePolicy } = context.deployment;
  const now = context.clock.now();
  for (const { tenantId, deviceId } of context.views.connections.values()) {
    const expiresAt = context.views.devices.get(deviceId)?.certificateExpiresAt ?? null;
    if (expiresAt === null || !isRenewalDue(expiresAt, devicePolicy, now)) continue;
    context.directory.tell(deviceKind, deviceKey(tenantId, deviceId), { type: 'look_at_certificate' });
  }
}
