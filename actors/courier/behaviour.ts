/** Behaviour of the courier: looks for due messages, attempts them, waits for the next. */
import { limits } from '../../engine/limits.ts';
import type { MessageRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import type { Behaviour, Self } from '../kernel/types.ts';
import { attempt } from './attempt.ts';
import { type CourierMessage, type CourierState, courierKind } from './protocol.ts';

export function courierBehaviour(context: Context): Behaviour<CourierState, CourierMessage> {
  return {
    kind: courierKind,
    load: async (tenantId) => ({
      tenantId,
      inFlight: new Set(),
      settled: new Set(),
      looking: false,
      again: false,
      wakeAt: null,
      sent: 0,
      failedInARow: 0,
    }),
    start(state, self) {
      look(context, state, self);
      return state;
    },
    receive(state, message, self) {
      receive(context, state, message, self);
      return state;
    },
    idle: (state) => state.inFlight.size === 0 && !state.looking && state.wakeAt === null,
    stateName: (state) => (state.inFlight.size > 0 ? 'sending' : 'idle'),
    describe: (state) => ({
      in_flight: state.inFlight.size,
      sent: state.sent,
      failed_in_a_row: state.failedInARow,
    }),
  };
}

function receive(
  context: Context,
  state: CourierState,
  message: CourierMessage,
  self: Self<CourierMessage>,
): void {
  switch (message.type) {
    case 'wake':
      self.cancelTimer('wake');
      state.wakeAt = null;
      return look(context, state, self);
    case 'due':
      state.looking = false;
      if (message.outcome.ok) start(context, state, message.outcome.value, self);
      else wait(context, state, limits.message_backoff_ms, self);
      state.settled.clear();
      if (state.again) look(context, state, self);
      return;
    case 'attempted':
      state.inFlight.delete(message.messageId);
      if (state.looking) state.settled.add(message.messageId);
      if (message.outcome.ok) {
        const sent = message.outcome.value === 'sent';
        state.sent += sent ? 1 : 0;
        state.failedInARow = sent ? 0 : state.failedInARow + 1;
        return look(context, state, self);
      }
      // Nothing was recorded, so the message is due still: trying again at once would never pause.
      context.log.warn({ messageId: message.messageId, error: message.outcome.error }, 'A message stays');
      return wait(context, state, limits.message_backoff_ms, self);
    default:
      message satisfies never;
  }
}

/** A look that is to come sooner stands: it is for a message whose attempt was not recorded. */
function wait({ clock }: Context, state: CourierState, ms: number, self: Self<CourierMessage>): void {
  const at = clock.monotonic() + ms;
  if (state.wakeAt !== null && state.wakeAt <= at) return;
  state.wakeAt = at;
  self.timer('wake', ms, { type: 'wake' });
}

/** Reads what is due, and what comes next, so that a timer can wait for it. */
function look(context: Context, state: CourierState, self: Self<CourierMessage>): void {
  state.again = state.looking;
  const free = limits.messages_in_flight_max - state.inFlight.size;
  if (state.looking || free <= 0) return;
  state.looking = true;
  const { tenantId } = state;
  self.effect(
    () =>
      context.store.list('messages', {
        where: { tenantId },
        order: [
          ['nextAttemptAt', 'asc'],
          ['createdAt', 'asc'],
        ],
        limit: limits.messages_in_flight_max + free,
      }),
    (outcome) => ({ type: 'due', outcome }),
  );
}

function start(
  context: Context,
  state: CourierState,
  found: readonly MessageRecord[],
  self: Self<CourierMessage>,
): void {
  const now = self.now();
  for (const message of found) {
    const { messageId } = message;
    if (state.inFlight.has(messageId) || state.settled.has(messageId)) continue;
    if (message.nextAttemptAt > now) {
      wait(context, state, Math.min(message.nextAttemptAt - now, limits.message_backoff_max_ms), self);
      return;
    }
    if (state.inFlight.size >= limits.messages_in_flight_max) return;
    state.inFlight.add(messageId);
    self.effect(
      () => attempt(context, message),
      (outcome) => ({ type: 'attempted', messageId, outcome }),
    );
  }
}
