/**
 * One queue a tenant for everything that changes its palm log: enrolments, replacements, erasures. Two concurrent
 * enrolments of one palm can therefore not both pass the duplicate check. Identification does not pass here.
 */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Context } from '../context.ts';
import type { ActorKind, Behaviour, Outcome, Reply, Self } from '../kernel/types.ts';
import { refusing } from '../refusal.ts';

/** What a job leaves: its value, and the last position of the palm log when it moved. */
export interface JobResult<T> {
  readonly value: T;
  readonly position: number | null;
}

interface Job {
  readonly name: string;
  readonly work: (position: number) => Promise<JobResult<unknown>>;
  readonly deadline: number;
  readonly reply: Reply<unknown>;
}

export type LaneMessage =
  | ({ readonly type: 'run' } & Job)
  | { readonly type: 'done'; readonly job: Job; readonly outcome: Outcome<JobResult<unknown>> };

interface LaneState {
  readonly tenantId: string;
  /** Last position of the tenant's palm log; null when it must be read again. */
  position: number | null;
  readonly queue: Job[];
  running: string | null;
}

export const laneKind: ActorKind<LaneMessage> = { name: 'enrolment' };

/**
 * Runs `work` alone among the tenant's palm changes, in order of arrival.
 * @throws ThenarError `engine_busy` when too many wait, `deadline_exceeded`, or what `work` throws
 */
export function inLane<T>(
  context: Context,
  tenantId: string,
  name: string,
  deadline: number,
  work: (position: number) => Promise<JobResult<T>>,
): Promise<T> {
  return context.directory.ask<LaneMessage, T>(laneKind, tenantId, deadline, (reply) => ({
    type: 'run',
    name,
    work,
    deadline,
    reply: reply as Reply<unknown>,
  }));
}

export function laneBehaviour(context: Context): Behaviour<LaneState, LaneMessage> {
  return {
    kind: laneKind,
    load: async (tenantId) => ({ tenantId, position: null, queue: [], running: null }),
    receive: refusing((state, message, self) => {
      switch (message.type) {
        case 'run':
          if (state.queue.length >= limits.enrolment_queue_max) {
            throw new ThenarError('engine_busy', 'Too many enrolments wait at this tenant.', {
              retryAfterMs: 1_000,
            });
          }
          state.queue.push(message);
          break;
        case 'done':
          done(state, message);
          break;
        default:
          message satisfies never;
      }
      next(context, state, self);
      return state;
    }),
    idle: (state) => state.running === null && state.queue.length === 0,
    stateName: (state) => (state.running === null ? 'idle' : 'busy'),
    describe: (state) => ({ running: state.running, waiting: state.queue.length, position: state.position }),
  };
}

function done(state: LaneState, message: Extract<LaneMessage, { type: 'done' }>): void {
  const { job, outcome } = message;
  state.running = null;
  if (outcome.ok) {
    if (outcome.value.position !== null) state.position = outcome.value.position;
    job.reply.ok(outcome.value.value);
  } else {
    // The commit may have taken effect all the same: ask the log where it stands.
    state.position = null;
    job.reply.fail(outcome.error);
  }
}

function next(context: Context, state: LaneState, self: Self<LaneMessage>): void {
  while (state.running === null) {
    const job = state.queue.shift();
    if (job === undefined) return;
    if (context.clock.monotonic() >= job.deadline) {
      job.reply.fail(new ThenarError('deadline_exceeded', 'The enrolment waited too long for its turn.'));
      continue;
    }
    state.running = job.name;
    const known = state.position;
    self.effect(
      async () => job.work(known ?? (await readPosition(context, state.tenantId))),
      (outcome) => ({ type: 'done', job, outcome }),
    );
  }
}

async function readPosition(context: Context, tenantId: string): Promise<number> {
  return (await context.store.get('tenantHeads', { tenantId }))?.palmPosition ?? 0;
}
