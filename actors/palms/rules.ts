/** Business rules of capturing a palm, before any matching. */
import { type ErrorCode, ThenarError } from '../../engine/errors.ts';
import type { Hand, HandSelection, Scan } from '../../engine/palm/types.ts';
import type { Condition, Write } from '../../engine/ports.ts';
import type { PalmRestriction, TenantRecord, UserRecord } from '../../engine/records.ts';

/**
 * May anything biometric of this user be captured, matched or stored?
 * @throws ThenarError user_suspended, consent_required, kyc_required, palm_restricted
 */
export function assertCapturable(tenant: TenantRecord, user: UserRecord): void {
  if (user.status !== 'active') {
    throw new ThenarError('user_suspended', `This user is ${user.status}.`, {
      details: { status: user.status },
    });
  }
  if (tenant.config.consentRequired && user.consentStatus !== 'granted') {
    throw new ThenarError('consent_required', 'This user has not given consent to biometric recognition.', {
      details: { consent_status: user.consentStatus },
    });
  }
  if (tenant.config.kycRequired && user.kycStatus !== 'verified') {
    throw new ThenarError('kyc_required', 'The identity of this user has not been verified.', {
      details: { kyc_status: user.kycStatus },
    });
  }
  if (user.palmRestriction === 'disable') {
    throw new ThenarError('palm_restricted', 'Palm recognition is disabled for this user.');
  }
}

/**
 * The same rules as one condition of a commit: what was decided on memory is held against what is true. It fails with
 * `user_suspended`; `withStanding` finds out which rule it was.
 */
export function capturableCheck(
  tenant: TenantRecord,
  userId: string,
  hands: readonly Hand[],
  palmCount?: number,
): Write {
  const { tenantId, config } = tenant;
  const [hand, other] = hands;
  const allowed: Condition<PalmRestriction> =
    hand === undefined ? { not: 'disable' } : { in: other === undefined ? ['all', hand] : ['all'] };
  return {
    check: 'users',
    where: {
      tenantId,
      userId,
      status: 'active',
      palmRestriction: allowed,
      ...(config.consentRequired ? { consentStatus: 'granted' as const } : {}),
      ...(config.kycRequired ? { kycStatus: 'verified' as const } : {}),
      ...(palmCount === undefined ? {} : { palmCount }),
    },
    otherwise: 'user_suspended',
  };
}

export function isHandAllowed({ palmRestriction }: UserRecord, hand: HandSelection): boolean {
  return palmRestriction === 'all' || palmRestriction === hand;
}

/** @throws ThenarError palm_restricted when the user may not use that hand. */
export function assertHandAllowed(user: UserRecord, hand: HandSelection): void {
  const { palmRestriction } = user;
  if (isHandAllowed(user, hand)) return;
  throw new ThenarError(
    'palm_restricted',
    `This user may only use ${describeRestriction(palmRestriction)}.`,
    {
      details: { palm_restriction: palmRestriction },
    },
  );
}

function describeRestriction(restriction: UserRecord['palmRestriction']): string {
  return restriction === 'disable' ? 'no palm' : `the ${restriction} palm`;
}

/** @throws ThenarError palm_quality_too_low, palm_liveness_too_low, palm_restricted: what the tenant demands. */
export function assertScanAcceptable(tenant: TenantRecord, user: UserRecord | null, scan: Scan): void {
  const { qualityMin, livenessMin } = tenant.config;
  if (user !== null) assertHandAllowed(user, scan.palmType);
  if (qualityMin > 0 && scan.quality !== undefined && scan.quality < qualityMin) {
    throw new ThenarError('palm_quality_too_low', 'The device reports too poor a capture.', {
      details: { quality: scan.quality, quality_min: qualityMin },
    });
  }
  if (livenessMin !== null && (scan.liveness?.score ?? 0) < livenessMin) {
    throw new ThenarError('palm_liveness_too_low', 'The liveness score is missing or too low.', {
      details: { liveness: scan.liveness?.score ?? null, liveness_min: livenessMin },
    });
  }
}

/** Failures of the capture, not of the person or the engine: they count against a challenge's attempts. */
export function isTechnicalFailure(code: ErrorCode): boolean {
  return (
    code === 'palm_quality_too_low' ||
    code === 'palm_liveness_too_low' ||
    code === 'palm_type_mismatch' ||
    code === 'palm_image_invalid'
  );
}

/** The hands that an enrolment of this selection must show. */
export function handsOf(selection: HandSelection): readonly Hand[] {
  return selection === 'both' ? ['left', 'right'] : [selection];
}

/** @throws ThenarError palm_type_mismatch unless the scans show exactly the hands asked for. */
export function assertHandsShown(selection: HandSelection, scans: readonly Scan[]): void {
  const wanted = handsOf(selection);
  const shown = new Set(scans.map((scan) => scan.palmType));
  const complete = wanted.every((hand) => shown.has(hand)) && shown.size === wanted.length;
  if (complete) return;
  throw new ThenarError('palm_type_mismatch', `The scans must show ${wanted.join(' and ')}.`, {
    details: { expected: wanted, received: [...shown] },
  });
}
