/** What all lanes wrote down outside the engine, and what was found missing or doubled, in words. */
import type { Credentials } from '../scanner/pair.ts';
import type { Person } from './person.ts';
import type { Wallet } from './wallet.ts';

/** A scanner whose certificate was revoked. */
export interface Revoked {
  readonly deviceId: string;
  readonly hardwareId: string;
  readonly credentials: Credentials;
}

/** A scanner that has used its new certificate, so that the old one is over. */
export interface Renewed extends Revoked {
  readonly old: Credentials;
}

/** An OAuth client whose secret was replaced, or that was deleted. */
export interface ClientFacts {
  readonly clientId: string;
  readonly oldSecret: string;
  /** null: the client is deleted. */
  readonly secret: string | null;
  readonly token: string;
  /** Refusals may be counted against whoever asks, so each is asked for at two moments and no more. */
  looked: boolean;
}

/** What a wallet of a lane has backed up: the newest version of each key. */
export interface WalletFacts {
  readonly client: Wallet;
  readonly keys: Map<string, { readonly version: number; readonly ciphertext: string }>;
  backups: number;
}

const noCounts = {
  enrolments: 0,
  'enrolments by challenge': 0,
  verifications: 0,
  'challenges presented again': 0,
  'challenges left to lapse': 0,
  consents: 0,
  withdrawals: 0,
  'palms taken away': 0,
  suspensions: 0,
  reactivations: 0,
  transactions: 0,
  deletions: 0,
  pairings: 0,
  revocations: 0,
  renewals: 0,
  clients: 0,
  'secrets replaced': 0,
  'clients deleted': 0,
  'key shares backed up': 0,
  'tenants deactivated': 0,
  'tenants erased': 0,
};

export type Acknowledged = keyof typeof noCounts;

export class Ledger {
  readonly people: Person[] = [];
  readonly revoked: Revoked[] = [];
  readonly renewed: Renewed[] = [];
  readonly clients: ClientFacts[] = [];
  readonly wallets: WalletFacts[] = [];
  /** Receipts of erasures. */
  readonly receipts: string[] = [];
  readonly findings: string[] = [];
  readonly counts: Record<Acknowledged, number> = { ...noCounts };
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
  acknowledge(what: Acknowledged): void {
    this.counts[what] += 1;
    this.#acknowledged += 1;
    this.#wake();
  }

  /** A lane does nothing until the next kill. */
  async waits<T>(start: Promise<T>): Promise<T> {
    this.#waiting += 1;
    this.#wake();
    const started = await start;
    this.#waiting -= 1;
    return started;
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
