/** The tenant's audit log as somebody outside keeps it: read on from where it was left, never read differently again. */
import type { link } from '../../transport/apis/link/facade.ts';
import type { ApiClient } from '../../transport/client/client.ts';
import type { Ledger } from './ledger.ts';

const PAGE = 100;

export class AuditCopy {
  readonly #console: ApiClient<typeof link>;
  readonly #ledger: Ledger;
  readonly #hashes = new Map<number, string>();
  readonly #counted = new Map<string, number>();

  constructor(console: ApiClient<typeof link>, ledger: Ledger) {
    this.#console = console;
    this.#ledger = ledger;
  }

  get records(): number {
    return this.#hashes.size;
  }

  /** How many records of this event are about this user, device or client. */
  count(event: string, about: string): number {
    return this.#counted.get(`${event} ${about}`) ?? 0;
  }

  /** Reads what was written since; what was read before and is read again must be the same. */
  async readOn(): Promise<void> {
    // Records are listed by their time, in which neighbours may stand otherwise than in the chain: one page is overlap.
    let page = Math.max(1, Math.floor(this.#hashes.size / PAGE));
    for (let whole = false; !whole; page += 1) {
      const query = { page, page_size: PAGE, order: 'asc' as const };
      const { data, pagination } = await this.#console.send('listAuditLogs', { query });
      for (const record of data) this.#take(record);
      whole = page * PAGE >= (pagination?.total ?? 0);
    }
    for (let seq = 1; seq <= this.#hashes.size; seq += 1) {
      if (!this.#hashes.has(seq)) return this.#ledger.finding(`audit record ${seq} is missing`);
    }
  }

  #take(record: {
    readonly seq: number;
    readonly hash: string;
    readonly event_type: string;
    readonly user_id: string | null;
    readonly details: Readonly<Record<string, unknown>>;
  }): void {
    const { seq, hash, event_type: event, user_id, details } = record;
    const before = this.#hashes.get(seq);
    if (before !== undefined) {
      if (before !== hash) this.#ledger.finding(`audit record ${seq} is not what it was`);
      return;
    }
    this.#hashes.set(seq, hash);
    const about = `${event} ${user_id ?? details.device_id ?? details.client_id ?? ''}`;
    this.#counted.set(about, (this.#counted.get(about) ?? 0) + 1);
  }
}
