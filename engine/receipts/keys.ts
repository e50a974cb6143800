/** The life of receipt keys: each signs for a year, and is published for as long as receipts are to be verified. */
import { limits } from '../limits.ts';
import type { ReceiptKeyRecord } from '../records.ts';
import type { SigningPeriod } from '../tokens/signingKey.ts';

const DAY_MS = 24 * 3600 * 1000;

export interface ReceiptKeyPlan {
  /** The period of the key that must be made now, or null. */
  readonly create: SigningPeriod | null;
  /** Keys whose private part has signed its last. */
  readonly disarm: readonly string[];
  /** Keys whose last receipt is past its time. */
  readonly retire: readonly string[];
}

/** Decides what is due; call it at start and regularly. The next key is published before it signs. */
export function receiptKeysDue(
  keys: readonly Omit<ReceiptKeyRecord, 'publicJwk' | 'alg'>[],
  now: number,
): ReceiptKeyPlan {
  const lastUntil = Math.max(0, ...keys.map((key) => key.signsUntil));
  const due = lastUntil - limits.signing_key_publish_s * 1000 <= now;
  const disarmed = keys.filter((key) => key.privateKey !== null && key.signsUntil <= now);
  return {
    create: due ? periodFrom(Math.max(lastUntil, now)) : null,
    disarm: disarmed.map((key) => key.kid),
    retire: keys.filter((key) => key.verifiesUntil <= now).map((key) => key.kid),
  };
}

function periodFrom(signsFrom: number): SigningPeriod {
  const signsUntil = signsFrom + limits.receipt_key_life_days * DAY_MS;
  return { signsFrom, signsUntil, verifiesUntil: signsUntil + limits.receipt_life_days * DAY_MS };
}
