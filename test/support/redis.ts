import tap from 'tap';
import { hasRedis, type Server, startRedisServer } from '../../bench/load/servers.ts';

export { hasRedis };

/** A redis-server of this process in a folder of its own, ended when its tests are over. */
export async function startRedis(): Promise<Server & { readonly url: string }> {
  const server = await startRedisServer();
  tap.teardown(() => server.close());
  return server;
}
