/** A small model of one node under load, in virtual time: a thread that does everything in turn, a worker, commits. */
import { Admission } from '../../engine/admission/admission.ts';
import { CallLimit } from '../../engine/admission/limit.ts';
import { VirtualClock } from './clock.ts';
import type { SeededRandom } from './random.ts';

/** Milliseconds of work of each stage of a call, on average, on a core of its own. */
const work = {
  arrive: 0.15,
  refuse: 0.05,
  begin: 0.35,
  worker: 1.4,
  decide: 0.3,
  commit: 2,
  answer: 0.25,
};

interface Job {
  readonly tenant: string;
  readonly since: number;
  readonly ms: number;
  readonly done: () => void;
}

/** One at a time, in order or tenants in turn; longer when more are busy than there are cores. */
class Station {
  readonly #queues = new Map<string, Job[]>();
  readonly node: ModelNode;
  readonly #batch: number;
  #busy = false;

  constructor(node: ModelNode, batch = 1) {
    this.node = node;
    this.#batch = batch;
  }

  run(ms: number, done: () => void, tenant = ''): void {
    const job = { tenant, since: this.node.clock.monotonic(), ms, done };
    const queue = this.#queues.get(tenant);
    if (queue === undefined) this.#queues.set(tenant, [job]);
    else queue.push(job);
    if (!this.#busy) this.#next();
  }

  waitedMs(): number {
    const now = this.node.clock.monotonic();
    return Math.max(0, ...[...this.#queues.values()].map(([first]) => now - first!.since));
  }

  #next(): void {
    const [first] = this.#queues;
    if (first === undefined) return;
    const [tenant, queue] = first;
    const jobs = queue.splice(0, this.#batch);
    this.#queues.delete(tenant);
    if (queue.length > 0) this.#queues.set(tenant, queue);
    this.#busy = true;
    this.node.busy += 1;
    const ms = Math.max(...jobs.map((job) => job.ms)) * Math.max(1, this.node.busy / this.node.cores);
    this.node.clock.after(ms, () => {
      this.#busy = false;
      this.node.busy -= 1;
      for (const { done } of jobs) done();
      if (!this.#busy) this.#next();
    });
  }
}

export interface Offer {
  readonly tenant: string;
  /** Calls a second. */
  readonly rate: number;
}

export interface Outcome {
  /** Milliseconds of each call that was done, from its arrival. */
  readonly took: number[];
  refused: number;
  /** Milliseconds until they were told. */
  readonly refusedAfter: number[];
}

export class ModelNode {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly admission: Admission;
  readonly limit: CallLimit;
  readonly cores = 2;
  busy = 0;
  readonly #main = new Station(this);
  readonly #worker = new Station(this);
  readonly #commits = new Map<string, Station>();
  readonly #outside: number;

  /** @param outsideMs what each call waits for somebody else's server */
  constructor(random: SeededRandom, outsideMs = 0) {
    this.random = random;
    this.#outside = outsideMs;
    // A timer is a turn of the thread as well.
    const turns = {
      monotonic: () => this.clock.monotonic(),
      after: (ms: number, fire: () => void) => this.clock.after(ms, () => this.#main.run(0.01, fire)),
    };
    const waitedMs = () =>
      this.#worker.waitedMs() + Math.max(0, ...[...this.#commits.values()].map((each) => each.waitedMs()));
    this.limit = new CallLimit(turns, { waitedMs });
    this.admission = new Admission(turns, this.limit);
  }

  /** Milliseconds of work, now and then several times as much. */
  #work(mean: number): number {
    return mean * (0.5 - 0.5 * Math.log(1 - this.random.fraction()));
  }

  call(tenant: string, outcome: Outcome): void {
    const since = this.clock.monotonic();
    const refused = (): void => {
      this.#main.run(this.#work(work.refuse), () => {
        outcome.refused += 1;
        outcome.refusedAfter.push(this.clock.monotonic() - since);
      });
    };
    const go = (): void => {
      this.#main.run(this.#work(work.begin), () =>
        this.#worker.run(
          this.#work(work.worker),
          () =>
            this.#main.run(this.#work(work.decide), () =>
              this.clock.after(this.#outside, () =>
                this.#commit(tenant).run(this.#work(work.commit), () =>
                  this.#main.run(this.#work(work.answer), () => {
                    outcome.took.push(this.clock.monotonic() - since);
                    this.admission.leave(tenant);
                  }),
                ),
              ),
            ),
          tenant,
        ),
      );
    };
    this.#main.run(this.#work(work.arrive), () => {
      const entry = this.admission.enter(tenant, (letIn) => (letIn ? go() : refused()));
      if (entry === 'in') go();
      else if (entry === 'refused') refused();
    });
  }

  #commit(tenant: string): Station {
    const known = this.#commits.get(tenant);
    if (known !== undefined) return known;
    const station = new Station(this, 64);
    this.#commits.set(tenant, station);
    return station;
  }

  /** Independent arrivals for so long, and then until all are answered; those of the first second are not told. */
  offer(offers: readonly Offer[], seconds: number): Record<string, Outcome> {
    const from = this.clock.monotonic() + 1000;
    const until = from + seconds * 1000;
    const outcomes: Record<string, Outcome> = {};
    for (const { tenant, rate } of offers) {
      const outcome: Outcome = { took: [], refused: 0, refusedAfter: [] };
      outcomes[tenant] = outcome;
      const next = (): void => {
        this.clock.after((-Math.log(1 - this.random.fraction()) * 1000) / rate, () => {
          if (this.clock.monotonic() > until) return;
          const told = this.clock.monotonic() >= from;
          this.call(tenant, told ? outcome : { took: [], refused: 0, refusedAfter: [] });
          next();
        });
      };
      next();
    }
    while (this.clock.step());
    return outcomes;
  }

  /** Each next call when the one before is answered. */
  closed(tenant: string, lanes: number, calls: number): Outcome & { readonly perSecond: number } {
    const outcome = { took: [] as number[], refused: 0, refusedAfter: [] as number[] };
    const from = this.clock.monotonic();
    let started = 0;
    let ended = 0;
    while (ended < calls) {
      while (started - ended < lanes && started < calls) {
        started += 1;
        this.call(tenant, outcome);
      }
      this.clock.step();
      ended = outcome.took.length + outcome.refused;
    }
    return { ...outcome, perSecond: (calls / (this.clock.monotonic() - from)) * 1000 };
  }
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}
