import { limits } from '../../engine/limits.ts';
import type { Clock } from '../../engine/ports.ts';

interface Share {
  underWay: number;
  /** `Clock.monotonic()` of its last call. */
  seen: number;
}

/**
 * Calls of all scanners that the engine is working on, by tenant. All of them are turns of one thread, so whoever has
 * hundreds under way makes everybody's next one late. A tenant that is alone may have them; beside others, those that
 * called within the last second, it may have its equal share of a smaller number, so that one that floods leaves room
 * for those that do not.
 */
export class FairShare {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** Tenants that are here, the one that called last at the end. */
  readonly #tenants = new Map<string, Share>();
  #total = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** False when the tenant has to wait; true counts the call until {@link leave}. */
  enter(tenantId: string): boolean {
    const now = this.#clock.monotonic();
    this.#forget(now);
    const share = this.#tenants.get(tenantId) ?? { underWay: 0, seen: now };
    share.seen = now;
    this.#tenants.delete(tenantId);
    this.#tenants.set(tenantId, share);
    if (share.underWay > 0 && share.underWay >= this.#allowed()) return false;
    share.underWay += 1;
    this.#total += 1;
    return true;
  }

  leave(tenantId: string): void {
    const share = this.#tenants.get(tenantId);
    if (share === undefined || share.underWay === 0) return;
    share.underWay -= 1;
    this.#total -= 1;
  }

  #allowed(): number {
    const { scanner_calls_under_way_max, scanner_calls_shared_max } = limits;
    if (this.#tenants.size === 1) return scanner_calls_under_way_max;
    // While little is under way there is nothing to share out.
    if (this.#total < scanner_calls_shared_max / 2) return scanner_calls_shared_max;
    return scanner_calls_shared_max / this.#tenants.size;
  }

  /** Those who have long been quiet stand at the front. */
  #forget(now: number): void {
    for (const [tenantId, { underWay, seen }] of this.#tenants) {
      if (underWay > 0 || now - seen < limits.scanner_share_memory_ms) return;
      this.#tenants.delete(tenantId);
    }
  }
}
