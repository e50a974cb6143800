/** Who shows a palm: 1:N identification, or what the device found itself. */
import { isThenarError } from '../../engine/errors.ts';
import type { MatchResult, Scan } from '../../engine/palm/types.ts';
import type { TenantRecord, UserRecord } from '../../engine/records.ts';
import type { DeviceCall } from '../calls.ts';
import { refusalError } from '../challenge/complete.ts';
import type { Context } from '../context.ts';
import { assertModelFits, identificationResult, reportedResult } from '../palms/match.ts';
import { assertCapturable, assertHandAllowed, assertScanAcceptable } from '../palms/rules.ts';

export interface RecognisedUser {
  readonly user: UserRecord;
  readonly palmId: string;
  readonly result: MatchResult;
}
/** Somebody, or nobody with what the best candidate had. */
export type Recognised =
  | RecognisedUser
  | { readonly user: null; readonly palmId: null; readonly result: MatchResult };

export async function recognise(
  context: Context,
  tenant: TenantRecord,
  call: DeviceCall,
  scan: Scan,
): Promise<Recognised> {
  assertModelFits(context, scan);
  assertScanAcceptable(tenant, null, scan);
  const startedAt = context.clock.monotonic();
  if (scan.format === 'result') {
    const palm = await context.store.get('palms', { tenantId: call.tenantId, reference: scan.featureId });
    const result = reportedResult(context, tenant, scan, palm?.palmId ?? null, startedAt);
    return admit(context, tenant, scan.palmType, result, palm);
  }
  const found = await context.matcher.identify(call.tenantId, scan, call.deadline);
  if (!found.ok) throw refusalError(found);
  const { winner, result } = identificationResult(context, tenant, found.value, startedAt);
  return admit(context, tenant, scan.palmType, result, winner);
}

/** A palm that matches but may not be used (suspended, no consent, restricted) is somebody we do not recognise. */
async function admit(
  context: Context,
  tenant: TenantRecord,
  hand: 'left' | 'right',
  result: MatchResult,
  palm: { readonly userId: string; readonly palmId: string } | null,
): Promise<Recognised> {
  if (!result.matched || palm === null) return { user: null, palmId: null, result };
  const { userId, palmId } = palm;
  try {
    const { user } = await context.views.user(tenant.tenantId, { userId });
    assertCapturable(tenant, user);
    assertHandAllowed(user, hand);
    return { user, palmId, result };
  } catch (error) {
    if (!isThenarError(error, 'user_not_found', 'user_suspended', 'consent_required', 'palm_restricted'))
      throw error;
    return { user: null, palmId: null, result: { ...result, matched: false, featureId: null } };
  }
}
