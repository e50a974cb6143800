/** What the scenario asks of a side, and what the side answers. A side searches in a process of its own. */
import type { Peer } from '../harness/peer.ts';

export const sideNames = ['thenar', 'hnswlib', 'usearchF32', 'usearchI8', 'pgvector'] as const;
export type SideName = (typeof sideNames)[number];

export interface SideSettings {
  readonly side: SideName;
  readonly seed: number;
  /** Palms of the prepared files, of which a side holds the first ones. */
  readonly prepared: number;
  /** Templates a palm. */
  readonly samples: number;
  /** Tenants that share the palms evenly. */
  readonly tenants: number;
}

/**
 * What of a search is done. `identify`: from the bytes of a template to compared candidates; `image`: from pixels;
 * `pool`: as `identify`, through the pool of the engine. Only `search` is everybody's: vector in, labels out.
 */
export type Work = 'search' | 'exact' | 'plain' | 'identify' | 'image' | 'pool' | 'decide';

export type Question =
  | { readonly ask: 'grow'; readonly palms: number }
  | {
      readonly ask: 'search';
      readonly work: Work;
      /** Queries `from` to below `from + count`. */
      readonly from: number;
      readonly count: number;
      /** Palms wanted. */
      readonly wanted: number;
      /** Size of a graph's candidate list. */
      readonly effort?: number;
    };

export interface Grown {
  /** Processor time of insertion alone; as it was measured when the index was built, in this run or in an earlier one. */
  readonly buildMs: number;
  /** Resident memory more than before the first row. */
  readonly bytes: number;
}

export interface Searched {
  readonly ms: number;
  /** Palms found by each query, the nearest first. */
  readonly found: readonly (readonly number[])[];
}

/** One question at a time. */
export class Side {
  readonly #peer: Peer<unknown>;

  constructor(peer: Peer<unknown>) {
    this.#peer = peer;
  }

  grow(palms: number): Promise<Grown> {
    return this.#ask({ ask: 'grow', palms }) as Promise<Grown>;
  }

  search(work: Work, from: number, count: number, wanted: number, effort?: number): Promise<Searched> {
    const question = { ask: 'search', work, from, count, wanted } as const;
    return this.#ask(effort === undefined ? question : { ...question, effort }) as Promise<Searched>;
  }

  stop(): Promise<void> {
    return this.#peer.stop();
  }

  #ask(question: Question): Promise<unknown> {
    return this.#peer.ask(question);
  }
}
