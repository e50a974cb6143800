import { asThenarError, ThenarError } from '../../engine/errors.ts';
import type { Timed, Timers } from './timers.ts';
import type { Message, Reply } from './types.ts';

/** Where replies wait that a behaviour took but has not answered yet. */
export interface AskHolder {
  held: Ask | null;
}

export const unavailable = (message: string, retryAfterMs?: number): ThenarError =>
  new ThenarError('unavailable', message, retryAfterMs === undefined ? {} : { retryAfterMs });

/**
 * The reply of one ask: answered once, by the behaviour, by its deadline or by the kernel. It is its own entry in
 * the timers and in the list of replies its actor holds, so that an ask is one object beside its promise.
 */
export class Ask implements Reply<unknown>, Timed {
  readonly due: number;
  slot = -1;
  settled = false;
  private readonly timers: Timers;
  private readonly resolve: (value: unknown) => void;
  private readonly reject: (error: ThenarError) => void;
  private holder: AskHolder | null = null;
  private previous: Ask | null = null;
  private next: Ask | null = null;

  constructor(
    timers: Timers,
    deadline: number,
    resolve: (value: unknown) => void,
    reject: (error: ThenarError) => void,
  ) {
    this.due = deadline;
    this.timers = timers;
    this.resolve = resolve;
    this.reject = reject;
    timers.add(this);
  }

  ok(value: unknown): void {
    if (this.settled) return;
    this.settle();
    this.resolve(value);
  }

  fail(error: unknown): void {
    if (this.settled) return;
    this.settle();
    this.reject(asThenarError(error));
  }

  /** The deadline has passed. */
  fire(): void {
    this.fail(new ThenarError('deadline_exceeded', 'The deadline passed before the engine could answer.'));
  }

  /** Remembers that a behaviour keeps this reply, so that losing the behaviour's state answers the asker. */
  hold(holder: AskHolder): void {
    if (this.settled || this.holder !== null) return;
    this.holder = holder;
    this.next = holder.held;
    if (holder.held !== null) holder.held.previous = this;
    holder.held = this;
  }

  /** Replies held from this one on; walks the list, so for inspection only. */
  count(): number {
    let count = 0;
    for (let ask: Ask | null = this; ask !== null; ask = ask.next) count += 1;
    return count;
  }

  private settle(): void {
    this.settled = true;
    this.timers.remove(this);
    const holder = this.holder;
    if (holder === null) return;
    if (this.previous === null) holder.held = this.next;
    else this.previous.next = this.next;
    if (this.next !== null) this.next.previous = this.previous;
    this.holder = null;
    this.previous = null;
    this.next = null;
  }
}

/** Answers every reply the holder keeps; used when the state that kept them is gone. */
export function failHeld(holder: AskHolder, error: ThenarError): void {
  for (let ask = holder.held; ask !== null; ask = holder.held) ask.fail(error);
}

/** Fails the reply of a message nobody will handle: the asker's, or one that a tell carries along. */
export function answer(message: Message, ask: Ask | null, error: ThenarError): void {
  if (ask !== null) {
    ask.fail(error);
    return;
  }
  const { reply } = message as { readonly reply?: { readonly fail?: (error: unknown) => void } };
  if (typeof reply === 'object' && reply !== null && typeof reply.fail === 'function') reply.fail(error);
}
