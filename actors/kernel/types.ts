/**
 * The actor kernel's contract. `kernel.ts` implements it over nact; nothing else imports nact.
 * An actor is named by kind and key; callers hold addresses, never references to live objects.
 */
import type { Distribution } from '../../engine/meter.ts';
import type { Json, JsonObject } from '../../engine/records.ts';
import type { Counters } from './context.ts';

/** A one-shot answer: the first call counts, later ones are ignored. */
export interface Reply<T> {
  ok(value: T): void;
  fail(error: unknown): void;
}

export interface Message {
  readonly type: string;
}

/** A kind of actor, branded by its protocol `M` so that a wrong message does not compile. */
export interface ActorKind<M extends Message> {
  readonly name: string;
  readonly __protocol?: (message: M) => void;
}

/** What a behaviour may do while it handles a message. Handlers never await. */
export interface Self<M extends Message> {
  readonly key: string;
  /** Epoch milliseconds. */
  now(): number;
  /** Puts a message to itself behind those already waiting (never refused for depth). */
  tell(message: M): void;
  /**
   * Asks for asynchronous work; its outcome comes back as a message. Its failure never crashes the actor. The work
   * starts when the handler has returned, and not at all when it throws. An outcome for a state that a restart has
   * replaced is dropped: `load` waits for such work to end, then reads the truth.
   */
  effect<T>(work: () => Promise<T>, done: (outcome: Outcome<T>) => M): void;
  /** One timer a name; setting it again replaces it. Lost on passivation: `load` and `start` arm them again. */
  timer(name: string, ms: number, message: M): void;
  cancelTimer(name: string): void;
  /**
   * Leave memory once the mailbox is empty, no effect is under way and `idle` agrees: a message that was waiting
   * already may have given it something to stay for.
   */
  passivate(): void;
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

export interface Behaviour<S, M extends Message> {
  readonly kind: ActorKind<M>;
  /** Default `limits.mailbox_depth_max`. */
  readonly mailboxDepthMax?: number;
  /** Default `limits.actor_idle_ms`; Infinity never passivates. */
  readonly idleMs?: number;
  /**
   * State at activation, from PostgreSQL, helped by a snapshot when it is current. Rejecting answers every waiting
   * asker with the error and leaves the key inactive.
   */
  load(key: string, snapshot: { readonly version: number; readonly state: Json } | null): Promise<S>;
  /** After `load`: arm timers, start effects. */
  start?(state: S, self: Self<M>): S;
  /**
   * Handles one message. May throw: the message's `reply` (when it has one) is failed, then supervision acts,
   * whatever was thrown: a refusal is an answer (`reply.fail`), not a throw. Replies it keeps for later are failed
   * with `unavailable` when the state is lost.
   */
  receive(state: S, message: M, self: Self<M>): S;
  /** May it leave memory now (no effect under way is implied)? Default true. */
  idle?(state: S): boolean;
  /** Called once when it leaves memory for any reason. */
  stopped?(state: S, key: string): void;
  /** Name of the state in its state machine, for inspection. */
  stateName(state: S): string;
  /** Redacted view for operators: no template, scan, secret, token or phone number. */
  describe(state: S): JsonObject;
  /** Version rises with every change worth a snapshot; null: this kind has none. */
  snapshotVersion?(state: S): number;
  snapshotState?(state: S): Json;
}

export interface ActorInfo {
  readonly kind: string;
  readonly key: string;
  readonly state: string;
  readonly mailboxDepth: number;
  readonly oldestAgeMs: number;
  readonly handled: number;
  readonly failed: number;
  readonly restarts: number;
  readonly lastMessage: string | null;
  readonly lastActiveAt: number;
  readonly snapshotVersion: number | null;
  readonly snapshotLag: number | null;
}

export interface ActorDetail extends ActorInfo {
  /** Where it is in its life: loading, live, passivating, backing_off, refusing. */
  readonly phase: string;
  /** Effects under way. */
  readonly effects: number;
  /** Askers whose reply the state keeps. */
  readonly waiting: number;
  /** Types of the messages that wait the longest, the oldest first; never their content. */
  readonly mailbox: readonly { readonly message: string; readonly ageMs: number }[];
  readonly description: JsonObject;
  readonly transitions: readonly {
    readonly at: number;
    readonly from: string;
    readonly to: string;
    readonly message: string;
  }[];
}

export interface DeadLetter {
  readonly at: number;
  readonly kind: string;
  readonly key: string;
  readonly message: string;
  readonly reason: 'stopped' | 'mailbox_full' | 'activation_failed' | 'backing_off';
}

/** All live actors of one kind, summed up. */
export interface KindSurvey {
  readonly name: string;
  readonly live: number;
  /** Messages in mailboxes: in all, in the fullest one, and how long the oldest waits. */
  readonly waiting: number;
  readonly deepest: number;
  readonly oldestAgeMs: number;
  /** Since the start. */
  readonly failures: number;
  readonly restarts: number;
  /** Actors newer than their snapshot, and the most versions that one is ahead of it. */
  readonly lagging: number;
  readonly lagMax: number;
  /** Seconds. */
  readonly activations: Distribution;
}

export interface KernelSurvey {
  readonly kinds: readonly KindSurvey[];
  readonly counters: Readonly<Counters>;
  readonly deadLetters: Readonly<Record<DeadLetter['reason'], number>>;
}

/** Key → live actor. Activates on the first message, passivates idle ones, loses nothing in between. */
export interface Directory {
  register<S, M extends Message>(behaviour: Behaviour<S, M>): void;
  /** Fire and forget; a message that cannot be taken becomes a dead letter. */
  tell<M extends Message>(kind: ActorKind<M>, key: string, message: M): void;
  /**
   * @param deadline `Clock.monotonic()` milliseconds.
   * @throws ThenarError `engine_busy` (mailbox full), `deadline_exceeded`, `unavailable` (stopped), or what the
   *   behaviour failed the reply with.
   */
  ask<M extends Message, T>(
    kind: ActorKind<M>,
    key: string,
    deadline: number,
    build: (reply: Reply<T>) => M,
  ): Promise<T>;
  /** Activates (if needed) with this state instead of loading it: for an actor whose row was just committed. */
  adopt<S, M extends Message>(kind: ActorKind<M>, key: string, state: S): void;
  isLive(kind: ActorKind<never> | ActorKind<Message>, key: string): boolean;
  /** In slices, each in a turn of its own: a list of many actors holds up nobody. */
  list(filter: {
    readonly kind?: string;
    readonly tenant?: string;
    readonly sort?: 'depth' | 'age' | 'failed' | 'restarts' | 'active';
    readonly limit: number;
  }): Promise<ActorInfo[]>;
  /** Address in inspection is `kind/key`. */
  inspect(kind: string, key: string): ActorDetail | null;
  operate(kind: string, key: string, action: 'passivate' | 'restart' | 'snapshot'): Promise<boolean>;
  deadLetters(): { readonly total: number; readonly recent: readonly DeadLetter[] };
  counts(): Readonly<Record<string, number>>;
  survey(): Promise<KernelSurvey>;
  /** Stops taking messages, lets mailboxes and effects finish until the deadline, writes snapshots, stops all. */
  drain(deadline: number): Promise<void>;
}
