import { limits } from '../../engine/limits.ts';
import type { Distribution } from '../../engine/meter.ts';
import type { Clock, Random, SnapshotStore } from '../../engine/ports.ts';
import type { Cell } from './cell.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { SnapshotWriter } from './snapshots.ts';
import type { Timers } from './timers.ts';
import type { Turns } from './turns.ts';
import type { Behaviour, Message, Outcome } from './types.ts';

const BOUNDS = [
  'mailbox_depth_max',
  'mailbox_batch_max',
  'actor_restarts_max',
  'actor_restart_window_ms',
  'actor_restart_backoff_ms',
  'actor_restart_backoff_max_ms',
  'actor_idle_ms',
  'activation_queue_max',
  'actors_live_max',
  'activations_in_flight_max',
  'activation_timeout_ms',
  'actor_effects_max',
  'actor_effect_settle_ms',
  'actor_operation_ms',
  'idle_sweep_batch_max',
  'actor_list_max',
  'actors_looked_at_max',
  'mailbox_shown_max',
  'dead_letters_kept_max',
  'transitions_kept_max',
  'snapshot_coalesce_ms',
  'snapshot_writes_in_flight_max',
  'snapshot_write_timeout_ms',
  'snapshot_read_timeout_ms',
] as const;

/** The part of `engine/limits.ts` that bounds actors. */
export type KernelLimits = { readonly [K in (typeof BOUNDS)[number]]: number };

export function kernelLimits(overrides: Partial<KernelLimits> = {}): KernelLimits {
  const own = Object.fromEntries(BOUNDS.map((name) => [name, limits[name]])) as unknown as KernelLimits;
  return { ...own, ...overrides };
}

/** What the kernel counts; every figure only rises, but for `live`, `activating` and `effects_in_flight`. */
export class Counters {
  live = 0;
  activating = 0;
  effects_in_flight = 0;
  handled = 0;
  failed = 0;
  /** Messages refused because a mailbox or the engine was full. */
  refused = 0;
  /** Messages skipped because their asker's deadline had passed. */
  skipped = 0;
  activations = 0;
  activation_failures = 0;
  adoptions = 0;
  restarts = 0;
  escalations = 0;
  passivations = 0;
  /** Passivations that a message turned round. */
  revivals = 0;
  /** Outcomes of effects whose incarnation was gone. */
  effects_dropped = 0;
  snapshots_written = 0;
  snapshot_failures = 0;
  snapshot_read_failures = 0;
}

export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: Record<string, unknown>,
) => void;

/** An effect that a handler asked for; it starts when the handler has returned, and not at all if it throws. */
export interface RequestedEffect {
  readonly cell: Cell;
  readonly work: () => Promise<unknown>;
  readonly done: (outcome: Outcome<never>) => Message;
}

/** What all actors of a directory share. */
export interface Kernel {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly bounds: KernelLimits;
  readonly counters: Counters;
  readonly timers: Timers;
  readonly turns: Turns;
  readonly store: SnapshotStore;
  readonly snapshots: SnapshotWriter;
  readonly deadLetters: DeadLetters;
  /** Actors waiting for their turn to load, see `activations_in_flight_max`. */
  readonly waitingToLoad: Set<Cell>;
  readonly requested: RequestedEffect[];
  /** The actor whose handler runs now. */
  handling: Cell | null;
  /** Monotonic milliseconds, read once in a stretch of synchronous work: a burst of messages costs one reading. */
  time(): number;
  /** No message is taken any more. */
  closing: boolean;
}

/** One registered behaviour and its live actors. */
export interface Kind {
  readonly kernel: Kernel;
  readonly name: string;
  readonly behaviour: Behaviour<unknown, Message>;
  readonly depthMax: number;
  readonly idleMs: number;
  readonly versioned: boolean;
  readonly cells: Map<string, Cell>;
  /** Handlers of its actors that threw, and restarts after that or by an operator. */
  failures: number;
  restarts: number;
  /** From the turn to load to the first message. */
  readonly activations: Distribution;
}
