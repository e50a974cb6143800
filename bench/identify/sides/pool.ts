/** The same palms behind the engine's pool: one worker, fed by the log as at a start. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { protectionOf } from '../../../engine/palm/protection.ts';
import type { Scan } from '../../../engine/palm/types.ts';
import { PoolMatcher } from '../../../engine/pool/matcher.ts';
import type { SubjectKeys } from '../../../engine/ports.ts';
import { systemClock, systemRandom } from '../../../engine/system.ts';
import { closedLoop } from '../../harness/load.ts';
import type { Searched } from '../protocol.ts';
import type { Rows } from './side.ts';
import { entryOf, recognised } from './thenar.ts';

const tenant = 'tenant-0';
/** Enough that the worker never waits for the main thread. */
const atOnce = 8;
const patienceMs = 60_000;

export class Pooled {
  readonly #matcher: PoolMatcher;

  private constructor(matcher: PoolMatcher) {
    this.#matcher = matcher;
  }

  static async start(rows: Rows, palms: number): Promise<Pooled> {
    const folder = mkdtempSync(join(tmpdir(), 'thenar-identify-'));
    const last = palms * rows.samples;
    const matcher = new PoolMatcher({
      clock: systemClock,
      random: systemRandom,
      subjectKeys: keysInMemory(),
      dataDir: folder,
      // Positions count from 1, rows from 0.
      palmLogAfter: async (_, position, limit) =>
        Array.from({ length: Math.min(limit, last - position) }, (_, i) => {
          const row = position + i;
          return entryOf(Math.floor(row / rows.samples), row % rows.samples, row + 1, rows);
        }),
      protectionOf: async () => protectionOf(new Uint8Array(32).fill(1)),
      workers: 1,
      saveChanges: Number.POSITIVE_INFINITY,
      saveIntervalMs: 2 ** 31 - 1,
    });
    await matcher.load(tenant);
    // It was looked into for a shard file, of which there is none and will be none.
    rmSync(folder, { recursive: true, force: true });
    return new Pooled(matcher);
  }

  async identify(scans: readonly Scan[]): Promise<Searched> {
    const found: number[][] = [];
    const { seconds } = await closedLoop({ atOnce, calls: scans.length }, async (number) => {
      const deadline = systemClock.monotonic() + patienceMs;
      const matched = await this.#matcher.identify(tenant, scans[number]!, deadline);
      if (!matched.ok) return matched.code;
      found[number] = recognised(matched.value);
      return null;
    });
    return { ms: seconds * 1000, found };
  }

  close(): Promise<void> {
    return this.#matcher.close();
  }
}

function keysInMemory(): SubjectKeys {
  const keys = new Map<string, Uint8Array>();
  return {
    async ensure(subject) {
      const key = keys.get(subject) ?? systemRandom.bytes(32);
      keys.set(subject, key);
      return key;
    },
    find: (subject) => keys.get(subject) ?? null,
    async destroy(subject) {
      keys.delete(subject);
    },
    async destroyTenant() {},
    async close() {},
  };
}
