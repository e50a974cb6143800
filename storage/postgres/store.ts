import { setTimeout as pause } from 'node:timers/promises';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Clock, Commit, CommitResult, DatabaseHealth, Log, Random, Store } from '../../engine/ports.ts';
import type { TenantKeys } from '../keys/tenant-keys.ts';
import { openSealers } from '../seal.ts';
import { type Client, openClient, run } from './client.ts';
import { type Failure, readFailure, unavailable } from './failures.ts';
import { sweepMarks } from './heads.ts';
import { type Lane, openLane } from './lane.ts';
import type { EmbeddedConnection } from './lock.ts';
import { migrate } from './migrate.ts';
import { prepareMonths } from './months.ts';
import { Patience } from './patience.ts';
import { reads } from './reads.ts';

export interface StoreOptions {
  /** URL of a server, or the embedded one's `connection`. */
  readonly database: string | EmbeddedConnection;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What is said of people is sealed under these. */
  readonly keys: TenantKeys;
  /** The engine starts: a server that is away or overloaded is waited for until `started` is called. */
  readonly starting?: boolean;
  /** Tests make it shorter; default `limits.statement_silence_ms`. */
  readonly silenceMs?: number;
}

/** The store, and the client that the snapshot table shares with it. */
export interface PostgresStore extends Store {
  readonly client: Client;
  /** The engine has started: from now on callers hear soon when the server is away. */
  started(): void;
  /** Milliseconds that the change which has waited longest for the commit before it has waited. */
  waitedMs(): number;
}

const RETRY_MS = 100;

/** What went wrong, in words an operator can act on; never the password in the URL. */
function unreachable(failure: Failure): ThenarError {
  if (failure.kind === 'failed') return failure.error;
  const cause = 'cause' in failure ? failure.cause : undefined;
  const reason =
    cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code : 'it refused';
  return new ThenarError('unavailable', `The database cannot be reached: ${reason}.`, { cause });
}

/** Who is asked, or as whom, is wrong: nothing that time mends. Codes: PostgreSQL manual, appendix A. */
function isMisnamed(failure: Failure): boolean {
  const code = 'cause' in failure ? String((failure.cause as NodeJS.ErrnoException).code) : '';
  return code.startsWith('28') || code === '3D000' || code === 'ENOTFOUND';
}

/** A server that is just starting (a composition of containers) is waited for. */
async function prepare(client: Client, options: StoreOptions, patience: Patience): Promise<void> {
  const { clock, log } = options;
  const startedAt = clock.monotonic();
  for (let told = false; ; ) {
    try {
      await migrate(client, clock, log);
      await prepareMonths(client, clock.now());
      await sweepMarks(client, clock.now() - limits.commit_mark_ttl_ms);
      return;
    } catch (error) {
      const failure = readFailure(error);
      const passing =
        failure.kind === 'away' ||
        failure.kind === 'unknown' ||
        failure.kind === 'again' ||
        patience.triesAgain(failure);
      const waitMs = isMisnamed(failure) ? limits.commit_wait_ms : patience.waitMs;
      if (!passing || clock.monotonic() > startedAt + waitMs) throw unreachable(failure);
      if (!told) log.warn({ reason: unreachable(failure).message }, 'waiting for the database');
      told = true;
      // Not the clock's timer: nothing else keeps the process alive while it starts.
      await pause(RETRY_MS);
    }
  }
}

/**
 * Opens the store on a PostgreSQL of version 15 or later and brings its schema to this version.
 * @throws ThenarError `unavailable` when the server cannot be reached or used, with one sentence why.
 */
export async function openStore(options: StoreOptions): Promise<PostgresStore> {
  const { clock, keys, log, random } = options;
  const client = openClient(options.database, options.silenceMs);
  const patience = new Patience(options.starting ?? false);
  const sealers = openSealers(keys, 'columns', random);
  try {
    await prepare(client, options, patience);
  } catch (error) {
    await client.end();
    throw error;
  }
  const lanes = new Map<string, Lane>();
  let closed = false;
  let idle = (): void => {};

  const laneOf = (tenantId: string): Lane => {
    const known = lanes.get(tenantId);
    if (known !== undefined) {
      // Kept in order of use, so that the first is the longest unused.
      lanes.delete(tenantId);
      lanes.set(tenantId, known);
      return known;
    }
    for (const [key, lane] of lanes) {
      if (lanes.size < limits.commit_lanes_max) break;
      if (!lane.busy()) lanes.delete(key);
    }
    const settled = () => keys.settled();
    const context = { client, clock, random, log, sealers, settled, patience };
    const lane = openLane(context, tenantId, () => idle());
    lanes.set(tenantId, lane);
    return lane;
  };

  return {
    client,
    started: () => patience.end(),
    ...reads({ client, clock, patience }, sealers),

    async commit(commit: Commit): Promise<CommitResult> {
      if (closed) throw unavailable(new Error('the store is closed'));
      return laneOf(commit.tenantId).commit(commit);
    },

    waitedMs() {
      const now = clock.monotonic();
      let longest = 0;
      for (const lane of lanes.values()) longest = Math.max(longest, lane.waitedMs(now));
      return longest;
    },

    prepareMonths: () => prepareMonths(client, clock.now()),

    async health() {
      const askedAt = clock.monotonic();
      let cancel = (): void => {};
      const late = new Promise<DatabaseHealth>((resolve) => {
        cancel = clock.after(limits.database_health_ms, () => resolve('down'));
      });
      const answer = run(client, { text: 'SELECT 1', parameters: [] }).then(
        () => (clock.monotonic() - askedAt > limits.database_slow_ms ? 'slow' : 'ok') as DatabaseHealth,
        () => 'down' as const,
      );
      const result = await Promise.race([answer, late]);
      cancel();
      return result;
    },

    /** Commits under way finish first; later ones are refused. */
    async close() {
      if (closed) return;
      closed = true;
      await new Promise<void>((resolve) => {
        idle = () => {
          if ([...lanes.values()].every((lane) => !lane.busy())) resolve();
        };
        idle();
      });
      await client.end();
    },
  };
}
