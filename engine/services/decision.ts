/** From a verdict to what the device is told and what is recorded. */
import type { FailMode, JsonObject } from '../records.ts';
import type { Verdict } from './question.ts';

export interface Decision {
  readonly decision: 'allow' | 'deny';
  readonly displayMessage: string;
  readonly productReference: string | null;
  readonly decidedBy: 'service' | 'fail_mode';
  readonly reason: string | null;
}

/**
 * The service decides; where it could not be asked, its `failMode` does.
 * @param userId must not reach the device, whatever a service puts into its texts
 */
export function decideByVerdict(
  verdict: Verdict,
  failMode: FailMode,
  context: JsonObject,
  userId: string,
): Decision {
  switch (verdict.kind) {
    case 'answered': {
      const { decision } = verdict;
      const own = withoutUser(verdict.displayMessage, userId);
      return {
        decision,
        displayMessage: own ?? defaultMessage(decision, context),
        productReference: withoutUser(verdict.productReference, userId),
        decidedBy: 'service',
        reason: null,
      };
    }
    case 'refused':
      return {
        decision: 'deny',
        displayMessage: defaultMessage('deny', context),
        productReference: null,
        decidedBy: 'service',
        reason: `refused_${verdict.status}`,
      };
    case 'unavailable':
      return {
        decision: failMode,
        displayMessage: failMode === 'allow' ? defaultMessage('allow', context) : 'Service unavailable',
        productReference: null,
        decidedBy: 'fail_mode',
        reason: verdict.reason,
      };
  }
}

function withoutUser(text: string | null, userId: string): string | null {
  return text?.toLowerCase().includes(userId.toLowerCase()) === true ? null : text;
}

/** `Approved · SAR 50.00` where the device said how much it is about. */
export function defaultMessage(decision: 'allow' | 'deny', context: JsonObject): string {
  const word = decision === 'allow' ? 'Approved' : 'Declined';
  const amount = amountOf(context.amount);
  if (amount === null) return word;
  const { currency } = context;
  const named = typeof currency === 'string' && /^[A-Za-z]{3}$/.test(currency);
  return `${word} · ${named ? `${currency.toUpperCase()} ` : ''}${amount}`;
}

/** A plain decimal as the device wrote it; numbers with two places or as many as they have. */
function amountOf(amount: unknown): string | null {
  if (typeof amount === 'string') return /^\d{1,15}([.,]\d{1,4})?$/.test(amount) ? amount : null;
  if (typeof amount !== 'number' || !(amount >= 0 && amount < 1e15)) return null;
  const written = String(amount);
  if (!/^\d+(\.\d+)?$/.test(written)) return null;
  const places = Math.min(4, Math.max(2, written.split('.')[1]?.length ?? 0));
  return amount.toFixed(places);
}
