/** The matcher of a node: its workers start before there is storage, its shards load before there are actors. */
import { palmLogAfter } from '../../actors/palms/log.ts';
import { namedProtection, protectionsOf } from '../../actors/tenant/rotation.ts';
import { ThenarError } from '../../engine/errors.ts';
import { defaultWorkers, workerSettings } from '../../engine/pool/machine.ts';
import { PoolMatcher } from '../../engine/pool/matcher.ts';
import { ThreadsAhead } from '../../engine/pool/thread.ts';
import { systemRandom as random } from '../../engine/system.ts';
import type { Surroundings } from './assemble.ts';
import type { Storage } from './storage.ts';

/**
 * Starts worker threads at once, and what they hold of shards when storage is there. Nobody waits for the shards
 * here: whoever needs one waits for it.
 * @throws what opening the storage throws
 */
export async function startMatcher(
  opening: Promise<Storage>,
  { config, clock, meter, tracing, phases, log }: Surroundings,
): Promise<PoolMatcher> {
  const workers = config.workers ?? defaultWorkers();
  const threads = new ThreadsAhead(workers, workerSettings(config.dataDir));
  try {
    const { store, sealer, subjectKeys } = await opening;
    const protections = async (tenantId: string) => {
      const tenant = await store.get('tenants', { tenantId });
      if (tenant === null) throw new ThenarError('tenant_not_found', 'There is no such tenant.');
      return protectionsOf(sealer, tenant);
    };
    const reading = { store, keys: subjectKeys, protectionsOf: protections };
    const matcher = new PoolMatcher({
      clock,
      random,
      meter,
      tracer: tracing.tracer,
      subjectKeys,
      dataDir: config.dataDir,
      workers,
      ...(config.indexMemory === null ? {} : { memoryMax: config.indexMemory }),
      startThread: threads.start,
      palmLogAfter: (...asked) => palmLogAfter(reading, ...asked),
      protectionOf: async (tenantId, wanted) => namedProtection(await protections(tenantId), wanted),
    });
    phases
      .time('shards from their files', () => matcher.loadKept())
      .catch((error: unknown) => log.debug({ error }, 'a shard is loaded when it is asked for'));
    return matcher;
  } catch (error) {
    await threads.stop();
    throw error;
  }
}
