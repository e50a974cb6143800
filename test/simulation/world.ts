/**
 * A world in which nothing happens by itself: time, chance, turns and the snapshot cache all follow one seed, so a
 * run is the same every time and a failing seed is a bug report.
 */
import type { Turn, TurnRef, Turns } from '../../actors/kernel/turns.ts';
import { ThenarError } from '../../engine/errors.ts';
import type { SnapshotStore } from '../../engine/ports.ts';
import type { Json } from '../../engine/records.ts';
import { VirtualClock } from '../support/clock.ts';
import { SeededRandom } from '../support/random.ts';

interface Runner {
  readonly actor: Turn;
  stopped: boolean;
}

/** Gives the next turn to any actor that has asked for one, by seed. */
export class SeededTurns implements Turns {
  private readonly random: SeededRandom;
  private readonly ready: Runner[] = [];

  constructor(random: SeededRandom) {
    this.random = random;
  }

  get waiting(): number {
    return this.ready.length;
  }

  spawn(actor: Turn): TurnRef {
    return { actor, stopped: false } satisfies Runner;
  }

  wake(ref: TurnRef): void {
    this.ready.push(ref as Runner);
  }

  stop(ref: TurnRef): void {
    (ref as Runner).stopped = true;
  }

  close(): void {
    this.ready.length = 0;
  }

  runOne(): void {
    const [runner] = this.ready.splice(this.random.below(this.ready.length), 1);
    if (runner !== undefined && !runner.stopped) runner.actor.turn();
  }
}

/** How often things go wrong, as probabilities, and how long they take at most, in milliseconds. */
export interface Faults {
  readonly delayMs: number;
  /** Fails without effect. */
  readonly fail: number;
  /** Takes effect, but the answer is an error. */
  readonly lost: number;
  /** Never answers. */
  readonly hang: number;
}

export const calm: Faults = { delayMs: 5, fail: 0, lost: 0, hang: 0 };

export class World {
  readonly seed: number;
  readonly random: SeededRandom;
  readonly clock = new VirtualClock();
  readonly turns: SeededTurns;
  readonly snapshots: WorldSnapshots;

  constructor(seed: number, snapshotFaults: Faults = calm) {
    this.seed = seed;
    this.random = new SeededRandom(seed);
    this.turns = new SeededTurns(this.random);
    this.snapshots = new WorldSnapshots(this, snapshotFaults);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.clock.after(ms, resolve);
    });
  }

  /** Does the work at some moment within the delay and answers at a later one; or does not, as the faults have it. */
  async remote<T>(faults: Faults, work: () => T): Promise<T> {
    const { random } = this;
    await this.sleep(random.fraction() * faults.delayMs);
    if (random.chance(faults.hang)) return new Promise<never>(() => {});
    if (random.chance(faults.fail)) throw new ThenarError('unavailable', 'failed by the simulation');
    const result = work();
    await this.sleep(random.fraction() * faults.delayMs);
    if (random.chance(faults.lost)) throw new ThenarError('unavailable', 'answer lost by the simulation');
    return result;
  }

  /** One event: a turn or a timer. Time may pass while actors wait for their turn. False when nothing is left. */
  async step(): Promise<boolean> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.turns.waiting > 0 && (this.clock.nextDue() === null || this.random.chance(0.8))) {
      this.turns.runOne();
      return true;
    }
    return this.clock.step();
  }

  /** Steps until nothing is left or `done`; a world that does not come to rest is a bug. */
  async run(done: () => boolean, eachStep: () => void = () => {}, stepsMax = 50_000): Promise<void> {
    for (let steps = 0; !done(); steps += 1) {
      if (steps > stepsMax) throw new Error('the world does not come to rest');
      if (!(await this.step()) && !done() && this.turns.waiting === 0) {
        await new Promise((resolve) => setImmediate(resolve));
        if (this.turns.waiting === 0 && this.clock.nextDue() === null) return;
      }
      eachStep();
    }
  }
}

/** A snapshot cache that is slow, fails, hangs and forgets, or is an old copy of itself after a restart. */
export class WorldSnapshots implements SnapshotStore {
  readonly stored = new Map<string, Snapshot>();
  faults: Faults;
  /** What a copy taken earlier holds. */
  private copy: ReadonlyMap<string, Snapshot> = new Map();
  private readonly world: World;

  constructor(world: World, faults: Faults) {
    this.world = world;
    this.faults = faults;
  }

  put(key: string, version: number, state: Json): Promise<void> {
    const text = JSON.stringify(state);
    return this.world.remote(this.faults, () => {
      const known = this.stored.get(key);
      if (known === undefined || known.version < version) this.stored.set(key, { version, text });
    });
  }

  get(key: string): ReturnType<SnapshotStore['get']> {
    return this.world.remote(this.faults, () => {
      const known = this.stored.get(key);
      return known === undefined ? null : { version: known.version, state: JSON.parse(known.text) as Json };
    });
  }

  async delete(key: string): Promise<void> {
    this.stored.delete(key);
  }

  /** What happens to a cache while its engine is away: nothing mostly; it forgets, or an old copy of it comes back. */
  restarted(): 'kept' | 'forgotten' | 'stale' {
    const { random } = this.world;
    const fate = random.pick(['kept', 'kept', 'forgotten', 'stale'] as const);
    if (fate !== 'kept') this.stored.clear();
    if (fate === 'stale') for (const [key, snapshot] of this.copy) this.stored.set(key, snapshot);
    this.copy = new Map(this.stored);
    return fate;
  }

  /** An operator, or eviction, keeps a copy. */
  copied(): void {
    this.copy = new Map(this.stored);
  }

  async healthy(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {}
}

interface Snapshot {
  readonly version: number;
  readonly text: string;
}

/** How many seeds, and which: THENAR_SIMULATION_SEEDS runs that many, THENAR_SIMULATION_SEED that one alone. */
export function seedsOf(count: number): readonly number[] {
  const { THENAR_SIMULATION_SEEDS: many, THENAR_SIMULATION_SEED: one } = process.env;
  if (one !== undefined) return [Number(one)];
  return Array.from({ length: many === undefined ? count : Number(many) }, (_, index) => index + 1);
}

/** How many worlds run side by side: they share nothing but the event loop, whose cost they share too. */
const TOGETHER = 100;

/**
 * Runs a scenario for many seeds; each is as deterministic as alone.
 * @throws Error naming the first failing seed
 */
export async function simulate(count: number, scenario: (seed: number) => Promise<void>): Promise<number> {
  const seeds = seedsOf(count);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let seed = seeds[next++]; seed !== undefined; seed = seeds[next++]) {
      try {
        await scenario(seed);
      } catch (error) {
        const { message } = error as Error;
        throw new Error(`THENAR_SIMULATION_SEED=${seed} runs it alone: ${message}`, { cause: error });
      }
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  return seeds.length;
}
