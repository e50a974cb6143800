/** Columns that hold what is said of people: sealed on their way into the database, opened on their way out. */
import { canonicalJson } from '../../engine/canonical.ts';
import { ThenarError } from '../../engine/errors.ts';
import { PLATFORM_TENANT, type Sealers } from '../../engine/ports.ts';
import type { Json } from '../../engine/records.ts';
import type { Column, Table } from './tables.ts';

type Row = Readonly<Record<string, unknown>>;

/**
 * An empty JSON object says nothing of anybody. It is kept as it is, because rows are emptied by the user they are of
 * and not one by one.
 */
const EMPTY = Buffer.of(0);

function isEmpty(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && Object.keys(value).length === 0 && !Array.isArray(value)
  );
}

/**
 * What PostgreSQL takes into no text is refused here, too: a zero byte, and half a surrogate pair, which UTF-8 has no
 * form for and would come back as something else. JSON writes both as escapes, and a backslash as two.
 */
function assertStorable(text: string, { kind }: Column): void {
  const refused = kind === 'sealedJson' ? /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/ : /\p{Cs}|\0/u;
  if (!refused.test(text)) return;
  throw new ThenarError('validation_failed', 'A value cannot be stored.');
}

/** Whose key: the tenant that the row is of, or the platform. */
function tenantOf(table: Table, row: Row): string {
  if (table.tenant === null) return PLATFORM_TENANT;
  const tenantId = row[table.tenant];
  if (typeof tenantId !== 'string') throw incomplete(table, table.tenant);
  return tenantId;
}

function incomplete(table: Table, field: string): ThenarError {
  return new ThenarError('internal', `A sealed column of ${table.name} is named without ${field}.`);
}

function named(table: Table, field: string, value: unknown): string | number {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'string' || typeof value === 'number') return value;
  throw incomplete(table, field);
}

/** The row and the column: what is copied to another does not open there. */
function placeOf(table: Table, column: Column, row: Row): string {
  const key = table.key.map(({ field }) => named(table, field, row[field]));
  return JSON.stringify([table.sealedAt, column.field, tenantOf(table, row), ...key]);
}

/**
 * @param row of which at least the tenant and the key are there
 * @throws ThenarError `internal` when they are not
 */
export function sealColumn(
  sealers: Sealers,
  table: Table,
  column: Column,
  row: Row,
  value: unknown,
): Uint8Array {
  if (column.kind === 'sealedJson' && isEmpty(value)) return EMPTY;
  const text = column.kind === 'sealedJson' ? JSON.stringify(value) : String(value);
  assertStorable(text, column);
  return sealers.of(tenantOf(table, row)).seal(Buffer.from(text), placeOf(table, column, row));
}

/** @param row whose other columns are decoded. @throws ThenarError `internal` when it was tampered with */
export function openColumn(
  sealers: Sealers,
  table: Table,
  column: Column,
  row: Row,
  bytes: Uint8Array,
): unknown {
  if (column.kind === 'sealedJson' && EMPTY.equals(bytes)) return {};
  let plain: Uint8Array;
  try {
    plain = sealers.of(tenantOf(table, row)).open(bytes, placeOf(table, column, row));
  } catch (error) {
    if (table.damaged === null) throw error;
    return table.damaged;
  }
  const text = Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength).toString();
  return column.kind === 'sealedJson' ? JSON.parse(text) : text;
}

/**
 * What an equal value of the column has in the same tenant, and no other: rows are found and kept unique by it.
 * @param where names the tenant
 */
export function markColumn(
  sealers: Sealers,
  table: Table,
  column: Column,
  where: Row,
  value: unknown,
): Uint8Array {
  const text = column.kind === 'sealedJson' ? canonicalJson(value as Json) : String(value);
  const tenantId = tenantOf(table, where);
  return sealers.of(tenantId).mark(Buffer.from(text), JSON.stringify([table.name, column.field, tenantId]));
}

/** A key that is found again and never read: its keyed hash stands for it. */
export function hideKey(sealers: Sealers, table: Table, column: Column, value: unknown): string {
  const mark = sealers.mark(Buffer.from(String(value)), JSON.stringify([table.name, column.field]));
  return Buffer.from(mark).toString('base64url');
}
