/** What people agreed to, and what of it decides about their palms. */
import type { ConsentRecord, ConsentStatus } from '../records.ts';

/** A word of its name says so: `biometric`, `palm_recognition`, `biometric-processing`. Case does not matter. */
const PALMS = /(?:^|[^a-z])(?:biometric|palm)/i;

/**
 * Whether a kind of consent is about palms. Only these move a user's `consent_status`; every other kind (terms,
 * marketing) is recorded and decides nothing here, so that agreeing to a newsletter never opens a scanner.
 */
export function coversPalms(consentType: string): boolean {
  return PALMS.test(consentType);
}

/** The status of the user after this record: of several kinds about palms the last word counts. */
export function statusAfter(current: ConsentStatus, record: ConsentRecord): ConsentStatus {
  return coversPalms(record.consentType) ? record.status : current;
}

export interface Grant {
  readonly tenantId: string;
  readonly userId: string;
  readonly consentType: string;
  readonly consentVersion: string;
  readonly channel: string | null;
}

/** What stands after a grant; the same record when nothing changes by it. */
export function grantConsent(current: ConsentRecord | null, grant: Grant, now: number): ConsentRecord {
  if (current?.status === 'granted' && current.consentVersion === grant.consentVersion) return current;
  const version = (current?.version ?? 0) + 1;
  return { ...grant, status: 'granted', grantedAt: now, withdrawnAt: null, version };
}

/** What stands after a withdrawal; the same record when it was withdrawn before. */
export function withdrawConsent(current: ConsentRecord, now: number): ConsentRecord {
  if (current.status === 'withdrawn') return current;
  return { ...current, status: 'withdrawn', withdrawnAt: now, version: current.version + 1 };
}
