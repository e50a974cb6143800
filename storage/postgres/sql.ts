import { ThenarError } from '../../engine/errors.ts';
import { arrayOid, type ColumnKind, isUuid, kinds } from './columns.ts';
import type { Column, Table } from './tables.ts';

/** A value on its way to the server: text form (null is SQL's null) and the object id of its type. */
export interface Parameter {
  readonly text: string | null;
  readonly oid: number;
}

/** One statement: its text depends on its shape alone, so that the server plans each shape once. */
export interface Statement {
  readonly text: string;
  readonly parameters: readonly Parameter[];
}

/** Collects the parameters of one statement and gives each its placeholder. */
export class Parameters {
  readonly list: Parameter[] = [];

  add(kind: ColumnKind, value: unknown): string {
    const text = value === null || value === undefined ? null : kinds[kind].encode(value);
    return `$${this.list.push({ text, oid: kinds[kind].oid })}`;
  }

  /** An array literal (PostgreSQL manual, "Array Input and Output Syntax"); every element quoted. */
  addArray(kind: ColumnKind, values: readonly unknown[]): string {
    const elements = values.map((value) => `"${kinds[kind].encode(value).replace(/[\\"]/g, '\\$&')}"`);
    return `$${this.list.push({ text: `{${elements.join(',')}}`, oid: arrayOid[kind] })}`;
  }
}

/** Columns of `table` by field name; a field that is none is a defect of the caller, never input. */
export function columnOf(table: Table, field: string): Column {
  const column = table.byField.get(field);
  if (column === undefined) throw new ThenarError('internal', `${table.name} has no column for ${field}.`);
  return column;
}

const COMPARISONS: Readonly<Record<string, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };

const NAMED: ReadonlySet<string> = new Set(['in', 'notIn', 'not', 'contains']);

/** A condition is an object of one operator, or of comparisons that all hold; any other object is a value. */
function operatorsOf(condition: unknown): readonly (readonly [string, unknown])[] | null {
  if (condition === null || typeof condition !== 'object' || condition instanceof Uint8Array) return null;
  const entries = Object.entries(condition).filter(([, value]) => value !== undefined);
  const [first] = entries;
  if (first === undefined) return null;
  if (entries.every(([name]) => name in COMPARISONS)) return entries;
  return entries.length === 1 && NAMED.has(first[0]) ? entries : null;
}

/** A text that is no UUID equals no UUID: it becomes null, which no comparison holds for. */
function comparable(kind: ColumnKind, value: unknown): unknown {
  return kind === 'uuid' && !isUuid(value) ? null : value;
}

function compileOne(column: Column, condition: unknown, parameters: Parameters): string {
  if (condition === undefined) {
    throw new ThenarError('internal', `The condition on ${column.field} is undefined.`);
  }
  if (condition === null) return `${column.sql} IS NULL`;
  const operators = operatorsOf(condition);
  if (operators === null)
    return `${column.sql} = ${parameters.add(column.kind, comparable(column.kind, condition))}`;
  return operators.map((operator) => compileOperator(column, operator, parameters)).join(' AND ');
}

function compileOperator(
  column: Column,
  [name, value]: readonly [string, unknown],
  parameters: Parameters,
): string {
  if (name === 'in' || name === 'notIn') {
    const values = (value as unknown[]).filter((item) => comparable(column.kind, item) !== null);
    const list = parameters.addArray(column.kind, values);
    return name === 'in' ? `${column.sql} = ANY(${list})` : `${column.sql} <> ALL(${list})`;
  }
  if (name === 'not') {
    if (value === null) return `${column.sql} IS NOT NULL`;
    return `${column.sql} IS DISTINCT FROM ${parameters.add(column.kind, comparable(column.kind, value))}`;
  }
  if (name === 'contains') {
    const literally = String(value).replace(/[\\%_]/g, '\\$&');
    return `${column.sql} LIKE ${parameters.add('text', `%${literally}%`)}`;
  }
  return `${column.sql} ${COMPARISONS[name]} ${parameters.add(column.kind, comparable(column.kind, value))}`;
}

/** `a = $1 AND b IS NULL`, or `true` without conditions. */
export function compileWhere(table: Table, where: object, parameters: Parameters): string {
  const terms = Object.entries(where).map(([field, condition]) =>
    compileOne(columnOf(table, field), condition, parameters),
  );
  return terms.length === 0 ? 'true' : terms.join(' AND ');
}

/** Column list of a SELECT, in the order that {@link decodeRow} reads. */
export function selectList(table: Table): string {
  return table.columns.map((column) => column.sql).join(', ');
}

/** A row of values in text form → a record. */
export function decodeRow(table: Table, values: readonly (string | null)[]): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  table.columns.forEach((column, index) => {
    const text = values[index];
    record[column.field] = text === null || text === undefined ? null : kinds[column.kind].decode(text);
  });
  return record;
}
