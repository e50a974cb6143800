/**
 * What the engine counts of itself while it works. These are plain numbers, read when somebody asks for them: counting
 * allocates nothing once a label value was seen, and nothing here knows in which format it will be told. Label values
 * come from closed sets (operations, kinds, outcomes), never from people, so the sets bound what is kept.
 */
import type { ErrorCode } from './errors.ts';
import type { Spent } from './index/laps.ts';

/** Seconds: from an answer out of memory to the deadline of a request. */
const requestSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Seconds: what a worker does in parts of a millisecond, up to the longest wait for one. */
const workSeconds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
/** Seconds: from a scanner at hand to one that comes back after a cut of its line. */
const answerSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];
/** Seconds: what people take, from a palm that is shown at once to the longest life of a challenge. */
const humanSeconds = [0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600];
/** Templates compared exactly for one probe. */
const comparedTemplates = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256];
/** Fused scores lie between 0 and 1; decisions are made in the upper half. */
const fusedScores = [0.1, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 1];

/** Something that only rises. */
export class Count {
  value = 0;
}

/** How often values came, by the bucket that they fall into. */
export class Distribution {
  readonly bounds: readonly number[];
  /** For each bound those at most it and above the one before; at the end those above all bounds. */
  readonly counts: Float64Array;
  sum = 0;

  /** @param bounds ascending */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** @param value in the unit of the bounds; one below 0, of a clock that was set back, counts as 0 */
  observe(value: number): void {
    const held = value > 0 ? value : 0;
    const { bounds, counts } = this;
    let at = 0;
    while (at < bounds.length && held > bounds[at]!) at += 1;
    counts[at] = counts[at]! + 1;
    this.sum += held;
  }
}

/** One counter or distribution for each value of one label, or of two. */
export class Labelled<T, A extends string = string, B extends string = string> {
  readonly #make: () => T;
  readonly #of = new Map<string, Map<string, T>>();

  constructor(make: () => T) {
    this.#make = make;
  }

  of(one: A, other: B | '' = ''): T {
    let row = this.#of.get(one);
    if (row === undefined) {
      row = new Map();
      this.#of.set(one, row);
    }
    let found = row.get(other);
    if (found === undefined) {
      found = this.#make();
      row.set(other, found);
    }
    return found;
  }

  *[Symbol.iterator](): Generator<readonly [one: string, other: string, T]> {
    for (const [one, row] of this.#of) for (const [other, value] of row) yield [one, other, value];
  }
}

interface Operation {
  /** How many ended with each outcome. */
  readonly outcomes: Map<string | number, number>;
  readonly seconds: Distribution;
}

/** Requests, or calls of scanners: how often each operation ended how, and how long it took. */
export class Calls {
  readonly operations = new Map<string, Operation>();

  /** @param outcome an HTTP status, or `ok` or an error code */
  record(operation: string, outcome: string | number, milliseconds: number): void {
    const { outcomes, seconds } = this.#of(operation);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    seconds.observe(milliseconds / 1000);
  }

  /** One that was turned away before anything was done for it: it says nothing about how long such take. */
  turnedAway(operation: string, outcome: string): void {
    const { outcomes } = this.#of(operation);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }

  #of(operation: string): Operation {
    let found = this.operations.get(operation);
    if (found === undefined) {
      found = { outcomes: new Map(), seconds: new Distribution(requestSeconds) };
      this.operations.set(operation, found);
    }
    return found;
  }
}

const count = (): Count => new Count();
const distribution = (bounds: readonly number[]) => (): Distribution => new Distribution(bounds);

/** What came of a handshake with a device: `refused` is one that TLS let through and the certificate check did not. */
export type HandshakeOutcome = 'done' | 'refused' | 'failed';
export type MatchOperation = 'verify' | 'identify' | 'duplicates' | 'prepare';
/** `read` turns a scan into a probe, or scans into templates. */
export type MatchPhase = 'queue' | 'read' | 'search' | 'compare';

const phases: Readonly<Record<MatchOperation, readonly MatchPhase[]>> = {
  prepare: ['queue', 'read'],
  verify: ['queue', 'read', 'compare'],
  identify: ['queue', 'read', 'search', 'compare'],
  duplicates: ['queue', 'read', 'search', 'compare'],
};

/**
 * Milliseconds of each phase that an operation has, in their order.
 * @param totalMs from when it was asked for: what of that was not the worker's work was waiting
 */
export function phasesOf(
  operation: MatchOperation,
  totalMs: number,
  { read, search, compare }: Spent,
): readonly (readonly [MatchPhase, number])[] {
  const spent = { queue: totalMs - read - search - compare, read, search, compare };
  return phases[operation].map((phase) => [phase, spent[phase]] as const);
}

/** All counts of one engine; made by the composition root, reported to wherever something happens. */
export class Meter {
  readonly http = { public: new Calls(), device: new Calls(), ops: new Calls() } as const;
  readonly scannerCalls = new Calls();
  readonly handshakes = new Labelled<Count, HandshakeOutcome>(count);
  /** From the accepted connection, its wait for a turn included. */
  readonly handshakeSeconds = new Distribution(requestSeconds);
  /** Ends of scanner connections by close code; `other` for codes that are not ours. */
  readonly closes = new Labelled<Count>(count);
  /** Calls of the engine that went out on a socket, by method. */
  readonly pushes = new Labelled<Count>(count);
  readonly acknowledgementSeconds = new Labelled<Distribution>(distribution(answerSeconds));
  /** Ended challenges by type and last state. */
  readonly challenges = new Labelled<Count>(count);
  /** Of challenges that were answered with a palm: from their creation. */
  readonly challengeSeconds = new Labelled<Distribution>(distribution(humanSeconds));
  readonly matchSeconds = new Labelled<Distribution, MatchOperation, MatchPhase>(distribution(workSeconds));
  readonly compared = new Labelled<Distribution, MatchOperation>(distribution(comparedTemplates));
  /** The best candidate's score. */
  readonly scores = new Labelled<Distribution, 'verify' | 'identify', 'matched' | 'not_matched'>(
    distribution(fusedScores),
  );
  readonly webhookAttempts = new Labelled<Count, 'delivered' | 'retry' | 'gone' | 'failed'>(count);
  readonly webhookSeconds = new Distribution(requestSeconds);
  /** Of traces: taken by the collector, dropped for a full queue, or not taken. */
  readonly spans = new Labelled<Count, 'exported' | 'dropped' | 'failed'>(count);
  /** What linked services answered, or why they were not heard. */
  readonly serviceAnswers = new Labelled<Count>(count);

  /**
   * A matching task ended.
   * @param totalMs from when it was asked for
   */
  matched(operation: MatchOperation, totalMs: number, spent: Spent): void {
    for (const [phase, ms] of phasesOf(operation, totalMs, spent))
      this.matchSeconds.of(operation, phase).observe(ms / 1000);
    if (operation !== 'prepare') this.compared.of(operation).observe(spent.compared);
  }
}

/** Seconds of actors' activations: what a few reads of the database take. */
export const activationDistribution = distribution(workSeconds);

export type CallOutcome = 'ok' | ErrorCode;
