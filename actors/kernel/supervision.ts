import type { KernelLimits } from './context.ts';

export type Verdict =
  | { readonly restart: true; readonly afterMs: number; readonly crashes: readonly number[] }
  | { readonly restart: false; readonly refuseMs: number };

/**
 * What follows a crash: a restart after an exponential back-off with jitter, or, after too many within the window,
 * no actor at that key for the longest back-off (escalation: somebody has to look, and nobody burns a core).
 * @param crashes monotonic times of earlier crashes, oldest first.
 * @param fraction in [0, 1), so that actors which fell together do not rise together.
 */
export function supervise(
  crashes: readonly number[],
  now: number,
  fraction: number,
  bounds: KernelLimits,
): Verdict {
  const recent = crashes.filter((at) => now - at < bounds.actor_restart_window_ms);
  recent.push(now);
  if (recent.length > bounds.actor_restarts_max) {
    return { restart: false, refuseMs: bounds.actor_restart_backoff_max_ms };
  }
  const full = bounds.actor_restart_backoff_ms * 2 ** (recent.length - 1);
  const bounded = Math.min(full, bounds.actor_restart_backoff_max_ms);
  return { restart: true, afterMs: bounded * (0.5 + fraction / 2), crashes: recent };
}
