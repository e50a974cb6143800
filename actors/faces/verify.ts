/** A capture against a user's face: counted before it is looked at, and answered once what came of it is committed. */
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { attemptExcused, attemptMatched, beginAttempt } from '../../engine/face/attempts.ts';
import type { FaceScan, FaceVendor } from '../../engine/face/ports.ts';
import type { Matched } from '../../engine/ports.ts';
import type { FaceRecord, TenantRecord } from '../../engine/records.ts';
import type { TenantCall } from '../calls.ts';
import { refusalError } from '../challenge/complete.ts';
import type { Context } from '../context.ts';
import { walletTransaction } from '../wallet/history.ts';
import { changeFace } from './change.ts';
import { openFace } from './keep.ts';
import { assertFaceCapturable, faceCapturableCheck, facePolicy, notRegistered } from './rules.ts';

/** What a face is asked for; a word of the history and the audit log. */
export type FacePurpose = 'device_registration' | 'recovery';

/**
 * Resolves when the capture is of the user's living face; everything else throws. After
 * `limits.face_attempts_max` attempts the face is locked, and longer with each further lock.
 * @throws ThenarError face_not_registered, face_locked (with `retryAfterMs`), face_mismatch, face_liveness_failed,
 *   face_scan_invalid, face_quality_too_low, user_not_found, user_suspended, consent_required, kyc_required,
 *   unavailable, engine_busy, deadline_exceeded. Only mismatches and failures of liveness count.
 */
export async function verifyFace(
  context: Context,
  call: TenantCall,
  userId: string,
  scan: FaceScan,
  purpose: FacePurpose = 'device_registration',
): Promise<void> {
  const { tenantId } = call;
  const tenant = context.views.activeTenant(tenantId);
  const { user } = await context.views.user(tenantId, { userId });
  assertFaceCapturable(tenant, user);
  const found = await context.store.get('faces', { tenantId, userId, status: 'registered' });
  if (found === null) throw notRegistered();
  const vendor = context.faceVendors.named(found.vendor);
  if (vendor === null) {
    throw new ThenarError('unavailable', 'The vendor that took this face is not configured here.');
  }
  const begun = await begin(context, found);
  const outcome = await judge(context, tenant, vendor, begun, scan, call.deadline).catch(
    async (error: unknown) => {
      await excuse(context, begun);
      throw error;
    },
  );
  if (!outcome.ok && outcome.code !== 'face_liveness_failed') {
    await excuse(context, begun);
    throw refusalError(outcome);
  }
  const settling = { context, call, tenant, begun, purpose };
  if (outcome.ok && outcome.value) return settleMatch(settling);
  await settleFailure(settling, outcome.ok ? 'face_mismatch' : outcome.code);
  if (!outcome.ok) throw refusalError(outcome);
  throw new ThenarError('face_mismatch', 'This is not the face of this user.');
}

/** The attempt is on record, and the face locked where it was the last one, before the vendor hears of it. */
function begin(context: Context, face: FaceRecord): Promise<FaceRecord> {
  return changeFace(context, face, (current, now) => {
    const next = beginAttempt(current, now);
    if ('attempts' in next) return { set: next };
    throw new ThenarError('face_locked', 'Too many failed attempts; try again later.', {
      retryAfterMs: next.lockedMs,
    });
  });
}

async function judge(
  context: Context,
  tenant: TenantRecord,
  vendor: FaceVendor,
  face: FaceRecord,
  scan: FaceScan,
  deadline: number,
): Promise<Matched<boolean>> {
  const taken = openFace(context, face);
  if (taken === null) throw notRegistered();
  return vendor.matches(face, taken, scan, await facePolicy(context, tenant), deadline);
}

/** Nobody's fault. When this cannot be committed it stays counted, which errs on the safe side. */
async function excuse(context: Context, begun: FaceRecord): Promise<void> {
  await changeFace(context, begun, (face) => ({ set: attemptExcused(face, begun.attempts) })).catch(
    (error: unknown) => {
      if (isThenarError(error, 'face_not_registered')) return;
      context.log.warn({ faceId: begun.faceId, error }, 'An attempt at a face stays counted');
    },
  );
}

interface Settling {
  readonly context: Context;
  readonly call: TenantCall;
  readonly tenant: TenantRecord;
  readonly begun: FaceRecord;
  readonly purpose: FacePurpose;
}

async function settleMatch({ context, call, tenant, begun, purpose }: Settling): Promise<void> {
  const { tenantId, userId } = begun;
  const details = { purpose };
  await changeFace(context, begun, (face) => ({
    set: attemptMatched(face, begun.attempts),
    writes: [
      faceCapturableCheck(tenant, userId),
      walletTransaction(context, { tenantId, userId, type: 'authentication', details }),
    ],
    audit: [{ eventType: 'face_verified', actor: call.actor, userId, details }],
  }));
}

async function settleFailure({ context, call, begun, purpose }: Settling, reason: string): Promise<void> {
  const { tenantId, userId, lockedUntil } = begun;
  const details = { purpose, reason };
  await context.store.commit({
    tenantId,
    writes: (['authentication', purpose] as const).map((type) =>
      walletTransaction(context, { tenantId, userId, type, status: 'failed', details }),
    ),
    audit: [
      {
        eventType: 'face_verification_failed',
        severity: 'warning',
        actor: call.actor,
        userId,
        details: { ...details, locked: lockedUntil !== null },
      },
    ],
  });
}
