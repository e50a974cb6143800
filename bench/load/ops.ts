/** What a bench asks of the ops listener. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Phase } from '../../engine/phases.ts';
import type { EngineProcess } from '../demo/engine.ts';

interface ShardShown {
  readonly mode: string;
  readonly templates: number;
  readonly worker: number;
  readonly bytes: number;
  /** Of the palm log, as far as the shard's file covers it; null: there is no file. */
  readonly file_position: number | null;
}

const POLL_MS = 100;

async function ask(engine: EngineProcess, path: string): Promise<Record<string, unknown>> {
  const response = await fetch(new URL(path, engine.ready.ops));
  return (await response.json()) as Record<string, unknown>;
}

export async function shardsOf(engine: EngineProcess): Promise<readonly ShardShown[]> {
  const { shards } = await ask(engine, '/shards');
  return shards as readonly ShardShown[];
}

/** Resolves once the one shard holds all templates and nothing of its index is left to build. */
export async function awaitIndex(engine: EngineProcess, templates: number): Promise<ShardShown> {
  for (;;) {
    const [shard] = await shardsOf(engine);
    if (
      shard !== undefined &&
      shard.templates >= templates &&
      (shard.mode === 'hnsw' || shard.mode === 'flat')
    ) {
      return shard;
    }
    if (engine.process.exitCode !== null) throw new Error('the engine ended while its index was built');
    await pause(POLL_MS);
  }
}

/** Resolves once the one shard has a file with all its templates; the engine writes it within a minute or two. */
export async function awaitIndexFile(engine: EngineProcess, templates: number): Promise<void> {
  for (;;) {
    const [shard] = await shardsOf(engine);
    if ((shard?.file_position ?? 0) >= templates) return;
    if (engine.process.exitCode !== null) throw new Error('the engine ended while its index was written');
    await pause(POLL_MS);
  }
}

/** True when the engine finds every audit chain whole. */
export async function auditHolds(
  engine: EngineProcess,
): Promise<{ readonly ok: boolean; readonly records: number }> {
  const { chains } = await ask(engine, '/audit/verify');
  const all = chains as readonly { ok: boolean; records: number }[];
  return { ok: all.every((chain) => chain.ok), records: all.reduce((sum, chain) => sum + chain.records, 0) };
}

/** What the engine's start spent its time on. */
export async function phasesOf(engine: EngineProcess): Promise<readonly Phase[]> {
  const { phases } = await ask(engine, '/start');
  return phases as readonly Phase[];
}
