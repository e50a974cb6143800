import { ThenarError } from '../../engine/errors.ts';
import { type Ask, answer, unavailable } from './ask.ts';
import type { Kind } from './context.ts';
import { launch, startRequested } from './effects.ts';
import { beginPassivation, crash, effectsSettled } from './lifecycle.ts';
import { Rare } from './rare.ts';
import type { Turn, TurnRef } from './turns.ts';
import type { DeadLetter, Message, Outcome, Self } from './types.ts';

/**
 * Where an actor is in its life. Only a live one handles messages; in `loading` and `backing_off` they wait; a
 * message turns `passivating` back into `live`; `refusing` and `stopped` refuse them.
 */
export type Phase = 'loading' | 'live' | 'passivating' | 'backing_off' | 'refusing' | 'stopped';

/** One waiting message. A linked list, because an idle actor then owns no queue at all. */
export interface Envelope {
  readonly message: Message;
  readonly ask: Ask | null;
  /** Monotonic milliseconds. */
  readonly at: number;
  /** The outcome of an effect: it belongs to the state that asked for it, and goes with that state. */
  readonly outcome: boolean;
  next: Envelope | null;
}

/** One live key: its mailbox, its state, and itself as the behaviour sees it. */
export class Cell implements Self<Message>, Turn {
  readonly kind: Kind;
  readonly key: string;
  phase: Phase = 'loading';
  state: unknown = undefined;
  head: Envelope | null = null;
  tail: Envelope | null = null;
  depth = 0;
  ref: TurnRef;
  /** A turn is on its way. */
  scheduled = false;
  leaving = false;
  effects = 0;
  incarnation = 0;
  held: Ask | null = null;
  handled = 0;
  failed = 0;
  lastMessage: string | null = null;
  lastActive: number;
  stateName = 'loading';
  /** Version of the state, and of the newest snapshot known to be stored; -1 when there is none. */
  version = -1;
  stored = -1;
  writing: Promise<boolean> | null = null;
  rare: Rare | null = null;

  constructor(kind: Kind, key: string) {
    this.kind = kind;
    this.key = key;
    this.lastActive = kind.kernel.time();
    this.ref = kind.kernel.turns.spawn(this);
  }

  // --- The mailbox ----------------------------------------------------------------------------------------

  /** Takes a message from outside, or refuses it: an asker hears why, a tell becomes a dead letter. */
  accept(message: Message, ask: Ask | null): void {
    const loading = this.phase === 'loading';
    const depthMax = loading ? this.kind.kernel.bounds.activation_queue_max : this.kind.depthMax;
    if (this.depth >= depthMax) this.refuse(message, ask, 'mailbox_full');
    else this.push(message, ask);
  }

  /** Puts a message behind those waiting, whatever the depth; for outcomes, timers and self-sent messages. */
  push(message: Message, ask: Ask | null, outcome = false): void {
    switch (this.phase) {
      case 'live':
        this.append(message, ask, outcome);
        this.wake();
        break;
      case 'passivating':
        // The state is still here: whoever comes while the last snapshot is being written simply keeps the actor.
        this.phase = 'live';
        this.kind.kernel.counters.revivals += 1;
        this.append(message, ask, outcome);
        this.wake();
        break;
      case 'loading':
      case 'backing_off':
        this.append(message, ask, outcome);
        break;
      case 'refusing':
        this.refuse(message, ask, 'backing_off');
        break;
      case 'stopped':
        this.refuse(message, ask, 'stopped');
        break;
      default:
        this.phase satisfies never;
    }
  }

  private append(message: Message, ask: Ask | null, outcome: boolean): void {
    const { kernel } = this.kind;
    const envelope: Envelope = { message, ask, at: kernel.time(), outcome, next: null };
    if (this.tail === null) this.head = envelope;
    else this.tail.next = envelope;
    this.tail = envelope;
    this.depth += 1;
  }

  shift(): Envelope | null {
    const envelope = this.head;
    if (envelope === null) return null;
    this.head = envelope.next;
    if (this.head === null) this.tail = null;
    this.depth -= 1;
    return envelope;
  }

  /** Takes waiting outcomes out: the state that replaces this one will have read from the truth what they did. */
  forgetOutcomes(): void {
    let kept: Envelope | null = null;
    const first = this.head;
    this.head = null;
    this.depth = 0;
    for (let envelope = first; envelope !== null; envelope = envelope.next) {
      if (envelope.outcome) {
        this.kind.kernel.counters.effects_dropped += 1;
        continue;
      }
      if (kept === null) this.head = envelope;
      else kept.next = envelope;
      kept = envelope;
      this.depth += 1;
    }
    if (kept !== null) kept.next = null;
    this.tail = kept;
  }

  wake(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.kind.kernel.turns.wake(this.ref);
  }

  refuse(message: Message, ask: Ask | null, reason: DeadLetter['reason'], error?: ThenarError): void {
    const { kernel, name } = this.kind;
    if (reason === 'mailbox_full') kernel.counters.refused += 1;
    if (ask === null) kernel.deadLetters.add(name, this.key, message, reason);
    answer(message, ask, error ?? this.refusal(reason));
  }

