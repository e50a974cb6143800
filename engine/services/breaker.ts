/** The circuit breaker of one linked service: pure, so that every path through it can be tested. */
import { limits } from '../limits.ts';
import type { Random } from '../ports.ts';

/**
 * closed: every question is asked.  open: none is, until `retryAt`.  half_open: one question, the probe, is under way
 * and decides; the others are not asked.
 */
export type Breaker =
  | { readonly state: 'closed'; readonly failures: number }
  | {
      readonly state: 'open';
      /** Times in a row that it opened. */
      readonly openings: number;
      readonly openedAt: number;
      readonly retryAt: number;
    }
  | { readonly state: 'half_open'; readonly openings: number; readonly openedAt: number };

export const closedBreaker: Breaker = { state: 'closed', failures: 0 };

export interface Admission {
  readonly admitted: boolean;
  /** This question is the one that decides a half-open breaker. */
  readonly probe: boolean;
  readonly breaker: Breaker;
}

/** May a question be asked now? @param now epoch milliseconds */
export function admit(breaker: Breaker, now: number): Admission {
  switch (breaker.state) {
    case 'closed':
      return { admitted: true, probe: false, breaker };
    case 'open': {
      // A wait longer than any there is means that the clock was set back: it says nothing about the service.
      const due = now >= breaker.retryAt || breaker.retryAt - now > limits.service_breaker_open_max_ms;
      if (!due) return { admitted: false, probe: false, breaker };
      const { openings, openedAt } = breaker;
      return { admitted: true, probe: true, breaker: { state: 'half_open', openings, openedAt } };
    }
    case 'half_open':
      return { admitted: false, probe: false, breaker };
  }
}

/** What one question's end makes of the breaker. Questions asked before it opened no longer count. */
export function settleBreaker(
  breaker: Breaker,
  end: { readonly ok: boolean; readonly probe: boolean },
  now: number,
  random: Pick<Random, 'fraction'>,
): Breaker {
  switch (breaker.state) {
    case 'closed': {
      if (end.ok) return closedBreaker;
      const failures = breaker.failures + 1;
      return failures < limits.service_breaker_failures_max
        ? { state: 'closed', failures }
        : open(1, now, now, random);
    }
    case 'open':
      return breaker;
    case 'half_open':
      if (!end.probe) return breaker;
      return end.ok ? closedBreaker : open(breaker.openings + 1, breaker.openedAt, now, random);
  }
}

/** Jittered, so that the nodes and tenants of one failing backend do not probe it in step. */
function open(openings: number, openedAt: number, now: number, random: Pick<Random, 'fraction'>): Breaker {
  const doubled = limits.service_breaker_open_ms * 2 ** Math.min(openings - 1, 16);
  const wait = Math.min(doubled, limits.service_breaker_open_max_ms) * (0.75 + random.fraction() / 4);
  return { state: 'open', openings, openedAt, retryAt: now + Math.round(wait) };
}
