import { ThenarError } from '../../engine/errors.ts';
import type { Kernel, RequestedEffect } from './context.ts';
import type { Message, Outcome } from './types.ts';

/** Starts what the handler that just returned asked for, in its order: the requests from `mark` on. */
export function startRequested(kernel: Kernel, mark: number): void {
  const requested = kernel.requested.splice(mark);
  for (const effect of requested) launch(effect);
}

/**
 * Starts one effect. Its outcome comes back as a message even to a full mailbox: refusing it would leave the
 * behaviour waiting for ever. An outcome for an incarnation that is gone is dropped and counted: the restarted
 * actor waits for such effects before it loads, so it has read from the truth what they did.
 */
export function launch({ cell, work, done }: RequestedEffect): void {
  const { kernel } = cell.kind;
  const { incarnation } = cell;
  const full = cell.effects >= kernel.bounds.actor_effects_max;
  cell.effects += 1;
  kernel.counters.effects_in_flight += 1;

  const settle = (outcome: Outcome<unknown>): void => {
    cell.effects -= 1;
    kernel.counters.effects_in_flight -= 1;
    if (cell.incarnation !== incarnation) {
      kernel.counters.effects_dropped += 1;
      cell.effectEnded();
      return;
    }
    let message: Message;
    try {
      message = done(outcome as Outcome<never>);
    } catch (error) {
      cell.crash(error);
      return;
    }
    cell.push(message, null, true);
  };

  begin(full, work).then(
    (value) => settle({ ok: true, value }),
    (error: unknown) => settle({ ok: false, error }),
  );
}

function begin(full: boolean, work: () => Promise<unknown>): Promise<unknown> {
  if (full) return Promise.reject(new ThenarError('engine_busy', 'Too much work is under way there.'));
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(error);
  }
}
