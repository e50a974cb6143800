import postgres from 'postgres';

/** How to reach the embedded server; a subset of the client's options. */
export interface EmbeddedConnection {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly database: string;
}

/** Any number will do: the server is ours alone, and nothing else in it takes advisory locks of this key. */
const ENGINE_LOCK = 7_331_001;
const NAME = 'thenar engine ';

/**
 * A machine that vanished is noticed by the server within four of these, and a server by the engine a little sooner:
 * whoever lost its lock behind a network that swallows packets knows before anybody else can have it.
 */
const KEEPALIVE_S = 4;

/** Names this engine: on the lock's connection who holds it, as the server's `cluster_name` who started it. */
export const engineName = (): string => `${NAME}${process.pid}`;

const engineIn = (name: string | undefined): number | null =>
  name?.startsWith(NAME) === true ? Number(name.slice(NAME.length)) : null;

export type LockAttempt =
  | { readonly state: 'held'; readonly startedBy: number | null; release(): Promise<void> }
  | { readonly state: 'taken'; readonly byPid: number | null }
  /** The server is starting, stopping, or not there. */
  | { readonly state: 'unreachable'; readonly reason: string };

export function embeddedConnection(host: string, port: number): EmbeddedConnection {
  return { host, port, username: 'thenar', database: 'postgres' };
}

/**
 * Tries to become the one engine of a database: an advisory lock on a connection that lives as long as the engine
 * does. PostgreSQL itself lets only one server use a cluster, so that two engines always meet at the same server.
 * The kernel closes the connection of a killed engine, and the server notices within seconds when a whole machine is
 * gone, so that the lock is never stale for long.
 * @param lost called once when a held lock's connection closes without `release`.
 */
export async function tryLock(database: string | EmbeddedConnection, lost: () => void): Promise<LockAttempt> {
  let held = false;
  const options: postgres.Options<Record<string, postgres.PostgresType>> = {
    max: 1,
    fetch_types: false,
    max_lifetime: null,
    connect_timeout: 5,
    keep_alive: KEEPALIVE_S,
    backoff: () => 0,
    onnotice: () => {},
    connection: {
      application_name: engineName(),
      tcp_keepalives_idle: KEEPALIVE_S,
      tcp_keepalives_interval: KEEPALIVE_S,
      tcp_keepalives_count: 3,
    },
    onclose: () => {
      if (!held) return;
      held = false;
      lost();
    },
  };
  const sql =
    typeof database === 'string' ? postgres(database, options) : postgres({ ...database, ...options });
  try {
    const [attempt] = await sql<{ taken: boolean; cluster: string }[]>`
      select pg_try_advisory_lock(${ENGINE_LOCK}) as taken, current_setting('cluster_name') as cluster`;
    if (attempt?.taken === true) {
      held = true;
      return {
        state: 'held',
        startedBy: engineIn(attempt.cluster),
        release: async () => {
          held = false;
          await sql.end({ timeout: 1 });
        },
      };
    }
    const [holder] = await sql<{ name: string }[]>`
      select a.application_name as name from pg_locks l join pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.objid = ${ENGINE_LOCK} and l.granted limit 1`;
    await sql.end({ timeout: 1 });
    return { state: 'taken', byPid: engineIn(holder?.name) };
  } catch (error) {
    void sql.end({ timeout: 0 });
    return { state: 'unreachable', reason: (error as Error).message };
  }
}
