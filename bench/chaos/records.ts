/** Records and webhook events against the ledger: nothing missing, nothing doubled, nothing told after it was delivered. */

import type { AuditCopy } from './audit.ts';
import type { Desk } from './desk.ts';
import type { Lane } from './lane.ts';
import type { Ledger } from './ledger.ts';
import type { Receiver } from './receiver.ts';
import { type Wanted, wantedEvents, wantedRecords } from './wanted.ts';

/** Long after every retry that a kill or a refusal of the receiver can have caused. */
const DELIVERED_MS = 60_000;

export class Records {
  readonly #ledger: Ledger;
  readonly #lanes: readonly Lane[];
  readonly #audit: AuditCopy;
  readonly #receiver: Receiver;
  readonly #webhookId: string;
  /** Deliveries that the engine said were made, and how often they had been by then. */
  readonly #made = new Map<string, number>();

  constructor(parts: {
    readonly ledger: Ledger;
    readonly lanes: readonly Lane[];
    readonly audit: AuditCopy;
    readonly receiver: Receiver;
    readonly webhookId: string;
  }) {
    this.#ledger = parts.ledger;
    this.#lanes = parts.lanes;
    this.#audit = parts.audit;
    this.#receiver = parts.receiver;
    this.#webhookId = parts.webhookId;
  }

  /** @param atRest whether every lane has ended */
  async check(desk: Desk, atRest: boolean): Promise<void> {
    const audit = this.#audit;
    await this.#compare(
      'audit records',
      () => wantedRecords(this.#ledger, atRest),
      (event, about) => audit.count(event, about),
      () => desk.rest(() => audit.readOn()),
    );
    const receiver = this.#receiver;
    const told = (event: string, about: string): number => receiver.count(event, about);
    await this.#compare(
      'webhook events',
      () => wantedEvents(this.#ledger),
      told,
      async (wanted) => {
        const open = (): boolean => wanted.some(({ event, about, count }) => told(event, about) < count);
        await receiver.until(() => !open(), DELIVERED_MS);
      },
    );
    await this.#checkDeliveries(desk);
    for (const finding of receiver.findings.splice(0)) this.#ledger.finding(finding);
  }

  async #compare(
    what: string,
    wanted: () => Wanted[],
    found: (event: string, about: string) => number,
    read: (wanted: readonly Wanted[]) => Promise<void>,
  ): Promise<void> {
    const before = wanted();
    const wereBusy = before.map((one) => this.#isBusy(one));
    await read(before);
    const after = new Map(wanted().map((one) => [`${one.event} ${one.about}`, one.count]));
    for (const [at, one] of before.entries()) {
      const { event, about, count } = one;
      const there = found(event, about);
      // What is being done right now is on record before anybody is told.
      const moves = wereBusy[at] || this.#isBusy(one) || after.get(`${event} ${about}`) !== count;
      if (there < count || (there > count && !moves && one.atLeast !== true))
        this.#ledger.finding(`${there} ${what} ${event} of ${about}, not ${count}`);
    }
  }

  #isBusy({ person }: Wanted): boolean {
    return person !== null && this.#lanes.some((lane) => lane.isBusyWith(person));
  }

  /** What the engine says was delivered is never sent again, and was sent. */
  async #checkDeliveries(desk: Desk): Promise<void> {
    const { deliveries } = this.#receiver;
    const times = (id: string): number => deliveries.get(id)?.times ?? 0;
    for (const [id, made] of this.#made) {
      if (times(id) > made) this.#ledger.finding(`delivery ${id} was made, and sent again`);
    }
    const query = { status: 'delivered' as const, page_size: 100 };
    const listed = await desk.rest(() =>
      desk.integrator.link.call('listDeliveries', { params: { id: this.#webhookId }, query }),
    );
    for (const { delivery_id: id, event_id } of listed) {
      if (deliveries.get(id)?.event !== event_id) this.#ledger.finding(`delivery ${id} never came`);
      if (!this.#made.has(id)) this.#made.set(id, times(id));
    }
  }
}
