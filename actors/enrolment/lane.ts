/**
 * One queue a tenant for everything that changes its palm log: enrolments, replacements, erasures. Identification does
 * not pass here.
 *
 * Two concurrent enrolments of one palm cannot both pass the duplicate check, although first enrolments run side by
 * side: their order is that of their admission, and each is compared with the shard as it was admitted and, exactly,
 * with the templates of all those admitted before it that have not ended. Of two that match, the later one waits for
 * the end of the earlier one, so nothing ever waits in a circle. Whatever takes palms away, or concerns a user who is
 * being enrolled, has the queue to itself.
 */
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { PreparedTemplate } from '../../engine/ports.ts';
import type { PalmRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import type { ActorKind, Behaviour, Outcome, Reply, Self } from '../kernel/types.ts';
import { refusing } from '../refusal.ts';

/** What a job leaves: its value, and the last position of the palm log when it moved. */
export interface JobResult<T> {
  readonly value: T;
  readonly position: number | null;
}

/** A first enrolment admitted before, which has not ended. */
export interface EarlierEnrolment {
  readonly userId: string;
  readonly templates: readonly PreparedTemplate[];
  /** Its palms once they are committed and indexed; null when it failed, or nobody knows. Never rejects. */
  readonly ended: Promise<readonly PalmRecord[] | null>;
}

/** What a job finds when it is admitted. */
export interface Admission {
  /** The palm log up to here is committed. */
  readonly position: number;
  /** Those whose palms may be beyond that position. */
  readonly earlier: readonly EarlierEnrolment[];
  /** Where the log stands now, when nothing that was begun before can still be added to it. */
  readonly present: () => Promise<number>;
}

/** A first enrolment: it adds palms to a user who has none of their hands, and takes nothing away. */
export interface FirstEnrolment {
  readonly userId: string;
  readonly templates: readonly PreparedTemplate[];
}

interface Job {
  readonly name: string;
  /** Null: runs alone. */
  readonly first: FirstEnrolment | null;
  readonly work: (admission: Admission) => Promise<JobResult<unknown>>;
  readonly deadline: number;
  readonly reply: Reply<unknown>;
}

/** What an admitted job did, and the position that it was admitted at. */
interface Ended {
  readonly result: JobResult<unknown>;
  readonly admittedAt: number;
}

/** An admitted job. */
interface Running {
  /** Null: it runs alone. */
  readonly earlier: EarlierEnrolment | null;
  /** How often a commit had failed by then, see {@link done}. */
  readonly failures: number;
  readonly end: (palms: readonly PalmRecord[] | null) => void;
}

export type LaneMessage =
  | ({ readonly type: 'run' } & Job)
  | { readonly type: 'done'; readonly job: Job; readonly outcome: Outcome<Ended> };

interface LaneState {
  readonly tenantId: string;
  /** Last position of the tenant's palm log that is known to be committed; null when it must be read again. */
  position: number | null;
  failures: number;
  readonly queue: Job[];
  /** Under way, in order of admission. */
  readonly running: Map<Job, Running>;
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
  return run(context, tenantId, { name, first: null, deadline, work: ({ position }) => work(position) });
}

/**
 * Runs a first enrolment beside others, admitted in order of arrival.
 * @throws ThenarError as {@link inLane}
 */
export function besideOthers(
  context: Context,
  tenantId: string,
  first: FirstEnrolment,
  deadline: number,
  work: (admission: Admission) => Promise<JobResult<readonly PalmRecord[]>>,
): Promise<readonly PalmRecord[]> {
  return run(context, tenantId, { name: 'enrol', first, deadline, work });
}

function run<T>(context: Context, tenantId: string, job: Omit<Job, 'reply'>): Promise<T> {
  return context.directory.ask<LaneMessage, T>(laneKind, tenantId, job.deadline, (reply) => ({
    type: 'run',
    ...job,
    reply: reply as Reply<unknown>,
  }));
}

export function laneBehaviour(context: Context): Behaviour<LaneState, LaneMessage> {
  // Outlives the actors: one that starts again has not seen what its predecessor's work ended in.
  const doubts = new Map<string, number>();
  return {
    kind: laneKind,
    load: async (tenantId) => ({ tenantId, position: null, failures: 0, queue: [], running: new Map() }),
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
      admit(context, doubts, state, self);
      return state;
    }),
    idle: (state) => state.running.size === 0 && state.queue.length === 0,
    stateName: (state) => (state.running.size === 0 ? 'idle' : 'busy'),
    describe: (state) => ({
      running: [...state.running.keys()].map((job) => job.name),
      waiting: state.queue.length,
      position: state.position,
    }),
  };
}

