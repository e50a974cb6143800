import { isThenarError } from '../engine/errors.ts';
import type { Message, Reply, Self } from './kernel/types.ts';

/**
 * Business refusals are answers, not crashes: a ThenarError that a handler throws before it changes anything fails
 * the message's reply and leaves the state as it was. Anything else goes on to supervision.
 */
export function refusing<S, M extends Message>(
  receive: (state: S, message: M, self: Self<M>) => S,
): (state: S, message: M, self: Self<M>) => S {
  return (state, message, self) => {
    try {
      return receive(state, message, self);
    } catch (error) {
      const { reply } = message as { reply?: Reply<unknown> };
      if (reply === undefined || !isThenarError(error)) throw error;
      reply.fail(error);
      return state;
    }
  };
}
