import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { graphParameters } from '../engine/index/graph.ts';
import { limits } from '../engine/limits.ts';
import { generatedGallery } from './ann/gallery.ts';
import { measureSearches } from './ann/measure.ts';
import { pooledMatcher } from './ann/pool.ts';
import { AnnWorld } from './ann/world.ts';
import { integerOption, type Scenario, say, writeResult } from './report.ts';

/** What the foundation issue asks. */
const RECALL_TARGET = 0.999;
const OVERHEAD_TARGET = 0.4;

export const ann: Scenario = {
  name: 'ann',
  summary:
    'candidate search: recall and time beside raw hnswlib-node and exact scan (--palms, --templates, --queries)',
  async run(options) {
    const palms = integerOption(options, 'palms', 100_000);
    const samples = integerOption(options, 'templates', 1);
    const queries = integerOption(options, 'queries', 300);
    const seed = integerOption(options, 'seed', 1);
    const dataDir = mkdtempSync(join(tmpdir(), 'thenar-ann-'));
    try {
      say(
        `${palms} palms of one hand, ${samples} template(s) each; graph ${JSON.stringify(graphParameters)}`,
      );
      const world = new AnnWorld(generatedGallery(seed), palms, samples, seed);
      const crossover = world.build(queries);
      const pooled = await pooledMatcher(world, dataDir);
      const result = await measureSearches(world, pooled, queries);
      await pooled.close();

      const overhead = (result.pooled.median - result.direct.median) / result.raw.median;
      say();
      say(
        `recall@${limits.shortlist} of the shortlist   ${result.recall.toFixed(5)} (at least ${RECALL_TARGET}); by SIMD scan ${result.scanRecall.toFixed(5)}`,
      );
      say(`own palm in the exact shortlist  ${result.genuine.toFixed(4)}`);
      for (const [title, figure] of [
        ['raw hnswlib-node', result.raw],
        ['shortlist by graph', result.graph],
        ['shortlist by exact SIMD scan', result.scan],
        ['exact scan, plain loop', result.loop],
        ['identify, in this thread', result.direct],
        ['identify, through the pool', result.pooled],
      ] as const) {
        say(
          `${title.padEnd(30)}${figure.median.toFixed(3)} ms (quartiles within ${(100 * figure.relative).toFixed(0)} %)`,
        );
      }
      say(
        `overhead of pool and tasks    ${(100 * overhead).toFixed(1)} % of raw (at most ${100 * OVERHEAD_TARGET} %)`,
      );
      const path = writeResult('ann', {
        palms,
        samples,
        queries,
        seed,
        graphParameters,
        crossover,
        overhead,
        ...result,
      });
      say(`written to ${path}`);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  },
};
