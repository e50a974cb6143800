/** How an actor enters memory, fails, comes back and leaves. The phases are those of `cell.ts`. */
import { asThenarError, type ThenarError } from '../../engine/errors.ts';
import type { SnapshotStore } from '../../engine/ports.ts';
import { type Ask, answer, failHeld, unavailable } from './ask.ts';
import type { Cell } from './cell.ts';
import { startRequested } from './effects.ts';
import { addressOf, lags } from './snapshots.ts';
import { supervise } from './supervision.ts';
import type { DeadLetter, Message } from './types.ts';

// --- Entering memory --------------------------------------------------------------------------------------

/** Loads the actor; messages wait in its mailbox meanwhile. */
export function activate(cell: Cell): void {
  const { kernel } = cell.kind;
  cell.phase = 'loading';
  if (kernel.counters.activating >= kernel.bounds.activations_in_flight_max) kernel.waitingToLoad.add(cell);
  else void load(cell);
}

async function load(cell: Cell): Promise<void> {
  const { kernel, behaviour } = cell.kind;
  const { incarnation } = cell;
  const startedAt = kernel.clock.monotonic();
  kernel.counters.activating += 1;
  const current = (): boolean => cell.incarnation === incarnation && cell.phase === 'loading';
  try {
    const snapshot = cell.kind.versioned ? await readSnapshot(cell) : null;
    const state = await kernel.timers.within(
      kernel.bounds.activation_timeout_ms,
      behaviour.load(cell.key, snapshot),
      () => unavailable('It could not be loaded in time.'),
    );
    if (current()) {
      kernel.counters.activations += 1;
      cell.stored = snapshot?.version ?? -1;
      enter(cell, state, 'activated');
      cell.kind.activations.observe((kernel.clock.monotonic() - startedAt) / 1000);
    }
  } catch (error) {
    if (current()) activationFailed(cell, asThenarError(error));
  } finally {
    kernel.counters.activating -= 1;
    loadNext(cell);
  }
}

function loadNext(finished: Cell): void {
  const { waitingToLoad } = finished.kind.kernel;
  for (const next of waitingToLoad) {
    waitingToLoad.delete(next);
    if (next.phase !== 'loading') continue;
    void load(next);
    return;
  }
}

/** A store that fails or hangs is as good as one that forgot. */
async function readSnapshot(cell: Cell): Promise<Awaited<ReturnType<SnapshotStore['get']>>> {
  const { kernel } = cell.kind;
  const address = addressOf(cell.kind, cell.key);
  try {
    return await kernel.timers.within(kernel.bounds.snapshot_read_timeout_ms, kernel.store.get(address), () =>
      unavailable('The snapshot store does not answer.'),
    );
  } catch (error) {
    kernel.counters.snapshot_read_failures += 1;
    kernel.log('warn', 'a snapshot could not be read', { address, error });
    return null;
  }
}

/** Makes the actor live with this state and lets it handle what waits. */
export function enter(cell: Cell, state: unknown, cause: string): void {
  const { kernel, behaviour } = cell.kind;
  cell.phase = 'live';
  cell.lastActive = kernel.time();
  // One actor may adopt another while it handles a message, so what it is and asked for so far is kept apart.
  const outer = kernel.handling;
  const mark = kernel.requested.length;
  kernel.handling = cell;
  try {
    cell.observe(behaviour.start === undefined ? state : behaviour.start(state, cell), cause);
  } catch (error) {
    kernel.handling = outer;
    kernel.requested.length = mark;
    cell.state = state;
    crash(cell, error, null, null);
    return;
  }
  kernel.handling = outer;
  if (kernel.requested.length > mark) startRequested(kernel, mark);
  if (cell.rare !== null) resolveWaiters(cell, 'back', true);
  cell.settle();
}

function activationFailed(cell: Cell, error: ThenarError): void {
  const { kernel } = cell.kind;
  kernel.counters.activation_failures += 1;
  kernel.log('warn', 'an actor could not be activated', { address: addressOf(cell.kind, cell.key), error });
  remove(cell, 'activation_failed', error);
}

// --- Failing ----------------------------------------------------------------------------------------------

/** A handler threw: its asker hears a code, the state is dropped, and supervision decides what follows. */
export function crash(cell: Cell, error: unknown, message: Message | null, ask: Ask | null): void {
  const { kernel } = cell.kind;
  cell.failed += 1;
  kernel.counters.failed += 1;
  cell.kind.failures += 1;
  if (message !== null) answer(message, ask, asThenarError(error));
  kernel.log('error', 'an actor failed', {
    address: addressOf(cell.kind, cell.key),
    message: message?.type ?? cell.lastMessage,
    error,
  });
  dropState(cell, unavailable('It failed and is being restarted.'));
  const rare = cell.rarely();
  const now = kernel.clock.monotonic();
  const verdict = supervise(rare.crashes, now, kernel.random.fraction(), kernel.bounds);
  if (!verdict.restart) {
    escalate(cell, now + verdict.refuseMs, verdict.refuseMs);
    return;
  }
  rare.crashes = verdict.crashes;
  restartAfter(cell, verdict.afterMs, message?.type ?? 'activated');
}