function done(state: LaneState, message: Extract<LaneMessage, { type: 'done' }>): void {
  const { job, outcome } = message;
  const running = state.running.get(job);
  state.running.delete(job);
  if (!outcome.ok) {
    running?.end(null);
    // The commit may have taken effect all the same: ask the log where it stands.
    state.position = null;
    state.failures += 1;
    job.reply.fail(outcome.error);
    return;
  }
  const { result, admittedAt } = outcome.value;
  // What a job read before another one failed does not say where that one's commit went.
  if (running?.failures === state.failures) {
    state.position = Math.max(state.position ?? 0, admittedAt, result.position ?? 0);
  }
  job.reply.ok(result.value);
}

function admit(
  context: Context,
  doubts: Map<string, number>,
  state: LaneState,
  self: Self<LaneMessage>,
): void {
  for (let job = state.queue[0]; job !== undefined; job = state.queue[0]) {
    if (context.clock.monotonic() >= job.deadline) {
      state.queue.shift();
      job.reply.fail(new ThenarError('deadline_exceeded', 'The enrolment waited too long for its turn.'));
      continue;
    }
    if (!admissible(state, job)) return;
    state.queue.shift();
    start(context, doubts, state, job, self);
  }
}

/** The first of the queue waits for what it may not run beside, and the others behind it: nobody is overtaken. */
function admissible({ running }: LaneState, { first }: Job): boolean {
  if (running.size === 0) return true;
  if (first === null || running.size >= limits.enrolments_at_once_max) return false;
  for (const { earlier } of running.values()) {
    if (earlier === null || earlier.userId === first.userId) return false;
  }
  return true;
}

function start(
  context: Context,
  doubts: Map<string, number>,
  state: LaneState,
  job: Job,
  self: Self<LaneMessage>,
): void {
  const { tenantId, position, failures } = state;
  const before = [...state.running.values()].flatMap(({ earlier }) => earlier ?? []);
  let end: Running['end'] = () => {};
  const ended = new Promise<readonly PalmRecord[] | null>((resolve) => {
    end = resolve;
  });
  state.running.set(job, { earlier: job.first === null ? null : { ...job.first, ended }, failures, end });
  self.effect(
    async (): Promise<Ended> => {
      try {
        const present = () => settledPosition(context, doubts, tenantId);
        const admittedAt = position ?? (await present());
        const result = await job.work({ position: admittedAt, earlier: before, present });
        // Whoever waits for this one hears of it here: the message below is dropped when this actor starts again.
        end(job.first === null ? null : (result.value as readonly PalmRecord[]));
        return { result, admittedAt };
      } catch (error) {
        if (isThenarError(error, 'unavailable')) doubts.set(tenantId, (doubts.get(tenantId) ?? 0) + 1);
        end(null);
        throw error;
      }
    },
    (outcome) => ({ type: 'done', job, outcome }),
  );
}

/**
 * Last position of the tenant's palm log. A commit that ended without anybody knowing how may be in the database still,
 * and who is enrolled by it is found by nobody who looks before it takes effect. Only a later commit that moves the
 * tenant's logs shuts it out.
 */
async function settledPosition(
  context: Context,
  doubts: Map<string, number>,
  tenantId: string,
): Promise<number> {
  const doubt = doubts.get(tenantId);
  if (doubt !== undefined) {
    const audit = [{ eventType: 'palm_log_settled', severity: 'warning', actor: 'engine' }] as const;
    await context.store.commit({ tenantId, writes: [], audit });
    // Unless there was another one meanwhile.
    if (doubts.get(tenantId) === doubt) doubts.delete(tenantId);
  }
  return (await context.store.get('tenantHeads', { tenantId }))?.palmPosition ?? 0;
}
