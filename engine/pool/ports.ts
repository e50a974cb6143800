/** What match workers say of themselves; ports.ts shows these with all others. */
import type { SelfCheck } from '../palm/check.ts';

/** How one match worker is doing. */
export interface WorkerLoad {
  /** Tasks that wait for it, those that carry on its own work apart. */
  readonly queued: number;
  /** Milliseconds that the one of them has waited which has waited longest; 0 when none waits. */
  readonly waitedMs: number;
  /** Tasks that it has. */
  readonly running: number;
  /** Workers in this place that died or hung. */
  readonly restarts: number;
  /** Milliseconds in which it had something to do, ever. */
  readonly busyMs: number;
}

/** One worker's answer to the vendor's own check. */
export interface WorkerCheck {
  readonly worker: number;
  readonly latencyMs: number;
  /** Null when it failed; `problem` says how. */
  readonly found: SelfCheck | null;
  readonly problem: string | null;
}
