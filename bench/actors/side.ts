/** Messages sent before they are waited for: within a mailbox's bound, so that nothing is refused. */
export const WINDOW = 1_000;

/** Messages that behaviours of either side have handled: how a sender without a reply knows that it may go on. */
export const handled = { count: 0 };

/** One side of the comparison. Each call resolves when all it started is done. */
export interface Side {
  /** `count` messages over `actors` actors, at most {@link WINDOW}. */
  tell(count: number, actors: number): Promise<void>;
  ask(count: number, actors: number): Promise<void>;
  /** Makes `count` actors that stay until `clear`. */
  spawn(count: number): void;
  /** Each of them handles one message, so that it is an actor at rest and not one never used. */
  touch(): Promise<void>;
  clear(): Promise<void>;
  /** One inspection of the first `limit` spawned actors; 0 where there is no such thing. */
  list(limit: number): Promise<number>;
  close(): Promise<void>;
}

/** Names that nact and we both allow, as long as a tenant's and an entity's identifier are. */
export function addressesOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `6f1c2d3e-tenant-${String(i).padStart(20, '0')}`);
}

/** Sends windows of messages, each when the one before has been handled. */
export async function inWindows(count: number, send: (from: number, to: number) => void): Promise<void> {
  for (let from = 0; from < count; from += WINDOW) {
    const to = Math.min(count, from + WINDOW);
    const until = handled.count + to - from;
    send(from, to);
    while (handled.count < until) await new Promise((resolve) => setImmediate(resolve));
  }
}
