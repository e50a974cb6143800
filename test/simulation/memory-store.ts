/**
 * A store in memory with the promises of the real one: commits are atomic and take effect in the order of calls, and
 * those that wait together share a transaction, so that their callers hear of it in one moment.
 */
import { ThenarError } from '../../engine/errors.ts';
import type { Commit, CommitResult, ListOptions, Store, Where, Write } from '../../engine/ports.ts';
import type { AuditRecord, TableName, Tables } from '../../engine/records.ts';
import { calm, type Faults, type World } from './world.ts';

type Row = Readonly<Record<string, unknown>>;
type Rows = ReadonlyMap<TableName, readonly Row[]>;

/** What identifies a row; a second insert is a conflict. */
const keys: Partial<Record<TableName, readonly string[]>> = {
  challenges: ['challengeId'],
  deviceOutbox: ['deviceId', 'seq'],
  devices: ['deviceId'],
  users: ['userId'],
  palms: ['palmId'],
};

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

  async #work(): Promise<void> {
    const { random } = this.#world;
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, 1 + random.below(this.#waiting.length));
      const answers = this.#world.remote(this.faults, () =>
        together.map((one) => {
          try {
            const result = this.apply(one.commit);
            return () => one.resolve(result);
          } catch (error) {
            return () => one.reject(error);
          }
        }),
      );
      await answers.then(
        (all) => all.forEach((answer) => void answer()),
        (error) => together.forEach(({ reject }) => void reject(error)),
      );
    }
  }

  apply(commit: Commit): CommitResult {
    const before = this.rows;
    const next = new Map(before);
    for (const write of commit.writes) applyWrite(next, write);
    this.rows = next;
    const at = this.#world.clock.now();
    for (const { eventType, severity = 'info', actor, userId = null, details = {} } of commit.audit ?? []) {
      this.audit.push({ tenantId: commit.tenantId, eventType, severity, actor, userId, details, at });
    }
    this.committed(before, commit);
    return { at, palmPosition: 1 };
  }

  table<T extends TableName>(table: T): readonly Tables[T][] {
    return (this.rows.get(table) ?? []) as unknown as readonly Tables[T][];
  }

  get<T extends TableName>(table: T, where: Where<T>): Promise<Tables[T] | null> {
    return this.#read(() => this.table(table).find((row) => matches(row, where)) ?? null);
  }

  list<T extends TableName>(table: T, options: ListOptions<T>): Promise<Tables[T][]> {
    return this.#read(() => {
      const found = this.table(table).filter((row) => matches(row, options.where ?? {}));
      for (const [column, direction] of [...(options.order ?? [])].reverse()) {
        const sign = direction === 'asc' ? 1 : -1;
        found.sort((a, b) => sign * (Number(a[column]) - Number(b[column])));
      }
      return found.slice(options.offset ?? 0, (options.offset ?? 0) + (options.limit ?? found.length));
    });
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

  async healthy(): Promise<boolean> {
    return true;
  }

  async close(): Promise<void> {}
}

function applyWrite(rows: Map<TableName, readonly Row[]>, write: Write): void {
  if ('insert' in write) {
    const table = rows.get(write.insert) ?? [];
    const row = write.row as unknown as Row;
    const key = keys[write.insert] ?? [];
    if (key.length > 0 && table.some((other) => key.every((column) => other[column] === row[column]))) {
      if (write.conflict !== 'ignore') throw new ThenarError(write.conflict ?? 'conflict', 'It is there.');
      return;
    }
    rows.set(write.insert, [...table, row]);
  } else if ('update' in write) {
    const found = (rows.get(write.update) ?? []).some((row) => matches(row, write.where));
    if (!found) return refuse(write.otherwise);
    const change = (row: Row) => (matches(row, write.where) ? { ...row, ...write.set } : row);
    rows.set(write.update, rows.get(write.update)!.map(change));
  } else if ('delete' in write) {
    const table = rows.get(write.delete) ?? [];
    const left = table.filter((row) => !matches(row, write.where));
    if (left.length === table.length) return refuse(write.otherwise);
    rows.set(write.delete, left);
  } else if ('check' in write) {
    if (!(rows.get(write.check) ?? []).some((row) => matches(row, write.where))) refuse(write.otherwise);
  } else throw new Error('the simulation never upserts');
}

function refuse(otherwise: Extract<Write, { check: TableName }>['otherwise'] | undefined): void {
  if (otherwise !== undefined) throw new ThenarError(otherwise, 'No row matches.');
}

export function matches(row: object, where: object): boolean {
  return Object.entries(where).every(([column, condition]) =>
    holds((row as Row)[column], condition as Row | string | number | null),
  );
}

function holds(value: unknown, condition: Row | string | number | null): boolean {
  if (condition === null || typeof condition !== 'object') return value === condition;
  if ('in' in condition) return (condition.in as readonly unknown[]).includes(value);
  if ('notIn' in condition) return !(condition.notIn as readonly unknown[]).includes(value);
  if ('contains' in condition) return String(value).includes(String(condition.contains));
  if ('not' in condition) return value !== condition.not;
  const number = Number(value);
  return (
    (condition.gt === undefined || number > Number(condition.gt)) &&
    (condition.gte === undefined || number >= Number(condition.gte)) &&
    (condition.lt === undefined || number < Number(condition.lt)) &&
    (condition.lte === undefined || number <= Number(condition.lte))
  );
}
