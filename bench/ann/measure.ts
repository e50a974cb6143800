import { Nearest } from '../../engine/index/nearest.ts';
import { limits } from '../../engine/limits.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import type { TemplateScan } from '../../engine/palm/types.ts';
import type { PoolMatcher } from '../../engine/pool/matcher.ts';
import { readProbe } from '../../engine/pool/scans.ts';
import { systemClock } from '../../engine/system.ts';
import { type Spread, spread } from '../report.ts';
import { type AnnWorld, benchHand, benchTenant } from './world.ts';

export interface Searches {
  /** Share of the exact shortlist, taken over plain floats, that graph and SIMD scan find. */
  readonly recall: number;
  readonly scanRecall: number;
  /** Share of queries whose own palm is in the exact shortlist. */
  readonly genuine: number;
  readonly raw: Spread;
  readonly graph: Spread;
  readonly scan: Spread;
  readonly loop: Spread;
  readonly direct: Spread;
  readonly pooled: Spread;
}

/** Every way of searching once a query, in turn, so that whatever else the machine does hits all alike. */
export async function measureSearches(
  world: AnnWorld,
  pooled: PoolMatcher,
  queries: number,
): Promise<Searches> {
  const times = { raw: [], graph: [], scan: [], loop: [], direct: [], pooled: [] } as Record<
    string,
    number[]
  >;
  const native = world.graph.hands[benchHand].graph!;
  const rows = plainRows(world);
  const k = limits.shortlist * world.samples;
  let wanted = 0;
  let byGraph = 0;
  let byScan = 0;
  let genuine = 0;
  const warmUp = Math.min(20, queries);
  for (let q = -warmUp; q < queries; q++) {
    const template = world.query(q + warmUp);
    const vector = world.protect(template.vector);
    const numbers = Array.from(vector);
    const scan: TemplateScan = {
      format: 'template',
      model: palmModel,
      data: encodeTemplate(template),
      palmType: benchHand,
    };
    const timed = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
      const started = systemClock.monotonic();
      const value = await work();
      if (q >= 0) times[name]!.push(systemClock.monotonic() - started);
      return value;
    };
    await timed('raw', () => native.search(numbers, k));
    const searched = await timed('graph', () => world.graph.shortlist(benchHand, vector));
    const scanned = await timed('scan', () => world.flat.shortlist(benchHand, vector));
    const exact = await timed('loop', () => plainScan(world, rows, vector, k));
    await timed('direct', () => {
      const probe = readProbe(scan);
      return probe.ok
        ? world.graph.identify(benchHand, world.protect(probe.value.vector), probe.value)
        : null;
    });
    await timed('pooled', () => pooled.identify(benchTenant, scan, systemClock.monotonic() + 60_000));
    if (q < 0) continue;
    wanted += exact.size;
    for (const palm of searched) if (exact.has(palm.palmId)) byGraph += 1;
    for (const palm of scanned) if (exact.has(palm.palmId)) byScan += 1;
    if (exact.has(`palm-${((q + warmUp) * 7_919) % world.palms}`)) genuine += 1;
  }
  const figures = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, spread(list)]));
  return {
    recall: byGraph / wanted,
    scanRecall: byScan / wanted,
    genuine: genuine / queries,
    ...figures,
  } as unknown as Searches;
}

/** The vectors as plain floats, palm after palm, as somebody without an index would hold them. */
function plainRows(world: AnnWorld): Float32Array[] {
  return Array.from({ length: world.palms * world.samples }, (_, i) =>
    world.protect(world.gallery(Math.floor(i / world.samples), i % world.samples).vector),
  );
}

/** Identifiers of the palms among the `k` nearest rows, at most a shortlist of them. */
function plainScan(
  world: AnnWorld,
  rows: readonly Float32Array[],
  vector: Float32Array,
  k: number,
): Set<string> {
  const nearest = new Nearest(k);
  for (let r = 0; r < rows.length; r++) {
    const row = rows[r]!;
    let sum = 0;
    for (let i = 0; i < row.length; i++) sum += row[i]! * vector[i]!;
    if (sum > nearest.floor) nearest.offer(r, sum);
  }
  const palms = new Set<string>();
  for (const row of nearest.labels) {
    if (palms.size < limits.shortlist) palms.add(`palm-${Math.floor(row / world.samples)}`);
  }
  return palms;
}
