import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Clock, Commit, CommitResult, Log, Random, Sealers } from '../../engine/ports.ts';
import type { TenantKeys } from '../keys/tenant-keys.ts';
import { type Batch, buildBatch, type Head, type Mark, movesHead } from './batch.ts';
import type { Client } from './client.ts';
import { readFailure, unavailable } from './failures.ts';
import { loadHead, makeMark, resolveOutcome } from './heads.ts';
import { isAuditTable } from './months.ts';
import type { Patience } from './patience.ts';
import { wait } from './reads.ts';
import { type Sent, send } from './send.ts';
import type { Unit } from './writes.ts';

export interface LaneContext {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly sealers: Sealers;
  /** See `TenantKeys`. */
  readonly settled: TenantKeys['settled'];
  readonly patience: Patience;
}

interface Waiting {
  readonly commit: Commit;
  /** `Clock.monotonic()` milliseconds. */
  readonly since: number;
  /** By when it must have started. */
  readonly startBy: number;
  resolve(result: CommitResult): void;
  reject(error: unknown): void;
}

/** `command` null: the failure is not any one command's. */
type Outcome =
  | { readonly kind: 'committed'; readonly results: readonly CommitResult[] }
  | { readonly kind: 'failed'; readonly command: number | null; readonly error: unknown };

const RETRY_MS = 25;
/** Deadlocks, or heads moved by another node, in a row: more means that something else is wrong. */
const CONTENTION_MAX = 8;

/** What a failed unit means to the command it belongs to; null: the head or mark was not where it should be. */
function meaning(
  unit: Unit | undefined,
  failure: Extract<Sent, { ok: false }>['failure'],
): ThenarError | null {
  if (failure.kind === 'failed') return failure.error;
  if (failure.kind === 'refused') {
    const refusal = unit?.refusals[failure.guard] ?? 'stale';
    return refusal === 'stale' ? null : new ThenarError(refusal, `The change was refused: ${refusal}.`);
  }
  if (failure.kind !== 'conflict') return unavailable(failure.cause);
  const named = unit?.conflicts.get(failure.table) ?? 'conflict';
  if (named === 'conflict' && (isAuditTable(failure.table) || failure.table === 'palm_log')) return null;
  const code = named === 'conflict' ? failure.code : named;
  return new ThenarError(code, `The change conflicts with what is there: ${code}.`);
}

/** What to answer when a failure that passes has not passed in time. */
function lateness(failure: Extract<Sent, { ok: false }>['failure']): ThenarError {
  return failure.kind === 'failed'
    ? failure.error
    : unavailable('cause' in failure ? failure.cause : failure);
}

/**
 * The commits of one tenant, one batch under way at a time; what arrives meanwhile becomes the next batch. So the
 * heads of the tenant's logs are known here and never waited for in the database.
 */
