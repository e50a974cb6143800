import { setTimeout as pause } from 'node:timers/promises';
import { isThenarError, ThenarError } from '../../../engine/errors.ts';
import { limits } from '../../../engine/limits.ts';
import { Phases } from '../../../engine/phases.ts';
import type { Clock, Log } from '../../../engine/ports.ts';
import { type EmbeddedConnection, embeddedConnection, type LockAttempt, tryLock } from '../lock.ts';
import { type Account, databaseAccount, prepareDataDir } from './account.ts';
import { Backoff } from './backoff.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { openCluster, serverFolder, socketFolder, sweep } from './cluster.ts';
import {
  exists,
  gone,
  isPostmaster,
  readPostmasterFile,
  removeStaleFiles,
  stopPostmaster,
} from './postmaster.ts';
import { logOf, logTail, spawnServer } from './server.ts';
import { startWatchdog, type Watchdog } from './watchdog.ts';

/** `down`: being restarted. `failed`: another engine has the data directory now. */
export type EmbeddedState = 'up' | 'down' | 'failed';

export interface EmbeddedServer {
  readonly connection: EmbeddedConnection;
  /** Of the server, for example `18.4`. */
  readonly version: string;
  /** Process id of the server, for tests and the log. */
  pid(): number | null;
  state(): EmbeddedState;
  /** Called on every change of state; the returned function unsubscribes. */
  onState(listener: (state: EmbeddedState) => void): () => void;
  /** Fast shutdown; resolves when the process is gone. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Where the parts of the start are written down. */
  readonly phases?: Phases;
  /** Further settings of the server; tests that keep nothing switch fsync off here. */
  readonly settings?: Readonly<Record<string, string>>;
}

interface Place {
  readonly binaries: Binaries;
  readonly account: Account | null;
  readonly server: string;
  readonly cluster: string;
  readonly sockets: string;
  readonly dataDir: string;
  readonly extra: Readonly<Record<string, string>>;
}

type Held = Extract<LockAttempt, { state: 'held' }>;

const POLL_MS = 10;
const LOOK_AGAIN_MS = 100;

function takenError(dataDir: string, pid: number | null): ThenarError {
  const who = pid === null ? 'Another engine' : `Another engine (pid ${pid})`;
  return new ThenarError('unavailable', `${who} uses the data directory ${dataDir}.`, {
    details: { reason: 'data_dir_in_use', pid },
  });
}

function isTaken(error: unknown): boolean {
  return isThenarError(error) && error.details?.reason === 'data_dir_in_use';
}

/**
 * Deals with a server that is there already. One whose lock is free and whose engine is gone was left by a kill: it
 * is stopped, because it may have been told to stop already by that engine's watchdog and may run with other
 * settings. The lock is held until it is gone, so that nobody takes a server that is about to stop. An engine that
 * lives takes the lock in a moment, and is given that moment while `patient`; after it, its number is taken to have
 * passed to another process.
 * @returns whether the way is clear; if not, look again shortly.
 */
async function clearLeftover(place: Place, log: Log, patient: boolean): Promise<boolean> {
  const pid = removeStaleFiles(place.cluster, place.sockets);
  if (pid === null) return true;
  const file = readPostmasterFile(place.cluster);
  if (file?.pid === pid) {
    const attempt = await tryLock(embeddedConnection(file.socketFolder, file.port), () => {});
    if (attempt.state === 'taken') throw takenError(place.dataDir, attempt.byPid);
    if (attempt.state === 'held') {
      const { startedBy } = attempt;
      const starting = startedBy !== null && startedBy !== process.pid && exists(startedBy);
      if (!starting || !patient) {
        log.info({ pid }, 'stopping the PostgreSQL that a killed engine left');
        await stopPostmaster(pid, place.cluster, limits.embedded_stop_ms);
      }
      await attempt.release();
      if (!starting || !patient) return false;
    }
  }
  // Starting for an engine that will take its lock in a moment, or stopping.
  await gone(pid, place.cluster, LOOK_AGAIN_MS);
  return false;
}

/** Failures of a start that pass: the processes of a killed server need a moment to notice and go. */
const PASSING = /lock file .* already exists|pre-existing shared memory block/;

const STOPPED = 'exit 0';

/** Starts the server and takes the engine's lock in it, or gives null when it has to be tried again. */
async function startOnce(
  place: Place,
  watchdog: Watchdog,
  lost: () => void,
): Promise<{ pid: number; lock: Held } | null> {
  const child = spawnServer({ ...place, connectionsMax: limits.embedded_connections_max });
  let ended: string | null = null;
  child.on('error', (error) => {
    ended = error.message;
  });
  child.on('exit', (code, name) => {
    ended ??= `exit ${code ?? name}`;
  });
  const pid = child.pid;
  if (pid === undefined) {
    await pause(POLL_MS);
    throw new ThenarError('unavailable', `The embedded PostgreSQL does not start: ${ended ?? 'no process'}.`);
  }
  watchdog.watch(pid);
  const end = performance.now() + limits.embedded_start_timeout_ms;
  while (performance.now() < end) {
    if (ended !== null) {
      // In order and before it was ours: another engine took it for a leftover.
      if (ended === STOPPED || PASSING.test(logOf(place.server, pid))) return null;
      throw new ThenarError(
        'unavailable',
        `The embedded PostgreSQL does not start (${ended}): ${logTail(place.server)}`,
      );
    }
    const file = readPostmasterFile(place.cluster);
    if (file?.pid === pid) {
      const attempt = await tryLock(embeddedConnection(place.sockets, 5432), lost);
      if (attempt.state === 'held') {
        child.unref();
        return { pid, lock: attempt };
      }
      // `taken`: an engine that starts at this very moment looks whose server this is.
    }
    await pause(POLL_MS);
  }
  await stopPostmaster(pid, place.cluster, limits.embedded_stop_ms);
  throw new ThenarError(
    'unavailable',
    `The embedded PostgreSQL was not ready within ${limits.embedded_start_timeout_ms} ms: ${logTail(place.server)}`,
  );
}

