/** Who may be killed: the engine, what it brings, and where it brings nothing, the servers it uses. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Bench } from '../harness/bench.ts';
import {
  findPostgres,
  hasRedis,
  type Server,
  startPostgresServer,
  startRedisServer,
} from '../load/servers.ts';
import { crash, killServers } from '../recover/crash.ts';
import type { MortalEngine } from './engine.ts';

export interface Victim {
  /** How often, beside the others. */
  readonly weight: number;
  /** Whether the engine goes too. */
  readonly takesEngine: boolean;
  /** Kills; where the engine goes too, it is gone as well when this resolves. */
  readonly kill: (engine: MortalEngine) => Promise<void>;
  /** Brings back what the engine does not bring back itself. */
  readonly mend: () => Promise<void>;
}

export interface Victims {
  readonly environment: Readonly<Record<string, string>>;
  readonly all: Readonly<Record<string, Victim>>;
}

const nothing = async (): Promise<void> => {};
const engineAlone: Omit<Victim, 'weight'> = {
  takesEngine: true,
  kill: (engine) => engine.kill(),
  mend: nothing,
};

/** On an embedded PostgreSQL: the engine, its server, which it must start again, or both at one moment. */
export function embeddedVictims(): Victims {
  const cluster = ({ dataDir }: MortalEngine): string => join(dataDir, 'postgres', 'cluster');
  return {
    environment: {},
    all: {
      engine: { weight: 70, ...engineAlone },
      database: {
        weight: 12,
        takesEngine: false,
        kill: (engine) => killServers(cluster(engine)),
        mend: nothing,
      },
      machine: {
        weight: 18,
        takesEngine: true,
        kill: (engine) => engine.kill(({ own }) => crash(own, cluster(engine))),
        mend: nothing,
      },
    },
  };
}

/** Between the death of a server and its next start, for the engine to notice. */
const DOWN_MS = 200;

/** On a PostgreSQL and a Redis of this machine; null where it has none. */
export async function serverVictims(bench: Bench): Promise<Victims | null> {
  const programs = findPostgres();
  if (programs === null || !hasRedis()) return null;
  const database = await startPostgresServer(programs);
  bench.atEnd(() => database.close());
  const redis = await startRedisServer();
  bench.atEnd(() => redis.close());
  const server = (weight: number, one: Server): Victim => ({
    weight,
    takesEngine: false,
    kill: () => one.kill(),
    async mend() {
      await pause(DOWN_MS);
      await one.start();
    },
  });
  return {
    environment: { DATABASE_URL: await database.make('chaos'), REDIS_URL: redis.url },
    all: {
      engine: { weight: 50, ...engineAlone },
      database: server(17, database),
      redis: server(17, redis),
      everything: {
        weight: 16,
        takesEngine: true,
        kill: (engine) =>
          engine.kill(async ({ own }) => {
            await Promise.all([own.kill(), database.kill(), redis.kill()]);
          }),
        async mend() {
          await Promise.all([database.start(), redis.start()]);
        },
      },
    },
  };
}
