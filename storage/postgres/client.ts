import postgres from 'postgres';
import { limits } from '../../engine/limits.ts';
import { clientTypes } from './columns.ts';
import type { EmbeddedConnection } from './embedded/lock.ts';
import type { Statement } from './sql.ts';

export type Client = postgres.Sql;
/** What runs statements: the pool, or one connection of it. */
export type Runner = Pick<postgres.Sql, 'unsafe'>;
export type Rows = (string | null)[][];

/**
 * A pool of connections, opened when they are first needed. Values pass through as text (see `columns.ts`);
 * sessions are in UTC so that times have one text form, and every statement has a time limit on the server.
 */
export function openClient(target: string | EmbeddedConnection): Client {
  const options: postgres.Options<Record<string, postgres.PostgresType>> = {
    max: limits.database_connections_max,
    // Left on though its answer is not used: the client never hands out a new connection to `reserve` without it.
    fetch_types: true,
    max_lifetime: null,
    connect_timeout: limits.commit_wait_ms / 1000,
    backoff: () => 0,
    onnotice: () => {},
    types: clientTypes,
    connection: {
      application_name: 'thenar',
      TimeZone: 'UTC',
      statement_timeout: limits.statement_timeout_ms,
    },
  };
  return typeof target === 'string' ? postgres(target, options) : postgres({ ...target, ...options });
}

/** Runs one prepared statement; the rows' values are in text form. */
export function run(runner: Runner, statement: Statement): Promise<Rows> {
  const parameters = statement.parameters.map((parameter) => new Typed(parameter.text, parameter.oid));
  return runner
    .unsafe(statement.text, parameters as never[], { prepare: true })
    .values() as unknown as Promise<Rows>;
}

/** The client recognises a typed parameter by its class, which it does not export but by an example. */
const Typed = (postgres({ max: 1, fetch_types: false }).typed('', 25) as object).constructor as new (
  value: string | null,
  oid: number,
) => object;
