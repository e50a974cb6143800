import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import { commonPasswords } from './common_passwords.ts';

export type PasswordFault = 'too_short' | 'too_long' | 'common' | 'contains_email' | 'contains_name';

export interface PasswordOwner {
  readonly email: string;
  /** Names that anybody would try first: the tenant's. */
  readonly names: readonly string[];
}

const sentences: Readonly<Record<PasswordFault, string>> = {
  too_short: `must have at least ${limits.password_length_min} characters`,
  too_long: `must have at most ${limits.password_bytes_max} bytes`,
  common: 'is one of the commonest passwords',
  contains_email: 'must not be the e-mail address or its first part',
  contains_name: 'must not be the name of the organisation',
};

/** Lower-case letters and digits, as people vary them; digits at the end are the commonest variation of all. */
function reduced(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}
const withoutTail = (text: string): string => text.replace(/\p{N}+$/u, '');

/** What is wrong with a new password of this owner, or null. */
export function passwordFault(password: string, owner: PasswordOwner): PasswordFault | null {
  if ([...password].length < limits.password_length_min) return 'too_short';
  if (Buffer.byteLength(password) > limits.password_bytes_max) return 'too_long';
  const plain = reduced(password);
  const stem = withoutTail(plain);
  const local = owner.email.split('@')[0] ?? '';
  if (password.toLowerCase().includes(owner.email.toLowerCase()) || is(local, plain, stem)) {
    return 'contains_email';
  }
  if (owner.names.some((name) => is(name, plain, stem))) return 'contains_name';
  if (commonPasswords.has(plain) || commonPasswords.has(stem) || isRun(plain)) return 'common';
  return null;
}

function is(name: string, plain: string, stem: string): boolean {
  const own = reduced(name);
  if (own === '') return false;
  return own === plain || own === stem || (withoutTail(own) !== '' && withoutTail(own) === stem);
}

/** Nothing left, one character again and again, or a run such as 12345678 or hgfedcba. */
function isRun(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const steps = new Set(codes.slice(1).map((code, at) => code - (codes[at] ?? 0)));
  if (steps.size <= 1) return [undefined, 0, 1, -1].includes([...steps][0]);
  // 1234567890 has one step of another length.
  return '01234567890123456789'.includes(text) || '98765432109876543210'.includes(text);
}

/** @throws ThenarError `password_too_weak` with `details.reason` and the field it was sent in */
export function assertPassword(password: string, owner: PasswordOwner, field: string): void {
  const reason = passwordFault(password, owner);
  if (reason === null) return;
  throw new ThenarError('password_too_weak', `${field} ${sentences[reason]}.`, {
    details: { reason, fields: [{ field, message: sentences[reason] }] },
  });
}
