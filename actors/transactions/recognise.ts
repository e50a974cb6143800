/** Who shows a palm: 1:N identification, or what the device found itself. */
import { type ErrorCode, isThenarError } from '../../engine/errors.ts';
import type { MatchResult, Scan } from '../../engine/palm/types.ts';
import type { AuditEntry } from '../../engine/ports.ts';
import type { TenantRecord, UserRecord } from '../../engine/records.ts';
import type { DeviceCall } from '../calls.ts';
import { refusalError } from '../challenge/complete.ts';
import type { Context } from '../context.ts';
import { assertModelFits, identificationResult, measureScore, reportedResult } from '../palms/match.ts';
import { reportedPalm } from '../palms/reported.ts';
import { assertCapturable, assertHandAllowed, assertScanAcceptable } from '../palms/rules.ts';
import { refusalEntry } from '../palms/standing.ts';

export interface RecognisedUser {
  readonly user: UserRecord;
  readonly palmId: string;
  readonly result: MatchResult;
  readonly refusal: null;
}
/** Somebody, or nobody with what the best candidate had. */
export type Recognised =
  | RecognisedUser
  | {
      readonly user: null;
      readonly palmId: null;
      readonly result: MatchResult;
      /** Of somebody who matched and may not be used: what the audit log keeps of that. */
      readonly refusal: AuditEntry | null;
    };

export function nobody(result: MatchResult, refusal: AuditEntry | null): Recognised {
  return { user: null, palmId: null, result: { ...result, matched: false, featureId: null }, refusal };
}

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
    const palm = await reportedPalm(context, call.tenantId, scan);
    const result = reportedResult(context, tenant, scan, palm?.palmId ?? null, startedAt);
    return admit(context, tenant, call, scan.palmType, result, palm);
  }
  const found = await context.matcher.identify(call.tenantId, scan, call.deadline, call.span.context);
  if (!found.ok) throw refusalError(found);
  const { winner, result } = identificationResult(context, tenant, found.value, startedAt);
  measureScore(context, 'identify', result);
  return admit(context, tenant, call, scan.palmType, result, winner);
}

const unusable: readonly ErrorCode[] = [
  'user_not_found',
  'user_suspended',
  'consent_required',
  'kyc_required',
  'palm_restricted',
];

/** A palm that matches but may not be used (suspended, no consent, restricted) is somebody we do not recognise. */
async function admit(
  context: Context,
  tenant: TenantRecord,
  call: DeviceCall,
  hand: 'left' | 'right',
  result: MatchResult,
  palm: { readonly userId: string; readonly palmId: string } | null,
): Promise<Recognised> {
  if (!result.matched || palm === null) return nobody(result, null);
  const { userId, palmId } = palm;
  try {
    const { user } = await context.views.user(tenant.tenantId, { userId });
    assertCapturable(tenant, user);
    assertHandAllowed(user, hand);
    return { user, palmId, result, refusal: null };
  } catch (error) {
    if (!isThenarError(error, ...unusable)) throw error;
    const details = { device_id: call.deviceId };
    return nobody(result, refusalEntry(error, { actor: call.actor, userId, details }));
  }
}
