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

/** A snapshot cache that is slow, fails, hangs and forgets, but never goes back to an older version. */
export class WorldSnapshots implements SnapshotStore {
  readonly stored = new Map<string, { readonly version: number; readonly state: Json }>();
  faults: Faults;
  private readonly world: World;

  constructor(world: World, faults: Faults) {
    this.world = world;
    this.faults = faults;
  }

  put(key: string, version: number, state: Json): Promise<void> {
    const copy = structuredClone(state);
    return this.world.remote(this.faults, () => {
      const known = this.stored.get(key);
      if (known === undefined || known.version < version) this.stored.set(key, { version, state: copy });
    });
  }

  get(key: string): ReturnType<SnapshotStore['get']> {
    return this.world.remote(this.faults, () => structuredClone(this.stored.get(key) ?? null));
  }

  async delete(key: string): Promise<void> {
    this.stored.delete(key);
  }

  async healthy(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {}
}

/**
 * Runs a scenario for many seeds, many worlds side by side: they share nothing but the event loop, so each is as
 * deterministic as alone and the loop's cost is shared. `THENAR_SEED` runs that seed only.
 * @throws Error naming the first failing seed.
 */
export async function simulate(count: number, scenario: (seed: number) => Promise<void>): Promise<number> {
  const { THENAR_SEED: given } = process.env;
  const seeds = given === undefined ? Array.from({ length: count }, (_, i) => i + 1) : [Number(given)];
  const together = 100;
  for (let from = 0; from < seeds.length; from += together) {
    await Promise.all(
      seeds.slice(from, from + together).map(async (seed) => {
        try {
          await scenario(seed);
        } catch (error) {
          throw new Error(`seed ${seed} fails; THENAR_SEED=${seed} runs it alone`, { cause: error });
        }
      }),
    );
  }
  return seeds.length;
}
