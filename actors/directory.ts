/** Key → live actor. The kernel's parts are put together here; the contract is `kernel/types.ts`. */
import { asThenarError, ThenarError } from '../engine/errors.ts';
import { activationDistribution } from '../engine/meter.ts';
import type { Clock, Random, SnapshotStore } from '../engine/ports.ts';
import { detailOf, select } from './inspect.ts';
import { Ask, answer, unavailable } from './kernel/ask.ts';
import { Cell } from './kernel/cell.ts';
import {
  Counters,
  type Kernel,
  type KernelLimits,
  type Kind,
  kernelLimits,
  type Log,
} from './kernel/context.ts';
import { DeadLetters } from './kernel/dead-letters.ts';
import { drain } from './kernel/drain.ts';
import { activate, enter } from './kernel/lifecycle.ts';
import { nactTurns } from './kernel/nact.ts';
import { operateOn } from './kernel/operate.ts';
import { SnapshotWriter } from './kernel/snapshots.ts';
import { survey } from './kernel/survey.ts';
import { IdleSweep } from './kernel/sweep.ts';
import { Timers } from './kernel/timers.ts';
import type { Turns } from './kernel/turns.ts';
import type { ActorKind, Behaviour, Directory, Message, Reply } from './kernel/types.ts';

export interface DirectoryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly snapshots: SnapshotStore;
  readonly log: Log;
  /** Who gives actors their turns; nact unless a simulation injects its own. */
  readonly schedule?: Turns;
  /** Other bounds than those of `engine/limits.ts`, for tests. */
  readonly limits?: Partial<KernelLimits>;
}

/** A directory without actors; behaviours are registered before their first message. */
export function createDirectory(options: DirectoryOptions): Directory {
  const { clock, random, log } = options;
  const bounds = kernelLimits(options.limits);
  const kinds = new Map<string, Kind>();
  const kernel: Kernel = {
    clock,
    random,
    log,
    bounds,
    counters: new Counters(),
    timers: new Timers(clock),
    turns: options.schedule ?? nactTurns(),
    store: options.snapshots,
    snapshots: new SnapshotWriter(),
    deadLetters: new DeadLetters(clock, bounds.dead_letters_kept_max),
    waitingToLoad: new Set(),
    requested: [],
    handling: null,
    time: coarseTime(clock),
    closing: false,
  };
  kernel.snapshots.attach(kernel);
  const sweep = new IdleSweep(kernel, kinds);

  const kindOf = (name: string): Kind => {
    const kind = kinds.get(name);
    if (kind === undefined) throw new Error(`No behaviour is registered for actors of kind ${name}.`);
    return kind;
  };

  const create = (kind: Kind, key: string): Cell => {
    const cell = new Cell(kind, key);
    kind.cells.set(key, cell);
    kernel.counters.live += 1;
    sweep.arm();
    return cell;
  };

  const deliver = (kind: Kind, key: string, message: Message, ask: Ask | null): void => {
    const cell = kind.cells.get(key);
    if (cell !== undefined && !kernel.closing) {
      cell.accept(message, ask);
      return;
    }
    if (kernel.closing || kernel.counters.live >= bounds.actors_live_max) {
      const reason = kernel.closing ? 'stopped' : 'mailbox_full';
      const error = kernel.closing
        ? unavailable('The engine is shutting down.')
        : new ThenarError('engine_busy', 'Too many actors are live.');
      if (reason === 'mailbox_full') kernel.counters.refused += 1;
      if (ask === null) kernel.deadLetters.add(kind.name, key, message, reason);
      answer(message, ask, error);
      return;
    }
    const created = create(kind, key);
    created.accept(message, ask);
    activate(created);
  };

  return {
    register<S, M extends Message>(behaviour: Behaviour<S, M>): void {
      const { name } = behaviour.kind;
      if (kinds.has(name)) throw new Error(`Actors of kind ${name} are registered twice.`);
      kinds.set(name, {
        kernel,
        name,
        behaviour: behaviour as unknown as Behaviour<unknown, Message>,
        depthMax: behaviour.mailboxDepthMax ?? bounds.mailbox_depth_max,
        idleMs: behaviour.idleMs ?? bounds.actor_idle_ms,
        versioned: behaviour.snapshotVersion !== undefined && behaviour.snapshotState !== undefined,
        cells: new Map(),
        failures: 0,
        restarts: 0,
        activations: activationDistribution(),
      });
    },

    tell<M extends Message>(kind: ActorKind<M>, key: string, message: M): void {
      deliver(kindOf(kind.name), key, message, null);
    },

    ask<M extends Message, T>(
      kind: ActorKind<M>,
      key: string,
      deadline: number,
      build: (reply: Reply<T>) => M,
    ): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        const ask = new Ask(kernel.timers, deadline, resolve as (value: unknown) => void, reject);
        if (deadline <= clock.monotonic()) {
          ask.fire();
          return;
        }
        try {
          deliver(kindOf(kind.name), key, build(ask as Reply<T>), ask);
        } catch (error) {
          ask.fail(asThenarError(error));
        }
      });
    },

    adopt<S, M extends Message>(kind: ActorKind<M>, key: string, state: S): void {
      const known = kindOf(kind.name);
      if (known.cells.has(key) || kernel.closing || kernel.counters.live >= bounds.actors_live_max) return;
      kernel.counters.adoptions += 1;
      enter(create(known, key), state, 'adopted');
    },

    isLive(kind, key) {
      const phase = kinds.get(kind.name)?.cells.get(key)?.phase;
      return phase === 'live' || phase === 'passivating';
    },

    list: (filter) => select(kernel, kinds.values(), filter),

    inspect(kind, key) {
      const cell = kinds.get(kind)?.cells.get(key);
      return cell === undefined ? null : detailOf(cell);
    },

    async operate(kind, key, action) {
      // Never inside a handler: taking an actor's state away under its feet would lose what it returns.
      await Promise.resolve();
      const cell = kinds.get(kind)?.cells.get(key);
      return cell === undefined || kernel.closing ? false : operateOn(cell, action);
    },

    deadLetters: () => kernel.deadLetters.report(),

    survey: () => survey(kernel, kinds.values()),

    counts: () => ({ ...kernel.counters, dead_letters: kernel.deadLetters.report().total }),

    drain: (deadline) => drain(kernel, kinds, deadline),
  };
}

/** Frozen until the synchronous work that first asked is over; nobody there can tell the difference. */
function coarseTime(clock: Clock): () => number {
  let time = 0;
  let fresh = false;
  const stale = (): void => {
    fresh = false;
  };
  return () => {
    if (!fresh) {
      time = clock.monotonic();
      fresh = true;
      queueMicrotask(stale);
    }
    return time;
  };
}
