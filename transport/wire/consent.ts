/** Consent as every plane shows it. */

import { limits } from '../../engine/limits.ts';
import type { ConsentRecord } from '../../engine/records.ts';
import { named, object, oneOf, optional, string, type TypeOf, text, time, uuid } from '../http/schema.ts';
import { timestamp } from './time.ts';
import { erasureSchema } from './user.ts';

const word = text({ max: limits.consent_word_length_max, pattern: '^[\\w.:/ -]+$' });

/** What is agreed to: a kind, and the version of its text. */
export const consentFields = { consent_type: word, version: word };
export const consentTypeSchema = word;

const shown = {
  user_id: uuid,
  consent_type: string,
  version: string,
  status: oneOf('granted', 'withdrawn'),
  channel: optional(string),
  granted_at: time,
  withdrawn_at: optional(time),
};
export const consentSchema = named('Consent', object(shown));
/** With the receipt, where the palms were erased as well. */
export const withdrawalSchema = object({ ...shown, erasure: optional(erasureSchema) });

export function consentWire(record: ConsentRecord): TypeOf<typeof consentSchema> {
  return {
    user_id: record.userId,
    consent_type: record.consentType,
    version: record.consentVersion,
    status: record.status,
    ...(record.channel === null ? {} : { channel: record.channel }),
    granted_at: timestamp(record.grantedAt),
    ...(record.withdrawnAt === null ? {} : { withdrawn_at: timestamp(record.withdrawnAt) }),
  };
}
