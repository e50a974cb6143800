/** One life of an engine: when it is killed, nothing of it happens any more. */
import { Changes } from '../../actors/changes.ts';
import type { Context } from '../../actors/context.ts';
import { LastSeen } from '../../actors/device/last-seen.ts';
import { createDirectory } from '../../actors/directory.ts';
import type { Turns } from '../../actors/kernel/turns.ts';
import { Sessions } from '../../actors/sessions.ts';
import { Authorities } from '../../actors/tls/authorities.ts';
import { Traces } from '../../actors/traces.ts';
import { Views } from '../../actors/views.ts';
import { limits } from '../../engine/limits.ts';
import { Meter } from '../../engine/meter.ts';
import { CertificateView } from '../../engine/pki/certificateView.ts';
import type { Clock, Sealer } from '../../engine/ports.ts';
import { noTracer } from '../../engine/trace/spans.ts';
import { quiet } from '../support/http.ts';
import type { MemoryStore } from './memory-store.ts';
import type { World } from './world.ts';

/** What an actor type needs of an engine, beside what every life has. */
export interface Parts {
  /** Told outside of the engine: it hears nothing of one that was killed. */
  readonly outside?: Partial<Context>;
  /** Made anew with every life. */
  readonly inside?: () => Partial<Context>;
  readonly register: (context: Context) => void;
  /** What a starting engine does for these actors; tried again until it succeeds. */
  readonly start?: (context: Context) => Promise<unknown>;
  /** What it does for them every `limits.upkeep_interval_ms`. */
  readonly upkeep?: (context: Context) => Promise<unknown>;
}

const never = new Promise<never>(() => {});
/** Opens what it sealed, which it leaves as it is: what is kept secret is not what is simulated. */
const plainSealer: Sealer = { seal: (plain) => plain, open: (sealed) => sealed, mark: (plain) => plain };

export class EngineLife {
  readonly context: Context;
  readonly epoch: string;
  alive = true;
  /** It has started: calls are taken. */
  ready = false;
  readonly #parts: Parts;

  constructor(world: World, store: MemoryStore, epoch: string, parts: Parts) {
    this.epoch = epoch;
    this.#parts = parts;
    const { random, snapshots } = world;
    const clock: Clock = {
      now: () => world.clock.now(),
      monotonic: () => world.clock.monotonic(),
      after: (ms, fire) => world.clock.after(ms, () => this.alive && fire()),
    };
    const own = this.untilKilled(store);
    const changes = new Changes();
    const directory = createDirectory({
      clock,
      random,
      snapshots: this.untilKilled(snapshots),
      log: () => {},
      schedule: this.#turns(world),
      limits: {
        actor_idle_ms: 2_000,
        actor_restart_backoff_ms: 5,
        snapshot_coalesce_ms: 20,
        snapshot_read_timeout_ms: 100,
        snapshot_write_timeout_ms: 200,
        mailbox_batch_max: 1 + random.below(4),
      },
    });
    const outside = Object.entries(parts.outside ?? {}).map(
      ([name, port]) => [name, this.untilKilled(port as object)] as const,
    );
    this.context = {
      config: {},
      clock,
      random,
      log: quiet,
      meter: new Meter(),
      store: own,
      snapshots,
      sealer: { ...plainSealer, of: () => plainSealer },
      views: new Views(own, changes),
      changes,
      traces: new Traces(noTracer),
      directory,
      sessions: new Sessions(),
      lastSeen: new LastSeen({ clock, store: own, log: quiet }),
      certificates: new CertificateView(),
      tls: { authorities: new Authorities([]) },
      deployment: {
        epoch,
        palmModel: 'large',
        thresholds: { version: 1, thresholds: [0.5], fused: 0.5 },
        verificationServer: null,
        devicePolicy: { validityDays: 90, renewalWindowDays: 30 },
      },
      ...Object.fromEntries(outside),
      ...parts.inside?.(),
    } as unknown as Context;
    parts.register(this.context);
    this.#tend(clock);
  }

  /** Fails and is tried again while the store does not let it. */
  async start(): Promise<void> {
    while (this.alive) {
      try {
        await this.#parts.start?.(this.context);
        this.ready = true;
        return;
      } catch {
        await new Promise<void>((resolve) => void this.context.clock.after(50, resolve));
      }
    }
  }

  /** A port that answers nothing, and hears nothing, once this life is over. */
  untilKilled<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member = (target as Record<string | symbol, unknown>)[name];
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => {
          if (!this.alive) return never;
          const answer: unknown = member.apply(target, given);
          return answer instanceof Promise ? answer.then(this.#whileAlive, this.#whileAliveFailed) : answer;
        };
      },
    });
  }

  readonly #whileAlive = (value: unknown): unknown => (this.alive ? value : never);
  readonly #whileAliveFailed = (error: unknown): Promise<never> =>
    this.alive ? Promise.reject(error) : never;

  #turns(world: World): Turns {
    const { turns } = world;
    return {
      spawn: (actor) => turns.spawn({ turn: () => this.alive && actor.turn() }),
      wake: (ref) => turns.wake(ref),
      stop: (ref) => turns.stop(ref),
      close: () => {},
    };
  }

  #tend(clock: Clock): void {
    const { upkeep } = this.#parts;
    if (upkeep === undefined) return;
    const turn = (): void => {
      upkeep(this.context)
        .catch(() => undefined)
        .finally(() => clock.after(limits.upkeep_interval_ms, turn));
    };
    clock.after(limits.upkeep_interval_ms, turn);
  }
}
