import type { Cell } from './cell.ts';
import { beginPassivation, restart } from './lifecycle.ts';

/** Nothing waits here and nothing is under way: it may leave memory, if its behaviour agrees. */
export function mayLeave(cell: Cell): boolean {
  if (cell.phase !== 'live' || cell.depth > 0 || cell.effects > 0 || cell.held !== null) return false;
  return cell.idle();
}

/** Resolves true once done; false when it cannot be done now or takes longer than an operator should wait. */
export async function operateOn(cell: Cell, action: 'passivate' | 'restart' | 'snapshot'): Promise<boolean> {
  const { kernel } = cell.kind;
  switch (action) {
    case 'snapshot':
      return cell.phase === 'live' && kernel.snapshots.flush(cell);
    case 'restart': {
      if (cell.phase !== 'live') return false;
      const back = waitFor(cell, 'back');
      restart(cell);
      return back;
    }
    case 'passivate': {
      if (!mayLeave(cell)) return false;
      const gone = waitFor(cell, 'gone');
      beginPassivation(cell);
      return gone;
    }
    default:
      return action satisfies never;
  }
}

function waitFor(cell: Cell, on: 'gone' | 'back'): Promise<boolean> {
  const { timers, bounds } = cell.kind.kernel;
  const rare = cell.rarely();
  return new Promise((resolve) => {
    const waiter = {
      on,
      tell: (done: boolean): void => {
        timers.remove(alarm);
        resolve(done);
      },
    };
    const alarm = timers.after(bounds.actor_operation_ms, () => {
      rare.waiters = rare.waiters.filter((other) => other !== waiter);
      resolve(false);
    });
    rare.waiters = [...rare.waiters, waiter];
  });
}
