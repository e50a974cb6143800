/** Shards and match workers. */
import { counter, type Family, gauge, type Sample } from '../family.ts';
import type { Reading, ShardReading } from '../reading.ts';

const shards = (read: (shard: ShardReading) => number | null) =>
  function* ({ shards }: Reading): Generator<Sample> {
    for (const shard of shards) {
      const value = read(shard);
      if (value !== null) yield [[shard.tenant], value];
    }
  };

const workers = (read: (load: Reading['survey']['workers'][number]) => number) =>
  function* ({ survey }: Reading): Generator<Sample> {
    for (const [worker, load] of survey.workers.entries()) yield [[worker], read(load)];
  };

export const matching: readonly Family[] = [
  gauge('thenar_shards', 'Shards in memory, by how they are searched.', ['mode'], function* ({ modes }) {
    for (const [mode, value] of Object.entries(modes)) yield [[mode], value];
  }),
  gauge(
    'thenar_shard_templates',
    'Templates in a tenant’s shard; the largest by themselves, all others as tenant other.',
    ['tenant'],
    shards(({ templates }) => templates),
  ),
  gauge(
    'thenar_shard_palms',
    'Palms in a tenant’s shard.',
    ['tenant'],
    shards(({ palms }) => palms),
  ),
  gauge(
    'thenar_shard_bytes',
    'Memory of a tenant’s shard.',
    ['tenant'],
    shards(({ bytes }) => bytes),
  ),
  gauge(
    'thenar_shard_replay_lag_entries',
    'Entries of the palm log that a shard is behind.',
    ['tenant'],
    shards(({ replayLag }) => replayLag),
  ),
  gauge(
    'thenar_shard_file_age_seconds',
    'Age of a shard’s file.',
    ['tenant'],
    shards(({ fileAgeMs }) => (fileAgeMs === null ? null : fileAgeMs / 1000)),
  ),
  gauge(
    'thenar_shard_recall_ratio',
    'Share of the exact shortlist that the index found when it was last sampled.',
    ['tenant'],
    shards(({ recall }) => recall),
  ),
  gauge(
    'thenar_pool_queued_tasks',
    'Tasks that wait for a match worker.',
    ['worker'],
    workers(({ queued }) => queued),
  ),
  gauge(
    'thenar_pool_running_tasks',
    'Tasks that a match worker has.',
    ['worker'],
    workers(({ running }) => running),
  ),
  counter(
    'thenar_pool_busy_seconds_total',
    'Time in which a match worker had something to do; its rate is its utilisation.',
    ['worker'],
    workers(({ busyMs }) => busyMs / 1000),
  ),
  counter(
    'thenar_pool_worker_restarts_total',
    'Match workers that died or hung and were replaced.',
    ['worker'],
    workers(({ restarts }) => restarts),
  ),
];