  refusal(reason: DeadLetter['reason']): ThenarError {
    if (reason === 'mailbox_full')
      return new ThenarError('engine_busy', 'Too many messages are waiting there.');
    if (reason !== 'backing_off') return unavailable('It is not running.');
    const wait = (this.rare?.refusedUntil ?? 0) - this.kind.kernel.clock.monotonic();
    return unavailable('It failed too often and rests.', Math.max(0, Math.ceil(wait)));
  }

  // --- Turns ----------------------------------------------------------------------------------------------

  /** Handles a bounded batch; what is left waits for the next turn. */
  turn(): void {
    this.scheduled = false;
    if (this.phase !== 'live') return;
    const { kernel } = this.kind;
    // Its last message's arrival is activity enough: a turn of tells reads no clock.
    if (this.tail !== null) this.lastActive = this.tail.at;
    for (let left = kernel.bounds.mailbox_batch_max; left > 0 && this.phase === 'live'; left -= 1) {
      const envelope = this.shift();
      if (envelope === null) break;
      this.handle(envelope);
    }
    this.settle();
  }

  /** After a turn: on with what is left, or out of memory when the actor asked for that. */
  settle(): void {
    if (this.phase !== 'live') return;
    if (this.depth > 0) this.wake();
    else if (this.leaving && this.effects === 0 && this.idle()) beginPassivation(this);
  }

  /** Its behaviour has nothing against leaving memory. */
  idle(): boolean {
    return this.kind.behaviour.idle?.(this.state) ?? true;
  }

  private handle(envelope: Envelope): void {
    const { kernel, behaviour } = this.kind;
    const { message, ask } = envelope;
    if (ask !== null) {
      // The timer alone would not do: when the process is busy it fires late.
      if (!ask.settled && ask.due <= kernel.clock.monotonic()) ask.fire();
      if (ask.settled) {
        kernel.counters.skipped += 1;
        return;
      }
    }
    this.lastMessage = message.type;
    kernel.handling = this;
    let next: unknown;
    try {
      next = behaviour.receive(this.state, message, this);
      this.observe(next, message.type);
    } catch (error) {
      kernel.handling = null;
      kernel.requested.length = 0;
      crash(this, error, message, ask);
      return;
    }
    kernel.handling = null;
    this.handled += 1;
    kernel.counters.handled += 1;
    if (ask !== null && !ask.settled) ask.hold(this);
    if (kernel.requested.length > 0) startRequested(kernel, 0);
  }

  /** Takes a new state: its name for the record of transitions, its version for the snapshot. */
  observe(next: unknown, cause: string): void {
    const { kernel, behaviour, versioned } = this.kind;
    const name = behaviour.stateName(next);
    const version = versioned ? behaviour.snapshotVersion!(next) : -1;
    this.state = next;
    if (name !== this.stateName) {
      this.transition(name, cause);
    }
    if (version !== this.version) {
      this.version = version;
      if (version > this.stored) kernel.snapshots.changed(this);
    }
  }

  /** Keeps the last few. Coming into memory is none: most actors at rest then have nothing to keep. */
  transition(to: string, cause: string): void {
    const from = this.stateName;
    this.stateName = to;
    if (from === 'loading') return;
    const { clock, bounds } = this.kind.kernel;
    const rare = this.rarely();
    rare.transitions ??= [];
    rare.transitions.push({ at: clock.now(), from, to, message: cause });
    if (rare.transitions.length > bounds.transitions_kept_max) rare.transitions.shift();
  }

  /** The message that an effect's outcome should have become could not be made. */
  crash(error: unknown): void {
    crash(this, error, null, null);
  }

  /** An effect of an earlier incarnation ended. */
  effectEnded(): void {
    effectsSettled(this);
  }

  rarely(): Rare {
    this.rare ??= new Rare();
    return this.rare;
  }

  // --- Self, as the behaviour sees it ---------------------------------------------------------------------

  now(): number {
    return this.kind.kernel.clock.now();
  }

  tell(message: Message): void {
    this.push(message, null);
  }

  effect<T>(work: () => Promise<T>, done: (outcome: Outcome<T>) => Message): void {
    const { kernel } = this.kind;
    const requested = { cell: this, work, done: done as (outcome: Outcome<never>) => Message };
    if (kernel.handling === this) kernel.requested.push(requested);
    else launch(requested);
  }

  timer(name: string, ms: number, message: Message): void {
    if (this.phase === 'stopped' || this.phase === 'refusing') return;
    this.cancelTimer(name);
    const rare = this.rarely();
    rare.timers ??= new Map();
    const alarm = this.kind.kernel.timers.after(ms, () => {
      this.rare?.timers?.delete(name);
      this.push(message, null);
    });
    rare.timers.set(name, alarm);
  }

  cancelTimer(name: string): void {
    const alarm = this.rare?.timers?.get(name);
    if (alarm === undefined) return;
    this.kind.kernel.timers.remove(alarm);
    this.rare!.timers!.delete(name);
  }

  passivate(): void {
    this.leaving = true;
    if (this.kind.kernel.handling !== this) this.settle();
  }
}
