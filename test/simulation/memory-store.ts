/**
 * A store in memory with the promises of the real one: commits are atomic and take effect in the order of calls, and
 * those that wait together share a transaction, so that their callers hear of it in one moment.
 */
import { ThenarError } from '../../engine/errors.ts';
import type { Commit, CommitResult, DatabaseHealth, ListOptions, Store, Where } from '../../engine/ports.ts';
import type { AuditRecord, TableName, Tables } from '../../engine/records.ts';
import {
  applyWrite,
  countPalms,
  deliveryHeads,
  matches,
  type Row,
  type Rows,
  select,
} from './memory-rows.ts';
import { calm, type Faults, type World } from './world.ts';

interface Waiting {
  readonly commit: Commit;
  resolve(result: CommitResult): void;
  reject(error: unknown): void;
}

export class MemoryStore implements Store {
  rows: Rows = new Map();
  readonly audit: Omit<AuditRecord, 'hash' | 'seq'>[] = [];
  faults: Faults = calm;
  /** Looks at every commit that took effect. */
  committed: (before: Rows, commit: Commit) => void = () => {};
  /** Looks at every commit whose answer will be lost. */
  lost: (commit: Commit) => void = () => {};
  readonly #waiting: Waiting[] = [];
  #lane: Promise<void> | null = null;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Resolves once everything that was sent has taken effect or failed. */
  async settled(): Promise<void> {
    await this.#lane;
  }

  commit(commit: Commit): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commit, resolve, reject });
      this.#lane ??= this.#work().finally(() => {
        this.#lane = null;
      });
    });
  }

  /** One transaction after the other, also where the answer was lost, which it may be before the effect is there. */
  async #work(): Promise<void> {
    const { random } = this.#world;
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, 1 + random.below(this.#waiting.length));
      const lose = (): void => {
        const error = new ThenarError('unavailable', 'answer lost by the simulation');
        for (const { reject } of together) reject(error);
      };
      const lost = random.chance(this.faults.lost);
      if (lost) for (const { commit } of together) this.lost(commit);
      if (lost && random.chance(0.5)) {
        void this.#world.sleep(random.fraction() * this.faults.delayMs).then(lose);
      }
      const answers = await this.#send(together);
      if (lost) lose();
      else for (const answer of answers) answer();
    }
  }

  /** What each caller is to hear. */
  #send(together: readonly Waiting[]): Promise<readonly (() => void)[]> {
    const take = ({ commit, resolve, reject }: Waiting) => {
      try {
        const result = this.apply(commit);
        return () => resolve(result);
      } catch (error) {
        return () => reject(error);
      }
    };
    return this.#world
      .remote({ ...this.faults, lost: 0 }, () => together.map(take))
      .catch((error: unknown) =>
        together.map(
          ({ reject }) =>
            () =>
              reject(error),
        ),
      );
  }

  apply(commit: Commit): CommitResult {
    const before = this.rows;
    const next = new Map(before);
    for (const write of commit.writes) applyWrite(next, write);
    const palmPosition = this.#log(next, commit);
    if (next.get('palms') !== before.get('palms')) countPalms(next);
    this.rows = next;
    const at = this.#world.clock.now();
    for (const { eventType, severity = 'info', actor, userId = null, details = {} } of commit.audit ?? []) {
      this.audit.push({ tenantId: commit.tenantId, eventType, severity, actor, userId, details, at });
    }
    this.committed(before, commit);
    return { at, palmPosition };
  }

  /** Numbers the palm log's entries; says where the first of them stands. */
  #log(rows: Map<TableName, readonly Row[]>, commit: Commit): number {
    const { tenantId, palmLog = [] } = commit;
    if (palmLog.length === 0) return 1;
    const heads = rows.get('tenantHeads') ?? [];
    const head = Number(heads.find((row) => row.tenantId === tenantId)?.palmPosition ?? 0);
    const added = palmLog.map((entry, index) => ({ tenantId, position: head + 1 + index, ...entry }));
    rows.set('palmLog', [...(rows.get('palmLog') ?? []), ...added]);
    const others = heads.filter((row) => row.tenantId !== tenantId);
    rows.set('tenantHeads', [...others, { tenantId, palmPosition: head + added.length }]);
    return head + 1;
  }

  table<T extends TableName>(table: T): readonly Tables[T][] {
    const rows =
      table === 'deliveryHeads' ? deliveryHeads(this.rows.get('deliveries') ?? []) : this.rows.get(table);
    return (rows ?? []) as unknown as readonly Tables[T][];
  }

  get<T extends TableName>(table: T, where: Where<T>): Promise<Tables[T] | null> {
    return this.#read(() => this.table(table).find((row) => matches(row, where)) ?? null);
  }

  list<T extends TableName>(table: T, options: ListOptions<T>): Promise<Tables[T][]> {
    return this.#read(() => select(this.table(table) as never, options) as unknown as Tables[T][]);
  }

  count<T extends TableName>(table: T, where: Where<T>): Promise<number> {
    return this.#read(() => this.table(table).filter((row) => matches(row, where)).length);
  }

  async page<T extends TableName>(table: T, options: ListOptions<T>) {
    const total = await this.count(table, options.where ?? ({} as Where<T>));
    return { rows: await this.list(table, options), total };
  }

  async *scan<T extends TableName>(table: T, where: Where<T>): AsyncIterable<Tables[T][]> {
    yield await this.list(table, { where });
  }

  /** A read that fails says so; it has no effect that could be lost. */
  #read<T>(work: () => T): Promise<T> {
    return this.#world.remote({ ...this.faults, lost: 0 }, work);
  }

  async prepareMonths(): Promise<void> {}

  async health(): Promise<DatabaseHealth> {
    return 'ok';
  }

  async close(): Promise<void> {}
}
