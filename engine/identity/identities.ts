/** Identities of a user: what else names the person in the tenant. */
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { IdentityType, UserRecord } from '../records.ts';
import { normalEmail, normalMobile } from './contact.ts';

export const identityTypes = [
  'email',
  'mobile',
  'national_id',
  'external',
] as const satisfies readonly IdentityType[];

export function isIdentityType(text: string): text is IdentityType {
  return (identityTypes as readonly string[]).includes(text);
}

/** The user's own row is the truth of these, so that it and the identities cannot disagree. */
export const rowFields = {
  email: 'email',
  mobile: 'mobile',
  external: 'externalUserId',
} as const satisfies Partial<Record<IdentityType, keyof UserRecord>>;

export type RowIdentity = keyof typeof rowFields;

export function isRowIdentity(type: IdentityType): type is RowIdentity {
  return type in rowFields;
}

/**
 * One way of writing a value, so that equal ones compare equal.
 * @throws ThenarError validation_failed
 */
export function normalIdentity(type: IdentityType, value: string): string {
  switch (type) {
    case 'email':
      if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value.trim())) throw refused('must be an e-mail address');
      return normalEmail(value);
    case 'mobile':
      return normalMobile(value, 'value');
    case 'national_id':
      return normalNationalId(value);
    case 'external':
      return value;
    default:
      return type satisfies never;
  }
}

/** Letters and digits without the separators people type, in capitals. */
function normalNationalId(value: string): string {
  const plain = value
    .normalize('NFKC')
    .replace(/[\s./-]/g, '')
    .toUpperCase();
  if (!/^[A-Z0-9]{4,}$/.test(plain)) throw refused('must be four or more letters and digits');
  if (plain.length > limits.national_id_length_max) throw refused('is too long');
  return plain;
}

/** Enough to recognise one's own, too little to use: the last four. */
export function maskIdentity(type: IdentityType, value: string): string {
  return type === 'national_id' ? `${'•'.repeat(Math.max(4, value.length - 4))}${value.slice(-4)}` : value;
}

function refused(message: string): ThenarError {
  return new ThenarError('validation_failed', `value ${message}.`, {
    details: { fields: [{ field: 'value', message }] },
  });
}
