import { SHARD_FORMAT } from '../../engine/index/file.ts';
import { saveShard } from '../../engine/index/save.ts';
import { Scratch } from '../../engine/index/scratch.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { PoolMatcher } from '../../engine/pool/matcher.ts';
import { ShardFiles } from '../../engine/pool/shard_files.ts';
import type { SubjectKeys } from '../../engine/ports.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { say } from '../report.ts';
import { type AnnWorld, benchTenant, rotationKey } from './world.ts';

const GENERATION = 'bench';

/** A matcher whose one worker holds the same graph, handed over as a shard file. */
export async function pooledMatcher(world: AnnWorld, dataDir: string): Promise<PoolMatcher> {
  const keys = new Map<string, Uint8Array>();
  const subjectKeys: SubjectKeys = {
    ensure: async (subject) => {
      const key = keys.get(subject) ?? systemRandom.bytes(32);
      keys.set(subject, key);
      return key;
    },
    find: (subject) => keys.get(subject) ?? null,
    destroy: async (subject) => {
      keys.delete(subject);
    },
    close: async () => {},
  };
  const files = new ShardFiles(dataDir, subjectKeys);
  const key = await files.newKey(benchTenant, GENERATION);
  const path = files.temporaryPath(benchTenant, GENERATION);
  const header = {
    format: SHARD_FORMAT,
    model: palmModel,
    tenantId: benchTenant,
    generation: GENERATION,
    replaces: null,
  };
  const t0 = systemClock.monotonic();
  const slices = saveShard(world.graph, path, header, key, new Scratch(`${dataDir}/save`));
  let longest = 0;
  for (;;) {
    const began = systemClock.monotonic();
    const slice = slices.next();
    longest = Math.max(longest, systemClock.monotonic() - began);
    if (slice.done === true) {
      say(
        `shard file: ${(slice.value.bytes / 2 ** 20).toFixed(0)} MiB, longest slice ${longest.toFixed(0)} ms`,
      );
      break;
    }
  }
  await files.promote(benchTenant, GENERATION, null);
  const t1 = systemClock.monotonic();
  const matcher = new PoolMatcher({
    clock: systemClock,
    random: systemRandom,
    subjectKeys,
    dataDir,
    palmLogAfter: async () => [],
    tenantRotationKey: async () => rotationKey,
    workers: 1,
  });
  await matcher.load(benchTenant);
  const t2 = systemClock.monotonic();
  say(`saved in ${(t1 - t0).toFixed(0)} ms, loaded by a worker in ${(t2 - t1).toFixed(0)} ms`);
  return matcher;
}
