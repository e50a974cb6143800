import { setTimeout as pause } from 'node:timers/promises';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Clock, Log } from '../../engine/ports.ts';
import { type EmbeddedConnection, type LockAttempt, tryLock } from './lock.ts';

const LOOK_AGAIN_MS = 200;

/**
 * Makes this engine the only one on a database of `DATABASE_URL`, as the embedded one has it by its own lock: actors
 * take themselves for the only writers of their rows. An engine that is on its way out is waited for, so that a new
 * one may be started before the old one has drained.
 * @param fenced called once when another engine took the database while the connection was away
 * @returns what gives it up
 * @throws ThenarError `unavailable` when another engine keeps it, or the server cannot be reached
 */
export async function ownDatabase(
  database: string | EmbeddedConnection,
  ports: { readonly clock: Clock; readonly log: Log },
  fenced: () => void,
): Promise<() => Promise<void>> {
  const { clock, log } = ports;
  let ended = false;
  let release: () => Promise<void> = async () => {};
  const lost = (): void => {
    if (!ended) regain().catch((error: unknown) => log.error({ error }, 'the database cannot be locked'));
  };
  const attempt = async (): Promise<LockAttempt> => {
    const made = await tryLock(database, lost);
    if (made.state === 'held') release = made.release;
    return made;
  };
  /** The server comes back some time; whoever has the lock then is the engine. */
  async function regain(): Promise<void> {
    while (!ended) {
      const made = await attempt();
      if (made.state === 'held') {
        if (ended) await made.release();
        return;
      }
      if (made.state === 'taken') {
        log.error({ byPid: made.byPid }, 'another engine took the database; this one stops writing');
        fenced();
        return;
      }
      await pause(LOOK_AGAIN_MS);
    }
  }
  const startedAt = clock.monotonic();
  for (let told = false; ; ) {
    const made = await attempt();
    if (made.state === 'held') break;
    // An engine is waited for until it has drained; a server that does not answer, as long as a start waits for it.
    const waitMs = made.state === 'taken' ? limits.database_lock_wait_ms : limits.database_start_wait_ms;
    if (clock.monotonic() > startedAt + waitMs) throw refusal(made);
    if (made.state === 'taken' && !told) {
      log.warn({ byPid: made.byPid }, 'another engine uses this database; waiting for it to end');
      told = true;
    }
    await pause(LOOK_AGAIN_MS);
  }
  return async () => {
    ended = true;
    await release();
  };
}

function refusal(attempt: Exclude<LockAttempt, { state: 'held' }>): ThenarError {
  if (attempt.state === 'unreachable') {
    return new ThenarError('unavailable', `The database cannot be reached: ${attempt.reason}.`);
  }
  const who =
    attempt.byPid === null ? 'Another engine' : `Another engine (pid ${attempt.byPid} on its machine)`;
  return new ThenarError('unavailable', `${who} uses the database that DATABASE_URL names.`);
}
