import postgres from 'postgres';
import { limits } from '../../engine/limits.ts';
import { clientTypes } from './columns.ts';
import { ExclusiveConnections } from './exclusive.ts';
import { readFailure } from './failures.ts';
import type { EmbeddedConnection } from './lock.ts';
import type { Statement } from './sql.ts';

/** What runs statements: the pool, or one connection of it. */
export interface Runner extends Pick<postgres.Sql, 'unsafe'> {
  /** What to do about a statement that stays without an answer; absent: its caller looks to that. */
  readonly silence?: Silence;
}

export interface Silence {
  /** How long a statement may stay without an answer. */
  readonly ms: number;
  /** Gives the connections up, which rejects everything that waits on them. */
  giveUp(): void;
}

export type Rows = (string | null)[][];

/** One connection for oneself. */
export interface Connection extends Runner {
  /** Gives it back for the next one. */
  release(): void;
  /** Gives it up: it was lost, or nobody knows. A new one takes its place. */
  abandon(): void;
}

/** A pool of connections. */
export interface Client extends Runner {
  readonly silence: Silence;
  reserve(): Promise<Connection>;
  /** Statements under way finish, for a while. */
  end(): Promise<void>;
}

/** How long statements may still go on when the pool is closed, in seconds. */
const FINISH_S = limits.statement_timeout_ms / 1_000 + 2;

/** Statements of the largest batch: `limits.group_commit_max` commands of a few statements each, and their frame. */
const PIPELINE_MAX = 32 * limits.group_commit_max;

/** One pool of the driver. */
interface Pool extends Runner {
  readonly silence: Silence;
  end(timeoutS: number): Promise<void>;
}

/** A driver's pool that is replaced whole when one of its connections closes or stays silent. */
export interface Replaceable {
  /** The pool as it is now; statements that belong together stay with one. */
  current(): Pool;
  /** The pool as it is now, once one of its connections has answered. */
  opened(): Promise<Runner>;
  replace(): void;
  end(): Promise<void>;
}

/**
 * A connection object of this driver that was closed with something still to write keeps those bytes, puts them
 * before the greeting when it connects again, and may wait for ever. So none is ever used again: when a connection
 * closes, its pool is given up and a new one takes its place. What was under way on the pool's other connections
 * counts as lost, too, and is resolved or tried again like the rest; it happens only when a server goes away.
 */
function replaceable(target: string | EmbeddedConnection, max: number, silenceMs: number): Replaceable {
  let ended = false;
  const make = (): Pool => {
    const options: postgres.Options<Record<string, postgres.PostgresType>> & { max_pipeline: number } = {
      max,
      // What does not fit into the pipeline waits in a queue that outlives its connection, and would then run on
      // another one, outside its transaction. So everything fits.
      max_pipeline: PIPELINE_MAX,
      // The driver's own first query: cut off, it rejects a promise that nobody outside the driver can hold.
      fetch_types: false,
      max_lifetime: null,
      connect_timeout: limits.commit_wait_ms / 1_000,
      backoff: () => 0,
      onnotice: () => {},
      onclose: () => {
        if (current === made) replace();
      },
      types: clientTypes,
      connection: {
        application_name: 'thenar',
        TimeZone: 'UTC',
        statement_timeout: limits.statement_timeout_ms,
      },
    };
    const pool = typeof target === 'string' ? postgres(target, options) : postgres({ ...target, ...options });
    const made: Pool = {
      unsafe: pool.unsafe,
      end: (timeoutS) => pool.end({ timeout: timeoutS }),
      silence: {
        ms: silenceMs,
        giveUp: () => {
          if (current === made) replace();
        },
      },
    };
    return made;
  };
  let current = make();
  let answered: Promise<unknown> | null = null;
  function replace(): void {
    if (ended) return;
    const old = current;
    current = make();
    answered = null;
    old.end(0).catch(() => {});
  }
  return {
    current: () => current,
    async opened() {
      const pool = current;
      // While a connection is being made the driver queues statements, which is the queue that must stay empty.
      answered ??= answeredOr(pool, pool.unsafe('SELECT 1').execute());
      const answer = answered;
      try {
        await answer;
      } catch (error) {
        if (answered === answer) answered = null;
        throw error;
      }
      return pool;
    },
    replace,
    async end() {
      ended = true;
      await current.end(FINISH_S);
    },
  };
}

/**
 * Opens the connections; they are made when they are first needed. Values pass through as text (see `columns.ts`);
 * sessions are in UTC so that times have one text form, and every statement has a time limit on the server. Single
 * statements share some connections; transactions of several have others to themselves.
 *
 * A network that swallows packets closes no connection for a quarter of an hour. A statement that has no answer long
 * after the server would have cancelled it is therefore taken for lost with its connections.
 * @param silenceMs tests make it shorter
 */
export function openClient(
  target: string | EmbeddedConnection,
  silenceMs: number = limits.statement_silence_ms,
): Client {
  const shared = replaceable(target, limits.database_connections_max, silenceMs);
  const exclusive = new ExclusiveConnections(limits.database_transactions_max, () =>
    replaceable(target, 1, silenceMs),
  );
  return {
    get silence(): Silence {
      return shared.current().silence;
    },
    unsafe: ((text: string, parameters?: never[], options?: object) =>
      shared.current().unsafe(text, parameters, options)) as Client['unsafe'],
    reserve: () => exclusive.take(),
    async end() {
      await Promise.all([shared.end(), exclusive.end()]);
    },
  };
}

/** The answer; when there is none for too long, its connections are given up, and it is rejected as lost. */
function answeredOr<T>(runner: Runner, answer: Promise<T>): Promise<T> {
  const { silence } = runner;
  if (silence === undefined) return answer;
  const timer = setTimeout(silence.giveUp, silence.ms);
  timer.unref();
  const cancel = (): void => clearTimeout(timer);
  answer.then(cancel, cancel);
  return answer;
}

/** Runs one prepared statement; the rows' values are in text form. */
export function run(runner: Runner, statement: Statement): Promise<Rows> {
  const parameters = statement.parameters.map((parameter) => new Typed(parameter.text, parameter.oid));
  const answer = runner.unsafe(statement.text, parameters as never[], { prepare: true }).values();
  return answeredOr(runner, answer as unknown as Promise<Rows>);
}

/** Runs `work` in a transaction of its own, one statement after the other. */
export async function transaction<T>(
  client: Client,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await client.reserve();
  try {
    await connection.unsafe('BEGIN');
    const result = await work(connection);
    await connection.unsafe('COMMIT');
    connection.release();
    return result;
  } catch (error) {
    const { kind } = readFailure(error);
    if (kind === 'unknown' || kind === 'away') {
      connection.abandon();
      throw error;
    }
    await connection.unsafe('ROLLBACK');
    connection.release();
    throw error;
  }
}

/** The driver recognises a typed parameter by its class, which it does not export but by an example. */
const Typed = (postgres({ max: 1, fetch_types: false }).typed('', 25) as object).constructor as new (
  value: string | null,
  oid: number,
) => object;
