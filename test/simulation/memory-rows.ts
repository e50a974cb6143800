/** Tables in memory: conditions, order and writes as the real store has them. */
import { ThenarError } from '../../engine/errors.ts';
import type { ListOptions, Write } from '../../engine/ports.ts';
import type { TableName } from '../../engine/records.ts';

export type Row = Readonly<Record<string, unknown>>;
export type Rows = ReadonlyMap<TableName, readonly Row[]>;

/** What identifies a row; a second insert is a conflict. */
const keys: Partial<Record<TableName, readonly string[]>> = {
  challenges: ['challengeId'],
  deliveries: ['deliveryId'],
  deviceOutbox: ['deviceId', 'seq'],
  devices: ['deviceId'],
  idempotency: ['tenantId', 'scope', 'key'],
  messages: ['messageId'],
  palmMigrationPalms: ['palmId'],
  palmMigrationUsers: ['migrationId', 'userId'],
  palmMigrations: ['migrationId'],
  palms: ['palmId'],
  tenants: ['tenantId'],
  transactionIntents: ['transactionId'],
  transactions: ['transactionId'],
  users: ['userId'],
  webhookEvents: ['eventId'],
  webhooks: ['webhookId'],
};
/** Numbered by the database as they come. */
const numbered: ReadonlySet<TableName> = new Set(['deliveries', 'webhookEvents']);
const operators = /^(in|notIn|not|contains|gte?|lte?)$/;

export function applyWrite(rows: Map<TableName, readonly Row[]>, write: Write): void {
  if ('insert' in write) {
    const table = rows.get(write.insert) ?? [];
    const row = write.row as unknown as Row;
    if (table.some((other) => sameRow(write.insert, other, row))) {
      if (write.conflict !== 'ignore') throw new ThenarError(write.conflict ?? 'conflict', 'It is there.');
      return;
    }
    const sequence = Number(table.at(-1)?.sequence ?? 0) + 1;
    rows.set(write.insert, [...table, numbered.has(write.insert) ? { ...row, sequence } : row]);
  } else if ('update' in write) {
    const table = rows.get(write.update) ?? [];
    if (!table.some((row) => matches(row, write.where))) return refuse(write.otherwise);
    const change = (row: Row) => (matches(row, write.where) ? { ...row, ...write.set } : row);
    rows.set(write.update, table.map(change));
  } else if ('delete' in write) {
    const table = rows.get(write.delete) ?? [];
    const left = table.filter((row) => !matches(row, write.where));
    if (left.length === table.length) return refuse(write.otherwise);
    rows.set(write.delete, left);
  } else if ('check' in write) {
    if (!(rows.get(write.check) ?? []).some((row) => matches(row, write.where))) refuse(write.otherwise);
  } else {
    const row = write.row as unknown as Row;
    const others = (rows.get(write.upsert) ?? []).filter((other) => !sameRow(write.upsert, other, row));
    rows.set(write.upsert, [...others, row]);
  }
}

function sameRow(table: TableName, one: Row, other: Row): boolean {
  // One migration at a time.
  if (table === 'palmMigrations' && one.status === 'running' && other.status === 'running') return true;
  const key = keys[table] ?? [];
  return key.length > 0 && key.every((column) => one[column] === other[column]);
}

function refuse(otherwise: Extract<Write, { check: TableName }>['otherwise'] | undefined): void {
  if (otherwise !== undefined) throw new ThenarError(otherwise, 'No row matches.');
}

export function matches(row: object, where: object): boolean {
  for (const column in where) {
    if (!holds((row as Row)[column], (where as Record<string, Row | string | number | null>)[column]!))
      return false;
  }
  return true;
}

function holds(value: unknown, condition: Row | string | number | null): boolean {
  if (condition === null || typeof condition !== 'object') return value === condition;
  const names = Object.keys(condition);
  // A value of a JSON column, and no operator.
  if (!names.every((name) => operators.test(name)))
    return JSON.stringify(value) === JSON.stringify(condition);
  return names.every((name) => {
    const bound = condition[name];
    switch (name) {
      case 'in':
        return (bound as readonly unknown[]).includes(value);
      case 'notIn':
        return !(bound as readonly unknown[]).includes(value);
      case 'not':
        return value !== bound;
      case 'contains':
        return String(value).includes(String(bound));
      default: {
        // Nothing compares with null.
        if (value === null || value === undefined) return false;
        const order = compare(value, bound);
        return name.startsWith('g')
          ? order > 0 || (name === 'gte' && order === 0)
          : order < 0 || (name === 'lte' && order === 0);
      }
    }
  });
}

function compare(one: unknown, other: unknown): number {
  if (one === other) return 0;
  return (one as number) < (other as number) ? -1 : 1;
}

/** Those that match, in order, one page. */
export function select<T extends TableName>(table: readonly Row[], options: ListOptions<T>): readonly Row[] {
  const { where = {}, order = [], offset = 0 } = options;
  const found = table.filter((row) => matches(row, where));
  if (order.length > 0) {
    found.sort((a, b) => {
      for (const [column, direction] of order) {
        const sign = compare(a[column], b[column]);
        if (sign !== 0) return direction === 'asc' ? sign : -sign;
      }
      return 0;
    });
  }
  return found.slice(offset, offset + (options.limit ?? found.length));
}

/** The view: pending deliveries that no earlier one of their endpoint and subject holds up. */
export function deliveryHeads(deliveries: readonly Row[]): readonly Row[] {
  const pending = deliveries.filter(({ status }) => status === 'pending');
  const held = new Set<string>();
  return pending.filter(({ webhookId, subject }) => {
    if (subject === null) return true;
    const line = `${webhookId}/${subject}`;
    if (held.has(line)) return false;
    held.add(line);
    return true;
  });
}

/** What a trigger on `palms` keeps. */
export function countPalms(rows: Map<TableName, readonly Row[]>): void {
  const palms = rows.get('palms') ?? [];
  const counted = (rows.get('users') ?? []).map((user) => {
    const palmCount = palms.filter(({ userId }) => userId === user.userId).length;
    return palmCount === user.palmCount ? user : { ...user, palmCount };
  });
  rows.set('users', counted);
}