/** Restarts without blame, for an operator. */
export function restart(cell: Cell): void {
  dropState(cell, unavailable('It is being restarted.'));
  restartAfter(cell, 0, 'restart');
}

function restartAfter(cell: Cell, ms: number, cause: string): void {
  const { kernel } = cell.kind;
  const rare = cell.rarely();
  rare.restarts += 1;
  kernel.counters.restarts += 1;
  cell.kind.restarts += 1;
  cell.transition('backing_off', cause);
  cell.phase = 'backing_off';
  rare.pause = kernel.timers.after(ms, () => {
    rare.pause = null;
    if (cell.effects === 0) {
      activate(cell);
      return;
    }
    // Effects of the lost incarnation may still commit. Loading before they have would read a state that is
    // already history, so the restart waits for them, but not for ever.
    rare.settling = true;
    rare.pause = kernel.timers.after(kernel.bounds.actor_effect_settle_ms, () => resume(cell));
  });
}

/** An effect of an earlier incarnation ended: perhaps the last one that the restart waits for. */
export function effectsSettled(cell: Cell): void {
  if (cell.effects > 0) return;
  if (cell.phase === 'backing_off' && cell.rare?.settling === true) resume(cell);
  else cell.settle();
}

function resume(cell: Cell): void {
  clearPause(cell);
  activate(cell);
}

function escalate(cell: Cell, until: number, ms: number): void {
  const { kernel } = cell.kind;
  kernel.counters.escalations += 1;
  kernel.log('error', 'an actor failed too often and is refused', {
    address: addressOf(cell.kind, cell.key),
    ms,
  });
  const rare = cell.rarely();
  cell.phase = 'refusing';
  rare.refusedUntil = until;
  refuseWaiting(cell, 'backing_off', cell.refusal('backing_off'));
  resolveWaiters(cell, 'back', false);
  rare.pause = kernel.timers.after(ms, () => remove(cell, 'stopped', unavailable('It is not running.')));
}

// --- Leaving ----------------------------------------------------------------------------------------------

/**
 * Writes the last snapshot and leaves. The mailbox is empty and no effect is under way. The state stays until the
 * write is over, so a message that comes meanwhile only has to turn the phase back: none is lost or overtaken.
 */
export function beginPassivation(cell: Cell): void {
  const { kernel } = cell.kind;
  cell.phase = 'passivating';
  if (!lags(cell) && cell.writing === null) {
    leave(cell);
    return;
  }
  const { incarnation } = cell;
  const over = (): void => {
    // The phase alone would not do: a revived actor may be on its way out a second time.
    if (cell.phase === 'passivating' && cell.incarnation === incarnation && cell.writing === null)
      leave(cell);
  };
  kernel.snapshots.flush(cell).then(over, over);
}

function leave(cell: Cell): void {
  cell.kind.kernel.counters.passivations += 1;
  remove(cell, 'stopped', unavailable('It left memory before it could answer.'));
}

/** Takes the actor out of memory for good; what waits is refused. */
export function remove(cell: Cell, reason: DeadLetter['reason'], error: ThenarError): void {
  const { kind } = cell;
  if (cell.phase === 'stopped') return;
  dropState(cell, error);
  cell.phase = 'stopped';
  cell.stateName = 'stopped';
  kind.cells.delete(cell.key);
  kind.kernel.counters.live -= 1;
  kind.kernel.turns.stop(cell.ref);
  refuseWaiting(cell, reason, error);
  if (cell.rare === null) return;
  resolveWaiters(cell, 'gone', true);
  resolveWaiters(cell, 'back', false);
}

function dropState(cell: Cell, error: ThenarError): void {
  const { kernel, behaviour } = cell.kind;
  const had = cell.phase === 'live' || cell.phase === 'passivating';
  cell.incarnation += 1;
  cell.leaving = false;
  clearPause(cell);
  cell.forgetOutcomes();
  kernel.snapshots.forget(cell);
  if (cell.rare?.timers != null) {
    for (const alarm of cell.rare.timers.values()) kernel.timers.remove(alarm);
    cell.rare.timers = null;
  }
  failHeld(cell, error);
  const { state } = cell;
  cell.state = undefined;
  cell.version = -1;
  if (!had || behaviour.stopped === undefined) return;
  try {
    behaviour.stopped(state, cell.key);
  } catch (failure) {
    kernel.log('error', 'an actor failed while stopping', {
      address: addressOf(cell.kind, cell.key),
      error: failure,
    });
  }
}

function clearPause(cell: Cell): void {
  const { rare } = cell;
  if (rare === null) return;
  if (rare.pause !== null) cell.kind.kernel.timers.remove(rare.pause);
  rare.pause = null;
  rare.settling = false;
}

function refuseWaiting(cell: Cell, reason: DeadLetter['reason'], error: ThenarError): void {
  for (let envelope = cell.shift(); envelope !== null; envelope = cell.shift()) {
    cell.refuse(envelope.message, envelope.ask, reason, error);
  }
}

function resolveWaiters(cell: Cell, on: 'gone' | 'back', done: boolean): void {
  const rare = cell.rare!;
  const due = rare.waiters.filter((waiter) => waiter.on === on);
  if (due.length === 0) return;
  rare.waiters = rare.waiters.filter((waiter) => waiter.on !== on);
  for (const waiter of due) waiter.tell(done);
}
