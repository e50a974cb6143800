/** Attempt limits that survive a restart: every failure is committed before it is answered. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { type AuditEntry, PLATFORM_TENANT, type Write } from '../../engine/ports.ts';
import type { JsonObject } from '../../engine/records.ts';
import { type AttemptKind, afterFailure, lockedForMs } from '../../engine/secrets/attempts.ts';
import type { Context } from '../context.ts';

/** @throws ThenarError too_many_attempts while the target is locked. */
export async function assertNotLocked(context: Context, target: string): Promise<void> {
  const record = await context.store.get('attempts', { target });
  const lockedMs = lockedForMs(record, context.clock.now());
  if (lockedMs > 0) {
    throw new ThenarError('too_many_attempts', 'Too many failed attempts; try again later.', {
      retryAfterMs: lockedMs,
    });
  }
}

export type OneAtATime = <T>(target: string, attempt: (target: string) => Promise<T>) => Promise<T>;

/**
 * Tries against one target in turn: a hundred guesses at once would otherwise all be let through before the first of
 * them is counted. The returned function throws `engine_busy` when too many wait for one target.
 */
export function oneAtATime(): OneAtATime {
  const tails = new Map<string, { waiting: number; last: Promise<unknown> }>();
  return (target, attempt) => {
    const tail = tails.get(target) ?? { waiting: 0, last: Promise.resolve() };
    if (tail.waiting >= limits.login_failures_max) {
      return Promise.reject(
        new ThenarError('engine_busy', 'Too many attempts at once.', { retryAfterMs: 1_000 }),
      );
    }
    tail.waiting += 1;
    tails.set(target, tail);
    const turn = tail.last
      .catch(() => undefined)
      .then(() => attempt(target))
      .finally(() => {
        tail.waiting -= 1;
        if (tail.waiting === 0) tails.delete(target);
      });
    tail.last = turn;
    return turn;
  };
}

/** Counts one failure and locks the target when it was one too many. */
export async function noteFailure(
  context: Context,
  kind: AttemptKind,
  target: string,
  actor: string,
  details: JsonObject,
): Promise<void> {
  const counted = await failureWrites(context, kind, target, actor, details);
  await context.store.commit({ tenantId: PLATFORM_TENANT, ...counted });
}

/** The same as part of another commit, for tries that are one at a time for their target. */
export async function failureWrites(
  context: Context,
  kind: AttemptKind,
  target: string,
  actor: string,
  details: JsonObject,
): Promise<{ readonly writes: readonly Write[]; readonly audit: readonly AuditEntry[] }> {
  const now = context.clock.now();
  const record = await context.store.get('attempts', { target });
  const next = afterFailure(target, record, now);
  const locked = next.lockedUntil !== null && next.lockedUntil > now;
  return {
    writes: [{ upsert: 'attempts', row: next }],
    audit: [
      {
        eventType: `${kind}_failed`,
        severity: locked ? 'warning' : 'info',
        actor,
        details: { ...details, locked },
      },
    ],
  };
}

/** A success forgets what was held against the target. */
export async function noteSuccess(context: Context, target: string): Promise<void> {
  if ((await context.store.get('attempts', { target })) === null) return;
  await context.store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [{ delete: 'attempts', where: { target } }],
  });
}
