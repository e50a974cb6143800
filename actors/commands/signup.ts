/** Sign-up at a scanner: a code to a mobile number, and the user it belongs to. */
import { targetName } from '../../engine/accounts/target.ts';
import { ThenarError } from '../../engine/errors.ts';
import { normalMobile } from '../../engine/identity/contact.ts';
import { limits } from '../../engine/limits.ts';
import type { JsonObject, OneTimeCodeRecord } from '../../engine/records.ts';
import { hashCode } from '../../engine/secrets/codes.ts';
import { equalBytes } from '../../engine/secrets/generate.ts';
import { addressee, codeLock, newCode, tryCode } from '../accounts/codes.ts';
import { findOrCreate } from '../accounts/find-user.ts';
import { postCode } from '../accounts/post.ts';
import type { SendLimits } from '../accounts/send-limits.ts';
import type { EngineApi } from '../api.ts';
import type { DeviceCall } from '../calls.ts';
import type { Context } from '../context.ts';
import { callingDevice } from '../device/calling.ts';

interface Outcome {
  readonly userId: string;
  readonly isNewUser: boolean;
}

export function signupCommands(context: Context, sendLimits: SendLimits): EngineApi['signup'] {
  const { guarded, store } = context;
  return {
    async start(call, input) {
      const { tenant } = await callingDevice(context, call, 'signup');
      const mobile = normalMobile(input.mobile);
      const { tenantId, deviceId } = call;
      const target = targetName({ mobile });
      sendLimits.take(tenantId, target, `device/${deviceId}`);
      const { record, code, writes } = newCode(context, { tenantId, purpose: 'signup', target, deviceId });
      const posting = postCode(context, tenant, { mobile }, code);
      await store.commit({
        tenantId,
        writes: [...writes, ...posting.writes],
        audit: [
          {
            eventType: 'signup_started',
            actor: call.actor,
            details: {
              challenge_id: record.codeId,
              target: addressee(context, target),
              device_id: deviceId,
            },
          },
        ],
      });
      posting.wake();
      return { challengeId: record.codeId, expiresAt: record.expiresAt };
    },
    async verify(call, { challengeId, code }) {
      await callingDevice(context, call, 'signup');
      const { tenantId, deviceId } = call;
      const where = { codeId: challengeId, tenantId, deviceId, purpose: 'signup' } as const;
      const asked = await store.get('oneTimeCodes', where);
      if (asked === null) throw unknown();
      const outcome = await guarded(codeLock(tenantId, asked.target), async () => {
        // Read again in turn: whoever tried before has counted, and may have completed it.
        const record = await store.get('oneTimeCodes', where);
        if (record === null) throw unknown();
        return record.outcome === null
          ? complete(context, call, record, code)
          : repeated(context, record, record.outcome, code);
      });
      const palms = await store.count('palms', { tenantId, userId: outcome.userId });
      return { ...outcome, palmEnrolled: palms > 0 };
    },
  };
}

async function complete(
  context: Context,
  call: DeviceCall,
  record: OneTimeCodeRecord,
  code: string,
): Promise<Outcome> {
  const { tenantId, target, codeId } = record;
  if (record.expiresAt <= context.clock.now()) {
    throw new ThenarError('challenge_expired', 'This code has expired; start again.');
  }
  if (record.attempts >= limits.code_attempts_max) throw usedUp();
  const right = await tryCode(context, { tenantId, target, record, code, actor: call.actor });
  if (!right) {
    if (record.attempts + 1 >= limits.code_attempts_max) throw usedUp();
    throw new ThenarError('code_invalid', 'The code is wrong.', {
      details: { attempts_left: limits.code_attempts_max - record.attempts - 1 },
    });
  }
  const mobile = target.slice('mobile/'.length);
  const { user, created } = await findOrCreate(
    context,
    tenantId,
    { mobile },
    { name: null, actor: call.actor },
    (found) => {
      const { userId } = found.user;
      return {
        writes: [
          {
            update: 'oneTimeCodes',
            where: { codeId, outcome: null },
            set: { outcome: { user_id: userId, is_new_user: found.created } },
            otherwise: 'challenge_completed',
          },
          { delete: 'attempts', where: { target: codeLock(tenantId, target) } },
        ],
        audit: [
          {
            eventType: 'signup_verified',
            actor: call.actor,
            userId,
            details: { challenge_id: codeId, is_new_user: found.created, device_id: call.deviceId },
          },
        ],
      };
    },
  );
  return { userId: user.userId, isNewUser: created };
}

/** A scanner that lost its answer asks again with the same code, and gets the same while the code would have lived. */
async function repeated(
  context: Context,
  record: OneTimeCodeRecord,
  outcome: JsonObject,
  code: string,
): Promise<Outcome> {
  const hash = hashCode(context.codeKey, record.codeId, code);
  if (record.expiresAt <= context.clock.now() || !equalBytes(record.codeHash, hash)) {
    throw new ThenarError('challenge_completed', 'This sign-up is completed.');
  }
  return { userId: String(outcome.user_id), isNewUser: outcome.is_new_user === true };
}

function unknown(): ThenarError {
  return new ThenarError('challenge_not_found', 'This device has no such sign-up.');
}

function usedUp(): ThenarError {
  return new ThenarError('too_many_attempts', 'This code was tried too often; start again.');
}
