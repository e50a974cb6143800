import { Redis } from 'ioredis';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Log, Sealer, SnapshotStore } from '../../engine/ports.ts';
import { envelope } from './envelope.ts';

/**
 * Fenced put: an older version never replaces a newer one, whichever node sends it and however late. Versions are
 * whole numbers below 2^53, which Lua's numbers hold exactly.
 */
const FENCED_PUT = `
local there = redis.call('HGET', KEYS[1], 'v')
if there and tonumber(there) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1], 's', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1`;

const PREFIX = 'thenar:snapshot:';
const RECONNECT_MAX_MS = 2_000;

type Client = Redis & {
  fencedPut(key: string, version: number, state: Buffer, ttl: number): Promise<number>;
};

function away(cause: unknown): ThenarError {
  return new ThenarError('unavailable', 'The snapshot cache does not answer.', { cause });
}

/**
 * Snapshots in Redis, commands of one turn of the event loop pipelined together. While Redis is away every call is
 * refused at once: nothing is queued for it, because the next change brings a newer snapshot anyway. One that hangs
 * is taken for away: its connection is closed and made anew, and until the new one has answered nothing waits for it.
 * @param url `redis://` or `rediss://`; reconnects for ever, with growing delay.
 */
export async function redisSnapshots(url: string, sealer: Sealer, log: Log): Promise<SnapshotStore> {
  const { seal, open } = envelope(sealer);
  const client = new Redis(url, {
    lazyConnect: true,
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: limits.snapshot_timeout_ms,
    socketTimeout: limits.snapshot_timeout_ms,
    connectTimeout: limits.snapshot_timeout_ms,
    retryStrategy: (attempt) => Math.min(RECONNECT_MAX_MS, 50 * 2 ** Math.min(attempt, 10)),
  }) as Client;
  let reported = false;
  client.on('error', (error) => {
    // Once an outage: it is retried for ever.
    if (!reported) log.warn({ err: error }, 'the snapshot cache is away');
    reported = true;
  });
  client.on('ready', () => {
    reported = false;
  });
  client.defineCommand('fencedPut', { numberOfKeys: 1, lua: FENCED_PUT });
  // A cache that is not there yet does not keep the engine from starting.
  await client.connect().catch(() => {});

  let pending = 0;
  const bounded = async <T>(call: () => Promise<T>): Promise<T> => {
    if (pending >= limits.snapshot_pending_max)
      throw new ThenarError('engine_busy', 'The snapshot cache is behind.');
    pending += 1;
    try {
      return await call();
    } catch (cause) {
      throw away(cause);
    } finally {
      pending -= 1;
    }
  };

  return {
    async put(key, version, state) {
      const sealed = seal(key, version, state);
      await bounded(() => client.fencedPut(PREFIX + key, version, sealed, limits.snapshot_ttl_s));
    },
    async get(key) {
      const [version, sealed] = await bounded(() => client.hmgetBuffer(PREFIX + key, 'v', 's'));
      if (version == null || sealed == null) return null;
      const number = Number(version.toString());
      const state = open(key, number, sealed);
      return state === null ? null : { version: number, state };
    },
    async delete(key) {
      await bounded(() => client.del(PREFIX + key));
    },
    healthy: () =>
      client.ping().then(
        () => true,
        () => false,
      ),
    async close() {
      await client.quit().catch(() => client.disconnect());
    },
  };
}