export function openLane(context: LaneContext, tenantId: string, idle: () => void) {
  const { client, clock, random, log, sealers, patience } = context;
  const waiting: Waiting[] = [];
  let running = false;
  /** `Clock.monotonic()` milliseconds when the batch under way was begun. */
  let begunAt = 0;
  let head: Head | null = null;
  let mark: Mark | null = null;

  const build = async (commits: readonly Commit[]): Promise<Batch> => {
    const moves = movesHead(commits);
    const audited = commits.some((commit) => (commit.audit?.length ?? 0) > 0);
    if (moves && head === null) head = await loadHead(client, tenantId);
    if (!audited && mark === null) mark = await makeMark(client, clock, tenantId, random.uuid());
    const batch = buildBatch(tenantId, commits, random.uuid(), clock.now(), head, mark, sealers);
    // Nothing is written under a key that a crash could take back.
    const unsettled = context.settled();
    if (unsettled !== null) await unsettled;
    return batch;
  };

  const accept = (batch: Batch): Outcome => {
    head = batch.head;
    if (batch.proof.kind === 'mark') mark = { laneId: batch.proof.laneId, batchId: batch.id };
    return { kind: 'committed', results: batch.results };
  };

  const forget = (): void => {
    head = null;
    mark = null;
  };

  /** Asks for the outcome until the server answers or the time is up; only then is anybody answered. */
  const resolve = async (batch: Batch, end: number): Promise<'committed' | 'aborted' | null> => {
    for (;;) {
      const outcome = await resolveOutcome(client, tenantId, batch, random.uuid());
      if (outcome !== null || clock.monotonic() > end) return outcome;
      await wait(clock, RETRY_MS);
    }
  };

  const attempt = async (commits: readonly Commit[]): Promise<Outcome> => {
    const end = clock.monotonic() + patience.waitMs;
    for (let contention = 0; ; ) {
      let batch: Batch;
      try {
        batch = await build(commits);
      } catch (error) {
        const failure = readFailure(error);
        if (failure.kind === 'failed' && !patience.triesAgain(failure)) {
          return { kind: 'failed', command: null, error: failure.error };
        }
        if (clock.monotonic() > end) return { kind: 'failed', command: null, error: unavailable(error) };
        await wait(clock, RETRY_MS);
        continue;
      }
      const sent = await send(client, clock, batch);
      if (sent.ok) return accept(batch);
      const { failure, at } = sent;
      if (failure.kind === 'unknown') {
        const outcome = await resolve(batch, clock.monotonic() + patience.waitMs);
        log.warn({ tenantId, outcome, err: failure.cause }, 'the connection was lost during a commit');
        if (outcome === 'committed') return accept(batch);
        forget();
        if (outcome === null) return { kind: 'failed', command: null, error: unavailable(failure.cause) };
      }
      const later = failure.kind === 'unknown' || failure.kind === 'away' || patience.triesAgain(failure);
      const passing = later || failure.kind === 'again';
      const error = passing ? null : meaning(batch.units[at ?? -1], failure);
      if (error !== null) return { kind: 'failed', command: batch.commandOf[at ?? -1] ?? null, error };
      if (!passing) forget();
      if (later) {
        if (clock.monotonic() > end) return { kind: 'failed', command: null, error: lateness(failure) };
        await wait(clock, RETRY_MS);
      } else {
        contention += 1;
        if (contention > CONTENTION_MAX) {
          return { kind: 'failed', command: null, error: unavailable(new Error('the tenant is contended')) };
        }
      }
    }
  };

  /**
   * Commits a run of commands. When one of them fails, those before it commit as a batch, it is tried by itself (it
   * may have failed only because of one before it), and those after it follow: order is kept and only it fails.
   */
  const settle = async (commands: readonly Waiting[]): Promise<void> => {
    const work: (readonly Waiting[])[] = [commands];
    for (let run = work.pop(); run !== undefined; run = work.pop()) {
      if (run.length === 0) continue;
      const outcome = await attempt(run.map((command) => command.commit));
      if (outcome.kind === 'committed') {
        run.forEach((command, index) => {
          command.resolve(outcome.results[index] as CommitResult);
        });
      } else if (run.length === 1 || (outcome.error as ThenarError).code === 'unavailable') {
        for (const command of run) command.reject(outcome.error);
      } else if (outcome.command === null) {
        work.push(...run.map((command) => [command]).reverse());
      } else {
        const k = outcome.command;
        work.push(run.slice(k + 1), run.slice(k, k + 1), run.slice(0, k));
      }
    }
  };

  const drain = async (): Promise<void> => {
    // Commands of the same turn of the event loop join the first batch.
    await null;
    while (waiting.length > 0) {
      refuseLate();
      const batch = waiting.splice(0, limits.group_commit_max);
      begunAt = clock.monotonic();
      try {
        await settle(batch);
      } catch (error) {
        // Settling answers every command itself; whatever escapes it must not leave one without an answer.
        for (const command of batch) command.reject(error);
      }
    }
    running = false;
    cancelLate();
    idle();
  };

  let cancelLate = (): void => {};
  /** What waits behind a batch that the server does not answer hears in its own time that it could not start. */
  const refuseLate = (): void => {
    const now = clock.monotonic();
    const late = waiting.findIndex((command) => command.startBy > now);
    for (const command of waiting.splice(0, late < 0 ? waiting.length : late)) {
      command.reject(unavailable(new Error('it waited too long')));
    }
    cancelLate();
    const [next] = waiting;
    cancelLate = next === undefined ? () => {} : clock.after(next.startBy - now, refuseLate);
  };

  return {
    commit: (commit: Commit): Promise<CommitResult> =>
      new Promise((resolveCommit, reject) => {
        if (waiting.length >= limits.commit_queue_max) {
          reject(
            new ThenarError('engine_busy', 'Too many changes wait to be stored.', { retryAfterMs: 1_000 }),
          );
          return;
        }
        const since = clock.monotonic();
        waiting.push({
          commit,
          since,
          startBy: since + patience.waitMs,
          resolve: resolveCommit,
          reject,
        });
        if (running) {
          if (waiting.length === 1) refuseLate();
          return;
        }
        running = true;
        void drain();
      }),
    busy: () => running,
    /**
     * Milliseconds that what has waited longest for the batch before has waited; 0 when nothing waits, and when that
     * batch goes unanswered: then the server is away, and fewer callers would not bring it back.
     */
    waitedMs: (now: number): number => {
      const [first] = waiting;
      return first === undefined || now - begunAt > limits.commit_unanswered_ms ? 0 : now - first.since;
    },
  };
}

export type Lane = ReturnType<typeof openLane>;
