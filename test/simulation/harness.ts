/**
 * One world for every actor type: an engine over a store that is slow, fails and loses answers, callers whose messages
 * overtake those of others, come twice and lose their replies, actors that leave memory or start again at any moment,
 * and engines that are killed or restarted with a snapshot cache that kept, forgot or went back. A model says what its
 * actors are asked and what must hold.
 */
import { isThenarError, type ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { EngineLife, type Parts } from './life.ts';
import { MemoryStore } from './memory-store.ts';
import { calm, World } from './world.ts';

export type Action = readonly [weight: number, act: () => void];

/** One seed's run of a model. */
export interface Play extends Parts {
  readonly actions: readonly Action[];
  /** Kind and key of actors that may be made to leave memory, or to start again. */
  readonly actors: () => readonly (readonly [kind: string, key: string])[];
  readonly restarted?: (kind: string, key: string) => void;
  /** The engine is gone, and every connection with it. */
  readonly lifeOver?: () => void;
  /** What must hold after every event. */
  readonly look?: () => void;
  /** Nothing fails any more: what is still to be done by the outside, once. */
  readonly recover?: () => void;
  /** True once nothing is left to happen. A world that never comes there is a bug. */
  readonly atRest: () => boolean;
  readonly check: () => void;
}

export interface Model {
  readonly kind: string;
  /** In CI. */
  readonly seeds: number;
  readonly actions: number;
  /** What must have happened over many seeds: a simulation in which nothing goes wrong would prove nothing. */
  readonly expected: readonly string[];
  readonly begin: (trial: Trial) => Play;
}

/** How far events lie apart that follow one another without a pause, in milliseconds. */
const NEAR_MS = 300;
/** The longest of the pauses in which nobody asks for anything, in milliseconds. */
const PAUSE_MS = 20_000;
const STEPS_MAX = 20_000;

export class Trial {
  readonly world: World;
  readonly store: MemoryStore;
  readonly note: (what: string) => void;
  life!: EngineLife;
  lives = 0;
  /** Nothing fails any more. */
  recovered = false;
  readonly #violations: string[] = [];
  readonly #senders = new Map<string, number>();

  constructor(seed: number, note: (what: string) => void) {
    this.world = new World(seed);
    this.store = new MemoryStore(this.world);
    this.note = note;
  }

  get random() {
    return this.world.random;
  }

  get clock() {
    return this.world.clock;
  }

  get deadline(): number {
    return this.clock.monotonic() + limits.request_deadline_ms;
  }

  broken(what: string): void {
    if (this.#violations.length < 5) this.#violations.push(what);
  }

  get violations(): readonly string[] {
    return this.#violations;
  }

  /**
   * Calls the engine that is there when the call arrives. Calls of one sender arrive in their order; now and then one
   * comes twice, or its reply is lost: `answered` hears of at most one.
   */
  call<T>(
    sender: string,
    work: (life: EngineLife) => Promise<T>,
    answered: (value: T, life: EngineLife) => void = () => {},
    refused: (error: ThenarError, life: EngineLife) => void = () => {},
  ): void {
    const { clock, random } = this;
    const at = Math.max(this.#senders.get(sender) ?? 0, clock.monotonic() + random.fraction() * 30);
    this.#senders.set(sender, at);
    const lost = !this.recovered && random.chance(0.1);
    const arrive = (heard: boolean): void => {
      const { life } = this;
      if (!life.alive || !life.ready) return;
      work(life).then(
        (value) => heard && life.alive && answered(value, life),
        (error: unknown) => {
          if (!isThenarError(error)) return this.broken(`${(error as Error).stack}`);
          this.note(error.code);
          if (error.code === 'internal') this.broken(`internal: ${error.message}`);
          if (heard && life.alive) refused(error, life);
        },
      );
    };
    if (lost) this.note('reply lost');
    clock.after(at - clock.monotonic(), () => arrive(!lost));
    if (this.recovered || !random.chance(0.1)) return;
    this.note('came twice');
    clock.after(at - clock.monotonic() + random.fraction() * 100, () => arrive(false));
  }

  /** One event that is near in time; now and then a leap to whatever comes next. */
  async step(leap: number): Promise<void> {
    const { world } = this;
    const due = world.clock.nextDue();
    const near = due !== null && due - world.clock.monotonic() < NEAR_MS;
    if (near || world.random.chance(leap)) {
      await world.step();
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
    if (world.turns.waiting > 0) world.turns.runOne();
  }
}

export async function run(model: Model, seed: number, note: (what: string) => void): Promise<void> {
  const trial = new Trial(seed, note);
  const { world, store, random, clock } = trial;
  const play = model.begin(trial);
  const begin = (epoch?: string): void => {
    trial.lives += 1;
    trial.life = new EngineLife(world, store, epoch ?? `epoch-${trial.lives}`, play);
    void trial.life.start();
  };
  const look = (): void => {
    play.look?.();
    if (trial.violations.length > 0) throw new Error(trial.violations.join('\n'));
  };
  const until = (done: () => boolean): Promise<void> => world.run(done, look, STEPS_MAX);
  /** What the database was sent it has done, or dropped, before the next engine is there to read. */
  const over = async (): Promise<void> => {
    trial.life.alive = false;
    play.lifeOver?.();
    note(`snapshots ${world.snapshots.restarted()}`);
    let sent = false;
    void store.settled().then(() => {
      sent = true;
    });
    await until(() => sent);
  };
  const kill = async (): Promise<void> => {
    note('killed');
    await over();
    begin();
  };
  const restart = async (): Promise<void> => {
    note('restarted');
    let drained = false;
    void trial.life.context.directory.drain(clock.monotonic() + 8_000).then(() => {
      drained = true;
    });
    await until(() => drained);
    await over();
    begin(trial.life.epoch);
  };
  const pause = async (): Promise<void> => {
    const end = clock.monotonic() + random.fraction() * PAUSE_MS;
    await until(() => clock.monotonic() > end);
  };
  const operate = (): void => {
    const actors = play.actors();
    if (actors.length === 0) return;
    const [kind, key] = random.pick(actors);
    const action = random.pick(['passivate', 'restart', 'restart', 'snapshot'] as const);
    if (action === 'restart') play.restarted?.(kind, key);
    void trial.life.context.directory.operate(kind, key, action).then((done) => note(`${action} ${done}`));
  };

  store.faults = { delayMs: 40, fail: random.fraction() * 0.15, lost: random.fraction() * 0.1, hang: 0 };
  world.snapshots.faults = { delayMs: 60, fail: 0.1, lost: 0.1, hang: 0.02 };
  const leap = random.pick([0.005, 0.02, 0.1]);
  const total = play.actions.reduce((sum, [weight]) => sum + weight, 0);
  begin();
  for (let done = 0; done < model.actions; done += 1) {
    let drawn = random.fraction() * total;
    const [, act] = play.actions.find(([weight]) => {
      drawn -= weight;
      return drawn < 0;
    })!;
    act();
    if (random.chance(0.1)) operate();
    if (random.chance(0.02)) world.snapshots.copied();
    const fate = random.fraction();
    if (fate < 0.02) await kill();
    else if (fate < 0.04) await restart();
    else if (fate < 0.12) await pause();
    for (let steps = random.below(20); steps > 0; steps -= 1) {
      await trial.step(leap);
      look();
    }
  }

  // The store recovers, and whatever was uncertain is found out.
  trial.recovered = true;
  store.faults = calm;
  world.snapshots.faults = calm;
  const quietUntil = clock.monotonic() + 2 * limits.commit_wait_ms + 1_000;
  await until(() => clock.monotonic() > quietUntil);
  play.recover?.();
  await until(play.atRest);
  if (!play.atRest()) trial.broken('nothing happens any more, and something is left to do');
  play.check();
  look();
}
