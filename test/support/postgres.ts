import tap from 'tap';
import { findPostgres, type PostgresServer, startPostgresServer } from '../../bench/load/servers.ts';

export { findPostgres };

/** A server of the machine's PostgreSQL, ended when the tests of this process are over. */
export async function startPostgres(programs: string): Promise<PostgresServer> {
  const server = await startPostgresServer(programs, ['fsync=off']);
  tap.teardown(() => server.close());
  return server;
}
