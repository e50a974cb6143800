/** Sign-up at a scanner as both of its planes show it. */
import { boolean, object, string, type TypeOf, text, time, uuid } from '../http/schema.ts';
import { timestamp } from './time.ts';

/** A number as people type it; with its country, which the engine checks. */
export const mobileText = text({ max: 32, pattern: '^\\+?[0-9][0-9 ().-]{3,30}$' });

export const signupStartSchema = object({ mobile: mobileText });
export const signupStartedSchema = object({ challenge_id: uuid, expires_at: time });

export function signupStartedWire(started: {
  readonly challengeId: string;
  readonly expiresAt: number;
}): TypeOf<typeof signupStartedSchema> {
  return { challenge_id: started.challengeId, expires_at: timestamp(started.expiresAt) };
}

export const signupVerifySchema = object({ challenge_id: uuid, code: text({ max: 16 }) });
export const signupVerifiedSchema = object({ user_id: string, is_new_user: boolean, palm_enrolled: boolean });

export function signupVerifiedWire(verified: {
  readonly userId: string;
  readonly isNewUser: boolean;
  readonly palmEnrolled: boolean;
}): TypeOf<typeof signupVerifiedSchema> {
  return {
    user_id: verified.userId,
    is_new_user: verified.isNewUser,
    palm_enrolled: verified.palmEnrolled,
  };
}
