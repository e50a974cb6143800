/** An engine that is killed again and again, with the servers it uses, on ports that stay. */
import type { Bench } from '../harness/bench.ts';
import { ownEngine } from '../harness/target.ts';

type OwnTarget = Awaited<ReturnType<typeof ownEngine>>;

/** Starts in a row that may give up. */
const TRIES = 3;

export class MortalEngine {
  readonly dataDir: string;
  readonly #environment: Record<string, string>;
  #target: OwnTarget | null = null;
  #up: Promise<void> = Promise.resolve();
  #rise: () => void = () => {};
  #fallen: Promise<void>;
  #fall: () => void = () => {};
  /** Milliseconds from the start of each process to its being ready, of all but the first. */
  readonly restartsMs: number[] = [];
  /** Processes that were killed. */
  kills = 0;
  /** Starts that ended by themselves, which said why, and were made again. */
  startsGivenUp = 0;
  #starts = 0;

  constructor(bench: Bench, dataDir: string, environment: Readonly<Record<string, string>>) {
    this.dataDir = dataDir;
    this.#environment = { ...environment };
    this.#fallen = this.#nextFall();
    bench.atEnd(async () => this.#target?.stop());
  }

  /** The settings it is started with, for whoever opens its storage while it is not running. */
  get environment(): Readonly<Record<string, string>> {
    return this.#environment;
  }

  /** The one that runs. @throws Error between a kill and the next start */
  get target(): OwnTarget {
    if (this.#target === null) throw new Error('no engine is running');
    return this.#target;
  }

  /** Resolves at once while it runs, else when it has been started again. */
  up(): Promise<void> {
    return this.#up;
  }

  /** Resolves when it has been killed and started again. */
  async nextStart(): Promise<void> {
    await this.#fallen;
    await this.#up;
  }

  /** Starts it, where scanners and integrators will look for it. @throws Error when it does not come up */
  async start(): Promise<void> {
    let begun = performance.now();
    let target: OwnTarget | null = null;
    for (let tries = 1; target === null; tries += 1) {
      begun = performance.now();
      try {
        target = await ownEngine(this.dataDir, this.#environment);
      } catch (error) {
        // On a machine that is busy otherwise a start gives up in time, and whoever looks after it starts it again.
        if (tries === TRIES) throw error;
        this.startsGivenUp += 1;
      }
    }
    if (this.#starts > 0) this.restartsMs.push(performance.now() - begun);
    this.#starts += 1;
    this.#environment.THENAR_PUBLIC_PORT = new URL(target.public).port;
    this.#environment.THENAR_DEVICE_PORT = new URL(target.device).port;
    this.#target = target;
    this.#rise();
  }

  /** @param also who is killed with it, at the same moment */
  async kill(also: (engine: OwnTarget) => Promise<void> = async () => {}): Promise<void> {
    const target = this.#fallNow();
    if (target === null) return;
    this.kills += 1;
    await also(target);
    await target.own.kill();
  }

  /** Ends it in order, for good. */
  async stop(): Promise<void> {
    await this.#fallNow()?.stop();
  }

  #fallNow(): OwnTarget | null {
    const target = this.#target;
    if (target === null) return null;
    this.#target = null;
    this.#up = new Promise((resolve) => {
      this.#rise = resolve;
    });
    this.#fall();
    this.#fallen = this.#nextFall();
    return target;
  }

  #nextFall(): Promise<void> {
    return new Promise((resolve) => {
      this.#fall = resolve;
    });
  }

  /**
   * Starts it and kills it in the middle of that, `afterMs` later.
   * @returns false when it had become ready before; it is killed all the same
   */
  async startAndKill(afterMs: number): Promise<boolean> {
    const killing = new AbortController();
    setTimeout(() => killing.abort(), afterMs);
    const target = await ownEngine(this.dataDir, this.#environment, killing.signal).catch(() => null);
    this.kills += 1;
    if (target === null) return true;
    await target.own.kill();
    return false;
  }
}