async function acquire(
  place: Place,
  watchdog: Watchdog,
  log: Log,
  lost: () => void,
): Promise<{ pid: number; lock: Held }> {
  const end = performance.now() + limits.embedded_start_timeout_ms;
  const patientUntil = performance.now() + limits.embedded_patience_ms;
  while (performance.now() < end) {
    if (await clearLeftover(place, log, performance.now() < patientUntil)) {
      const started = await startOnce(place, watchdog, lost);
      if (started !== null) return started;
    }
    // Unequal steps, so that two engines starting at once do not stop each other's server for ever.
    await pause(POLL_MS + (process.pid % 7) * 3);
  }
  throw new ThenarError(
    'unavailable',
    `The embedded PostgreSQL in ${place.server} could not be taken over within ${limits.embedded_start_timeout_ms} ms.`,
  );
}

/**
 * Starts the engine's own PostgreSQL in `<dataDir>/postgres` (DESIGN: embedded default). Whatever was killed before
 * (engine, server, both), acknowledged data is there again. While the engine runs a server that dies is restarted,
 * boundedly; when the engine dies, a watchdog stops the server.
 * @throws ThenarError `unavailable`, with one sentence an operator can act on.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { log, clock } = options;
  const { phases = new Phases(clock) } = options;
  const foundAt = clock.monotonic();
  const account = databaseAccount();
  const dataDir = prepareDataDir(options.dataDir, account);
  const server = serverFolder(dataDir, account);
  const binaries = findBinaries(`${dataDir}/postgres-programs`, account);
  const sockets = socketFolder(server, account);
  const cluster = await openCluster(server, binaries, account);
  const extra = options.settings ?? {};
  const place: Place = { binaries, account, server, cluster, sockets, dataDir, extra };
  const watchdog = startWatchdog(cluster, account);
  phases.note('database programs', foundAt);

  const listeners = new Set<(state: EmbeddedState) => void>();
  let state: EmbeddedState = 'up';
  let stopping = false;
  const backoff = new Backoff(clock);
  const become = (next: EmbeddedState): void => {
    if (next === state) return;
    state = next;
    for (const listener of listeners) listener(next);
  };
  /** The lock was lost while, or just after, it was being regained. */
  let lostAgain = false;
  let recovering: Promise<void> | null = null;
  const lost = (): void => {
    lostAgain = true;
    if (stopping || recovering !== null) return;
    become('down');
    recovering = recover().finally(() => {
      recovering = null;
      if (lostAgain && state === 'up') lost();
    });
  };
  const recover = async (): Promise<void> => {
    lostAgain = false;
    log.warn({}, 'the embedded PostgreSQL went away; starting it again');
    backoff.down();
    for (let told = false; !stopping; ) {
      await backoff.wait();
      if (stopping) return;
      try {
        held = await regain();
        backoff.up();
        if (stopping) return;
        become('up');
        log.info({ pid: held.pid }, 'the embedded PostgreSQL is back');
        return;
      } catch (error) {
        if (isTaken(error)) {
          log.error({ err: error }, 'another engine has the data directory; this one stops writing');
          become('failed');
          return;
        }
        // A full disk, for example: it is tried for as long as the engine runs.
        if (!told) log.error({ err: error }, 'the embedded PostgreSQL cannot be started for now');
        told = true;
      }
    }
  };
  /** A server that only lost its backends (one crashed, or was ended by hand) is still ours: lock it again. */
  const regain = async (): Promise<{ pid: number; lock: Held }> => {
    const end = performance.now() + limits.embedded_stop_ms;
    while (isPostmaster(held.pid, cluster) && performance.now() < end) {
      const attempt = await tryLock(embeddedConnection(sockets, 5432), lost);
      if (attempt.state === 'taken') throw takenError(dataDir, attempt.byPid);
      if (attempt.state === 'held') return { pid: held.pid, lock: attempt };
      await pause(POLL_MS);
    }
    return acquire(place, watchdog, log, lost);
  };

  let held: { pid: number; lock: Held };
  try {
    held = await phases.time('acq', () => acquire(place, watchdog, log, lost));
    sweep(server);
  } catch (error) {
    watchdog.dismiss();
    throw error;
  }
  log.info({ pid: held.pid, version: binaries.version }, 'embedded PostgreSQL is up');
  return {
    connection: embeddedConnection(sockets, 5432),
    version: binaries.version,
    pid: () => (state === 'up' ? held.pid : null),
    state: () => state,
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async stop() {
      if (stopping) return;
      stopping = true;
      backoff.stop();
      await recovering;
      await held.lock.release();
      await stopPostmaster(held.pid, cluster, limits.embedded_stop_ms);
      watchdog.dismiss();
    },
  };
}
