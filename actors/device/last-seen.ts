import { limits } from '../../engine/limits.ts';
import type { Clock, Log, Store } from '../../engine/ports.ts';

interface Seen {
  /** When the first of them was seen, epoch milliseconds. */
  since: number;
  readonly devices: Set<string>;
}

/**
 * When devices were seen last, on its way to their rows. Nothing is acknowledged with it and no version counts it, so
 * it is written behind, one statement for all of a tenant: when every scanner comes back in the same second, a row
 * change and a snapshot for each would cost more than their sessions.
 */
export class LastSeen {
  readonly #clock: Clock;
  readonly #store: Pick<Store, 'commit'>;
  readonly #log: Log;
  readonly #waiting = new Map<string, Seen>();
  #cancel: (() => void) | null = null;

  constructor({ clock, store, log }: { readonly clock: Clock; readonly store: Store; readonly log: Log }) {
    this.#clock = clock;
    this.#store = store;
    this.#log = log;
  }

  /** @param at epoch milliseconds */
  note({ tenantId, deviceId }: { readonly tenantId: string; readonly deviceId: string }, at: number): void {
    let seen = this.#waiting.get(tenantId);
    if (seen === undefined) {
      seen = { since: at, devices: new Set() };
      this.#waiting.set(tenantId, seen);
    }
    seen.since = Math.min(seen.since, at);
    seen.devices.add(deviceId);
    this.#cancel ??= this.#clock.after(limits.last_seen_write_ms, () => void this.flush());
  }

  /** Writes what waits. Never rejects: what could not be written waits for the next time. */
  async flush(): Promise<void> {
    this.#cancel?.();
    this.#cancel = null;
    const all = [...this.#waiting];
    this.#waiting.clear();
    await Promise.all(all.map(([tenantId, seen]) => this.#write(tenantId, seen)));
  }

  async #write(tenantId: string, { since, devices }: Seen): Promise<void> {
    const ids = [...devices];
    for (let from = 0; from < ids.length; from += limits.last_seen_batch_max) {
      const deviceIds = ids.slice(from, from + limits.last_seen_batch_max);
      // The first moment of them all: a device taken for seen later than it was would miss settings changed between.
      const write = {
        update: 'devices',
        where: { tenantId, deviceId: { in: deviceIds } },
        set: { lastSeenAt: since },
      } as const;
      try {
        await this.#store.commit({ tenantId, writes: [write] });
      } catch (error) {
        this.#log.warn({ tenantId, error }, 'When devices were seen is written later');
        for (const deviceId of deviceIds) this.note({ tenantId, deviceId }, since);
      }
    }
  }
}
