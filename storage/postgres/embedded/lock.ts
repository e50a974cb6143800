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

export type LockAttempt =
  | { readonly state: 'held'; release(): Promise<void> }
  | { readonly state: 'taken'; readonly byPid: number | null }
  /** The server is starting, stopping, or not there. */
  | { readonly state: 'unreachable'; readonly reason: string };

export function embeddedConnection(host: string, port: number): EmbeddedConnection {
  return { host, port, username: 'thenar', database: 'postgres' };
}

/**
 * Tries to become the one engine of a data directory: an advisory lock on a connection that lives as long as the
 * engine does. PostgreSQL itself lets only one server use a cluster, so that two engines always meet at the same
 * server, and the kernel closes the connection of a killed engine, so that the lock is never stale.
 * @param lost called once when a held lock's connection closes without `release`.
 */
export async function tryLock(connection: EmbeddedConnection, lost: () => void): Promise<LockAttempt> {
  let held = false;
  const sql = postgres({
    ...connection,
    max: 1,
    fetch_types: false,
    max_lifetime: null,
    connect_timeout: 5,
    backoff: () => 0,
    onnotice: () => {},
    connection: { application_name: `${NAME}${process.pid}` },
    onclose: () => {
      if (!held) return;
      held = false;
      lost();
    },
  });
  try {
    const [attempt] = await sql<{ taken: boolean }[]>`select pg_try_advisory_lock(${ENGINE_LOCK}) as taken`;
    if (attempt?.taken === true) {
      held = true;
      return {
        state: 'held',
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
    const pid = holder?.name.startsWith(NAME) === true ? Number(holder.name.slice(NAME.length)) : null;
    return { state: 'taken', byPid: pid };
  } catch (error) {
    void sql.end({ timeout: 0 });
    return { state: 'unreachable', reason: (error as Error).message };
  }
}
