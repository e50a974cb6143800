import { limits } from '../../engine/limits.ts';
import type { Clock, Random } from '../../engine/ports.ts';
import type { Credentials } from './pair.ts';
import type { ChallengeShown, SessionShown } from './wire.ts';

export interface ScannerClientOptions {
  /** Base of the device listener, `https://127.0.0.1:8443`. */
  readonly deviceUrl: string;
  readonly credentials: Credentials;
  /** Default true: connects again after every end that trying again can mend. */
  readonly reconnect?: boolean;
  /** First and longest wait before connecting again; each is jittered. Default 500 ms and 30 s. */
  readonly backoffMs?: { readonly first: number; readonly longest: number };
  /** Spread of reconnects after the engine said that it restarts (1012). Default 5 s. */
  readonly restartJitterMs?: number;
  /** Default 15 s, a little more than the engine takes to answer anything. */
  readonly callTimeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface ScannerEvents {
  open: [session: SessionShown];
  /** A challenge to serve: pushed, or found pending on opening the session. Emitted once for each. */
  present: [challenge: ChallengeShown];
  cancel: [cancelled: { readonly challenge_id: string; readonly reason: string }];
  config: [config: unknown];
  renewDue: [expiresAt: string];
  closed: [end: { readonly code: number; readonly reason: string; readonly willReconnect: boolean }];
}

/** Ends that trying again does not mend: a broken client, a revoked certificate, suspension, a newer connection. */
export const finalCodes: ReadonlySet<number> = new Set([4400, 4401, 4403, 4409]);

/**
 * Milliseconds to wait before connecting again, longer with each attempt that failed. Full jitter: thousands of
 * scanners that lost one engine must not come back in one instant.
 */
export function waitBeforeRetry(
  code: number,
  attempts: number,
  options: Pick<ScannerClientOptions, 'backoffMs' | 'restartJitterMs'>,
  random: Random,
): number {
  const { first, longest } = options.backoffMs ?? { first: 500, longest: 30_000 };
  const restarting = code === 1012 && attempts === 0;
  const ceiling = restarting
    ? (options.restartJitterMs ?? limits.reconnect_jitter_ms)
    : Math.min(longest, first * 2 ** attempts);
  return ceiling * (0.1 + 0.9 * random.fraction());
}
