/** Health of one linked service: what its checks and its answers say together. */
import { limits } from '../limits.ts';
import type { Random } from '../ports.ts';
import type { Breaker } from './breaker.ts';

export type HealthStatus = 'unknown' | 'healthy' | 'degraded' | 'unhealthy';

export interface Health {
  readonly lastCheckAt: number | null;
  /** Failed checks in a row. */
  readonly failures: number;
  /** It decided something since its actor is there. */
  readonly answered: boolean;
}

/** An open breaker or failing checks are unhealthy; less than that is degraded; nothing known is unknown. */
export function healthStatus(health: Health, breaker: Breaker): HealthStatus {
  if (breaker.state === 'open' || health.failures >= limits.service_health_failures_max) return 'unhealthy';
  if (breaker.state === 'half_open' || breaker.failures > 0 || health.failures > 0) return 'degraded';
  return health.lastCheckAt !== null || health.answered ? 'healthy' : 'unknown';
}

export function afterCheck(health: Health, ok: boolean, now: number): Health {
  return { ...health, lastCheckAt: now, failures: ok ? 0 : health.failures + 1 };
}

/**
 * Milliseconds until the next check of a service that was checked before; sooner while it fails, so that both an
 * outage and its end are known soon. A check that is due comes at once, or within `spreadMs` where many services are
 * looked at together.
 */
export function nextCheckIn(
  { lastCheckAt, failures }: { readonly lastCheckAt: number; readonly failures: number },
  now: number,
  random: Pick<Random, 'fraction'>,
  spreadMs = 0,
): number {
  const longest = limits.service_health_interval_ms;
  const base =
    failures === 0
      ? longest
      : Math.min(longest, limits.service_health_recheck_ms * 2 ** Math.min(failures - 1, 16));
  const waited = now - lastCheckAt;
  // A check in the future is one from before the clock was set back.
  const left = waited < 0 ? 0 : base * (0.9 + random.fraction() / 5) - waited;
  return Math.round(left > 0 ? left : random.fraction() * spreadMs);
}
