/** A check's life: opened, taken by the provider, ended once: verified, rejected or expired. */
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { KycSessionRecord } from '../records.ts';
import type { KycCallback, KycOutcome, KycStarted } from './provider.ts';

export function newKycSession(
  facts: Pick<KycSessionRecord, 'sessionId' | 'tenantId' | 'userId' | 'provider'>,
  now: number,
): KycSessionRecord {
  return {
    ...facts,
    status: 'pending',
    reference: null,
    random: null,
    redirectUrl: null,
    reason: null,
    createdAt: now,
    startedAt: null,
    expiresAt: now + limits.kyc_session_life_s * 1000,
    completedAt: null,
    version: 1,
  };
}

export function isOverdue(session: KycSessionRecord, now: number): boolean {
  return session.status === 'pending' && session.expiresAt <= now;
}

/** The provider took it; the user has the session's whole life from here. */
export function kycStarted(session: KycSessionRecord, started: KycStarted, now: number): KycSessionRecord {
  const { outcome, ...shown } = started;
  const taken: KycSessionRecord = {
    ...session,
    ...shown,
    startedAt: now,
    expiresAt: now + limits.kyc_session_life_s * 1000,
    version: session.version + 1,
  };
  return outcome === null ? taken : { ...ended(taken, outcome, null, now), version: taken.version };
}

/** What was only shown to the user goes with the end. */
function ended(
  session: KycSessionRecord,
  outcome: KycOutcome,
  reason: string | null,
  now: number,
): KycSessionRecord {
  return {
    ...session,
    status: outcome,
    reason,
    random: null,
    redirectUrl: null,
    completedAt: now,
    version: session.version + 1,
  };
}

/**
 * The session after a callback, which may come before its start was recorded.
 * @returns null when the callback decides nothing
 * @throws ThenarError kyc_session_over
 */
export function kycDecided(
  session: KycSessionRecord,
  said: KycCallback,
  now: number,
): KycSessionRecord | null {
  if (session.status !== 'pending' || isOverdue(session, now)) throw sessionOver(session);
  if (said.outcome === null) return null;
  const known = {
    ...session,
    reference: session.reference ?? said.reference,
    startedAt: session.startedAt ?? now,
  };
  return ended(known, said.outcome, said.reason, now);
}

/** Without an answer in time, or without a provider that took it. */
export function kycExpired(session: KycSessionRecord, reason: string, now: number): KycSessionRecord {
  return ended(session, 'expired', reason, now);
}

export function sessionOver(session: Pick<KycSessionRecord, 'status'>): ThenarError {
  return new ThenarError('kyc_session_over', 'This identity check is over.', {
    details: { status: session.status === 'pending' ? 'expired' : session.status },
  });
}
