/** What was acknowledged about one person: written down outside the engine, the moment the answer arrived. */
import type { Credentials } from '../scanner/pair.ts';

export class Person {
  readonly externalId: string;
  /** Number of the palm that this person has. */
  readonly palm: number;
  readonly userId: string;
  /** The enrolled palm; null when it was refused as another's. */
  featureId: string | null = null;
  deleted = false;
  consent: 'none' | 'granted' | 'withdrawn' = 'none';
  granted = 0;
  withdrawn = 0;
  /** Completed verifications. */
  readonly verified: string[] = [];

  constructor(externalId: string, palm: number, userId: string) {
    this.externalId = externalId;
    this.palm = palm;
    this.userId = userId;
  }
}

/** A scanner whose certificate was revoked. */
export interface Revoked {
  readonly deviceId: string;
  readonly credentials: Credentials;
}

/** What all lanes wrote down, and what was found missing or doubled, in words. */
export class Ledger {
  readonly people: Person[] = [];
  readonly revoked: Revoked[] = [];
  readonly findings: string[] = [];
  readonly counts = {
    enrolments: 0,
    verifications: 0,
    'verifications answered after a restart': 0,
    consents: 0,
    deletions: 0,
    revocations: 0,
  };
  #acknowledged = 0;
  #wake: () => void = () => {};
  #waiting = 0;
  readonly #lanes: number;

  /** @param lanes how many are at work: when all of them wait for a kill, it is time for one */
  constructor(lanes: number) {
    this.#lanes = lanes;
  }

  finding(what: string): void {
    this.findings.push(what);
  }

  /** Counts an answer that said: done. */
  acknowledge(what: keyof Ledger['counts']): void {
    this.counts[what] += 1;
    this.#acknowledged += 1;
    this.#wake();
  }

  /** A lane does nothing until the next kill. */
  async waits(start: Promise<void>): Promise<void> {
    this.#waiting += 1;
    this.#wake();
    await start;
    this.#waiting -= 1;
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Resolves to true after so many more acknowledgements or when no lane can go on, to false when they take longer than `withinMs`. */
  async advances(by: number, withinMs: number): Promise<boolean> {
    const goal = this.#acknowledged + by;
    const end = performance.now() + withinMs;
    while (this.#acknowledged < goal && this.#waiting < this.#lanes) {
      const left = end - performance.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }
}
