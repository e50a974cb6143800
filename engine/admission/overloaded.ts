import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';

/** One for all who are refused: making an error with its stack costs more than refusing does. */
export const overloaded = new ThenarError('engine_busy', 'The engine has more to do than it can.', {
  retryAfterMs: limits.call_refused_retry_ms,
});
