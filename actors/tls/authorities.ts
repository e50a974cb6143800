/** The platform's CAs in memory: one that issues, and those before it whose device certificates still stand. */
import { ThenarError } from '../../engine/errors.ts';
import type { Authority } from '../../engine/pki/authority.ts';
import { chainPem } from '../../engine/pki/pem.ts';

export class Authorities {
  #trusted: readonly Authority[] = [];
  #generations: ReadonlySet<number> = new Set();

  constructor(trusted: readonly Authority[]) {
    this.replace(trusted);
  }

  /** Takes effect at once, for every connection and every message. @param trusted in any order, not empty */
  replace(trusted: readonly Authority[]): void {
    this.#trusted = [...trusted].sort((a, b) => b.generation - a.generation);
    this.#generations = new Set(trusted.map(({ generation }) => generation));
  }

  /** The one that issues. */
  get current(): Authority {
    const [current] = this.#trusted;
    if (current === undefined) throw new ThenarError('internal', 'The platform has no CA.');
    return current;
  }

  /** Newest first. */
  get trusted(): readonly Authority[] {
    return this.#trusted;
  }

  /**
   * The one that the device listener shows a certificate of: the oldest, because scanners that have not renewed yet
   * know no other, while those that have are given all of them to trust.
   */
  get shown(): Authority {
    return this.#trusted.at(-1) ?? this.current;
  }

  get generations(): ReadonlySet<number> {
    return this.#generations;
  }

  /** What a scanner trusts: the CA of its certificate first. */
  get pem(): string {
    return chainPem(...this.#trusted.map(({ certificatePem }) => certificatePem));
  }
}
