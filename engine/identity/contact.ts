/** One way of writing each contact value, so that equal ones compare equal. */
import { ThenarError } from '../errors.ts';

/** Lower case throughout: no mail system that people use tells addresses apart by case. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}

/**
 * E.164: a plus and 7 to 15 digits. Takes the separators people type, `00` for the plus, and a number that begins
 * with its country without any.
 * @throws ThenarError validation_failed for a number that only has a meaning within one country
 */
export function normalMobile(mobile: string, field = 'mobile'): string {
  const digits = mobile.replace(/[\s().-]/g, '').replace(/^(\+|00)/, '');
  if (/^[1-9][0-9]{6,14}$/.test(digits)) return `+${digits}`;
  const message = 'must be an international number, like +966501234567';
  throw new ThenarError('validation_failed', `${field} ${message}.`, {
    details: { fields: [{ field, message }] },
  });
}
