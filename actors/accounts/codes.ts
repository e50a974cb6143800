/** One-time codes: made, and tried five times at most, whoever tries. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Write } from '../../engine/ports.ts';
import type { OneTimeCodeRecord } from '../../engine/records.ts';
import { hashCode, newOneTimeCode } from '../../engine/secrets/codes.ts';
import { equalBytes } from '../../engine/secrets/generate.ts';
import { assertNotLocked, failureWrites } from '../commands/attempts.ts';
import type { Context } from '../context.ts';

/**
 * An address of a person as the audit log has it: the same every time, and nobody's once the key is gone. The log
 * outlives people, so it must not name them.
 */
export function addressee(context: Context, target: string): string {
  return Buffer.from(hashCode(context.codeKey, 'addressee', target))
    .toString('hex')
    .slice(0, 16);
}

export interface NewCode {
  readonly record: OneTimeCodeRecord;
  readonly code: string;
  /** Codes to the same target before it are dead: only the last message counts. */
  readonly writes: readonly Write[];
}

export function newCode(
  context: Context,
  about: Pick<OneTimeCodeRecord, 'tenantId' | 'purpose' | 'target' | 'deviceId'>,
): NewCode {
  const now = context.clock.now();
  const codeId = context.random.uuid();
  const code = newOneTimeCode(context.random);
  const record: OneTimeCodeRecord = {
    ...about,
    codeId,
    codeHash: hashCode(context.codeKey, codeId, code),
    attempts: 0,
    outcome: null,
    createdAt: now,
    expiresAt: now + limits.one_time_code_life_s * 1000,
  };
  const { tenantId, purpose, target, deviceId } = about;
  return {
    record,
    code,
    writes: [
      { delete: 'oneTimeCodes', where: { tenantId, purpose, target, deviceId } },
      { insert: 'oneTimeCodes', row: record },
    ],
  };
}

/** What a target's wrong codes are counted under, over all of its codes. */
export function codeLock(tenantId: string, target: string): string {
  return `code/${tenantId}/${target}`;
}

export interface Try {
  readonly tenantId: string;
  readonly target: string;
  /** The newest code for the target, or null when none was sent. */
  readonly record: OneTimeCodeRecord | null;
  readonly code: string;
  readonly actor: string;
}

/**
 * Is this the code? A wrong one is counted, against the code and against its target, before it is answered. Call it
 * one at a time for a target, and spend the code in the commit that it permits.
 * @throws ThenarError too_many_attempts while the target is locked
 */
export async function tryCode(context: Context, attempt: Try): Promise<boolean> {
  const { tenantId, target, record } = attempt;
  const lock = codeLock(tenantId, target);
  await assertNotLocked(context, lock);
  const live =
    record !== null && record.expiresAt > context.clock.now() && record.attempts < limits.code_attempts_max;
  const hash = hashCode(context.codeKey, record?.codeId ?? '', attempt.code);
  if (live && equalBytes(record.codeHash, hash)) return true;
  const { writes, audit } = await failureWrites(context, 'code', lock, attempt.actor, {
    target: addressee(context, target),
  });
  const counted: Write[] =
    record === null
      ? []
      : [
          {
            update: 'oneTimeCodes',
            where: { codeId: record.codeId },
            set: { attempts: record.attempts + 1 },
          },
        ];
  await context.store.commit({ tenantId, writes: [...writes, ...counted], audit });
  return false;
}

/** Part of the commit that a right code permits: it works once, and what was held against its target is forgotten. */
export function spendWrites(record: OneTimeCodeRecord): Write[] {
  return [
    { delete: 'oneTimeCodes', where: { codeId: record.codeId }, otherwise: 'invalid_grant' },
    { delete: 'attempts', where: { target: codeLock(record.tenantId, record.target) } },
  ];
}

export function wrongCode(): ThenarError {
  return new ThenarError('invalid_grant', 'The code is wrong or has expired.');
}
