/** Business rules of capturing a face, before any vendor is asked. */
import { ThenarError } from '../../engine/errors.ts';
import type { FacePolicy } from '../../engine/face/ports.ts';
import type { Write } from '../../engine/ports.ts';
import type { TenantRecord, UserRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { assertCapturable, capturableCheck } from '../palms/rules.ts';
import { thresholdsInForce } from '../palms/thresholds.ts';

/**
 * As for palms, but for what restricts palms alone.
 * @throws ThenarError user_suspended, consent_required, kyc_required
 */
export function assertFaceCapturable(tenant: TenantRecord, user: UserRecord): void {
  assertCapturable(tenant, { ...user, palmRestriction: 'all' });
}

/** The same rules inside a commit, where they fail with `user_suspended`. */
export function faceCapturableCheck(tenant: TenantRecord, userId: string): Write {
  const check = capturableCheck(tenant, userId, []);
  if (!('check' in check) || check.check !== 'users') throw new Error('it is a check of the user');
  const { palmRestriction: _, ...where } = check.where;
  return { ...check, where };
}

/** What the tenant demands, with the thresholds of the palm model whose matcher the development vendor uses. */
export async function facePolicy(context: Context, tenant: TenantRecord): Promise<FacePolicy> {
  const { deployment, store } = context;
  const { matchPolicy, qualityMin, livenessMin } = tenant.config;
  const thresholds =
    deployment.palmModel === 'large' ? deployment.thresholds : await thresholdsInForce(store, 'large');
  return { thresholds, matchPolicy, qualityMin, livenessMin };
}

export function notRegistered(): ThenarError {
  return new ThenarError('face_not_registered', 'This user has no face registered.');
}
