/** What one reader of the actors' stream has been told, so that every picture tells it only what is new. */
import type { ActorInfo } from '../../actors/kernel/types.ts';
import { limits } from '../../engine/limits.ts';

interface Told {
  actor: ActorInfo;
  /** Number of the picture that it was last in. */
  picture: number;
}

/** A part of what one picture tells. */
export interface Changes {
  /** New ones, and those that are not as they were told. */
  readonly actors: readonly ActorInfo[];
  /** Addresses of those that are not in the picture any more. */
  readonly gone: readonly string[];
}

export class ActorFeed {
  readonly #told = new Map<string, Told>();
  readonly #names = new Map<string, string>();
  #picture = 0;

  /** In parts of bounded work, most of them empty when little happens; between two everybody else has a turn. */
  *changes(actors: readonly ActorInfo[]): Generator<Changes, void> {
    this.#picture += 1;
    const step = limits.event_rows_max;
    for (let from = 0; from < actors.length; from += step) {
      yield { actors: actors.slice(from, from + step).filter((actor) => this.#isNew(actor)), gone: [] };
    }
    if (this.#told.size > actors.length) yield { actors: [], gone: this.#gone() };
  }

  /** Names of tenants that the reader has not been told yet. */
  names(actors: readonly ActorInfo[], nameOf: (tenantId: string) => string | null): Record<string, string> {
    const found: Record<string, string> = {};
    for (const tenantId of new Set(actors.map(tenantOf))) {
      const name = tenantId === null ? null : nameOf(tenantId);
      if (tenantId === null || name === null || this.#names.get(tenantId) === name) continue;
      this.#names.set(tenantId, name);
      found[tenantId] = name;
    }
    return found;
  }

  #isNew(actor: ActorInfo): boolean {
    const address = addressOf(actor);
    const told = this.#told.get(address);
    if (told === undefined) {
      this.#told.set(address, { actor, picture: this.#picture });
      return true;
    }
    told.picture = this.#picture;
    if (isSame(told.actor, actor)) return false;
    told.actor = actor;
    return true;
  }

  #gone(): string[] {
    const gone: string[] = [];
    for (const [address, { picture }] of this.#told) if (picture !== this.#picture) gone.push(address);
    for (const address of gone) this.#told.delete(address);
    return gone;
  }
}

export function addressOf({ kind, key }: ActorInfo): string {
  return `${kind}/${key}`;
}

/** Keys begin with their tenant's identifier, but for those of the deployment. */
function tenantOf({ key }: ActorInfo): string | null {
  const slash = key.indexOf('/');
  return slash < 0 ? key : key.slice(0, slash);
}

/**
 * Whether a reader would see no difference. When it was last active is no sign by itself: it is worked out from two
 * clocks, and their last digits differ from one picture to the next.
 */
function isSame(a: ActorInfo, b: ActorInfo): boolean {
  return (
    a.handled === b.handled &&
    a.mailboxDepth === b.mailboxDepth &&
    a.oldestAgeMs === b.oldestAgeMs &&
    a.state === b.state &&
    a.failed === b.failed &&
    a.restarts === b.restarts &&
    a.snapshotVersion === b.snapshotVersion &&
    a.snapshotLag === b.snapshotLag &&
    a.lastMessage === b.lastMessage
  );
}
