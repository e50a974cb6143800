import { isThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Context } from '../context.ts';
import type { Behaviour, Self } from '../kernel/types.ts';
import { advance } from './advance.ts';
import { giveUp } from './end.ts';
import { type MigrationMessage, migrationKind, type Progress } from './protocol.ts';

interface MigrationState {
  working: boolean;
  /** Woken while at work: look again, for the row may have changed since. */
  again: boolean;
  waiting: boolean;
  pages: number;
  failuresInARow: number;
  lastFailure: string | null;
}

export function migrationBehaviour(context: Context): Behaviour<MigrationState, MigrationMessage> {
  return {
    kind: migrationKind,
    load: async () => ({
      working: false,
      again: false,
      waiting: false,
      pages: 0,
      failuresInARow: 0,
      lastFailure: null,
    }),
    receive(state, message, self) {
      switch (message.type) {
        case 'wake':
          if (state.working) state.again = true;
          else work(context, state, self);
          return state;
        case 'advanced':
          advanced(context, state, message.outcome, self);
          return state;
        default:
          return message satisfies never;
      }
    },
    idle: (state) => !state.working && !state.waiting,
    stateName: (state) => (state.working ? 'working' : state.waiting ? 'waiting' : 'idle'),
    describe: (state) => ({
      pages: state.pages,
      failures_in_a_row: state.failuresInARow,
      last_failure: state.lastFailure,
    }),
  };
}

function work(context: Context, state: MigrationState, self: Self<MigrationMessage>): void {
  state.working = true;
  state.waiting = false;
  state.again = false;
  const tooOften = state.failuresInARow >= limits.migration_failures_max;
  const { lastFailure } = state;
  self.effect(
    async (): Promise<Progress> => {
      if (tooOften && (await giveUp(context, lastFailure ?? 'unavailable'))) return 'over';
      return advance(context);
    },
    (outcome) => ({ type: 'advanced', outcome }),
  );
}

function advanced(
  context: Context,
  state: MigrationState,
  outcome: Extract<MigrationMessage, { type: 'advanced' }>['outcome'],
  self: Self<MigrationMessage>,
): void {
  state.working = false;
  if (outcome.ok) {
    state.pages += 1;
    state.failuresInARow = 0;
    if (outcome.value === 'more' || state.again) work(context, state, self);
    return;
  }
  const { error } = outcome;
  state.failuresInARow += 1;
  // Somebody changed the migration while a page was under way: what it says now is to be done, and at once.
  const changed = isThenarError(error, 'palm_migration_refused', 'version_conflict');
  if (changed && state.failuresInARow === 1) return work(context, state, self);
  state.lastFailure = isThenarError(error) ? error.code : 'internal';
  context.log.warn({ error, failures: state.failuresInARow }, 'The palm migration waits');
  const backoff = limits.migration_retry_ms * 2 ** Math.min(state.failuresInARow - 1, 10);
  state.waiting = true;
  self.timer('wake', Math.min(backoff, limits.migration_retry_max_ms), { type: 'wake' });
}
