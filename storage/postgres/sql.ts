import { ThenarError } from '../../engine/errors.ts';
import type { Sealers } from '../../engine/ports.ts';
import { arrayOid, isSealed, isUuid, kinds, type PlainKind } from './columns.ts';
import { hideKey, markColumn, openColumn, sealColumn } from './sealed.ts';
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

  add(kind: PlainKind, value: unknown): string {
    const text = value === null || value === undefined ? null : kinds[kind].encode(value);
    return `$${this.list.push({ text, oid: kinds[kind].oid })}`;
  }

  /** An array literal (PostgreSQL manual, "Array Input and Output Syntax"); every element quoted. */
  addArray(kind: PlainKind, values: readonly unknown[]): string {
    const elements = values.map((value) => `"${kinds[kind].encode(value).replace(/[\\"]/g, '\\$&')}"`);
    return `$${this.list.push({ text: `{${elements.join(',')}}`, oid: arrayOid[kind] })}`;
  }
}

type Row = Readonly<Record<string, unknown>>;

/** The parameters of one statement that names columns of tables: it seals what is sealed. */
export class TableParameters extends Parameters {
  readonly #sealers: Sealers;

  constructor(sealers: Sealers) {
    super();
    this.#sealers = sealers;
  }

  /** A value as it is stored. @param row names the tenant and the key */
  addValue(table: Table, column: Column, row: Row, value: unknown): string {
    const { kind } = column;
    if (value === null || value === undefined) return this.add(isSealed(kind) ? 'bytes' : plain(kind), null);
    if (kind === 'hiddenText') return this.add('text', hideKey(this.#sealers, table, column, value));
    if (!isSealed(kind)) return this.add(plain(kind), value);
    return this.add('bytes', sealColumn(this.#sealers, table, column, row, value));
  }

  /** The mark beside a sealed value. @param row names the tenant */
  addMark(table: Table, column: Column, row: Row, value: unknown): string {
    return this.add(
      'bytes',
      value === null || value === undefined ? null : markColumn(this.#sealers, table, column, row, value),
    );
  }

  /** What a condition compares with: its column, and how one value of it is written. */
  comparison(table: Table, column: Column, where: Row) {
    const { kind } = column;
    if (isSealed(kind)) {
      if (column.mark === null)
        throw new ThenarError('internal', `${table.name} is not searched by ${column.field}.`);
      const write = (value: unknown) => markColumn(this.#sealers, table, column, where, value);
      return { sql: column.mark, kind: 'bytes' as const, write, isWord: false };
    }
    const hide = (value: unknown) => hideKey(this.#sealers, table, column, value);
    const same = (value: unknown) => value;
    return {
      sql: column.sql,
      kind: plain(kind),
      write: kind === 'hiddenText' ? hide : same,
      isWord: kind === 'word',
    };
  }
}

function plain(kind: Column['kind']): PlainKind {
  if (isSealed(kind)) return 'bytes';
  return kind === 'hiddenText' || kind === 'word' ? 'text' : kind;
}

/** Columns of `table` by field name; a field that is none is a defect of the caller, never input. */
export function columnOf(table: Table, field: string): Column {
  const column = table.byField.get(field);
  if (column === undefined) throw new ThenarError('internal', `${table.name} has no column for ${field}.`);
  return column;
}

const COMPARISONS: Readonly<Record<string, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };

const NAMED: ReadonlySet<string> = new Set(['in', 'notIn', 'not']);

/** A condition is an object of one operator, or of comparisons that all hold; any other object is a value. */
function operatorsOf(condition: unknown): readonly (readonly [string, unknown])[] | null {
  if (condition === null || typeof condition !== 'object' || condition instanceof Uint8Array) return null;
  const entries = Object.entries(condition).filter(([, value]) => value !== undefined);
  const [first] = entries;
  if (first === undefined) return null;
  if (entries.every(([name]) => name in COMPARISONS)) return entries;
  return entries.length === 1 && NAMED.has(first[0]) ? entries : null;
}

type Comparison = ReturnType<TableParameters['comparison']>;

/** A text that is no UUID equals no UUID: it becomes null, which no comparison holds for. */
function comparable({ kind, write }: Comparison, value: unknown): unknown {
  return kind === 'uuid' && !isUuid(value) ? null : write(value);
}

const WORD = /^[a-z_]{1,32}$/;

/**
 * A word stands in the statement as it is: only then does a plan that is made for all parameters use an index of the
 * rows in that state (`CREATE INDEX … WHERE status = 'pending'`). There are as many shapes of a statement as words.
 */
function isLiteral({ isWord }: Comparison, values: readonly unknown[]): values is readonly string[] {
  return isWord && values.length > 0 && values.every((value) => WORD.test(String(value)));
}

/** A value that a column is compared with, in SQL. */
function operand(comparison: Comparison, value: unknown, parameters: TableParameters): string {
  if (isLiteral(comparison, [value])) return `'${value}'`;
  return parameters.add(comparison.kind, comparable(comparison, value));
}

function compileOne(table: Table, column: Column, where: Row, parameters: TableParameters): string {
  const condition = where[column.field];
  if (condition === undefined) {
    throw new ThenarError('internal', `The condition on ${column.field} is undefined.`);
  }
  if (condition === null) return `${column.sql} IS NULL`;
  const operators = operatorsOf(condition);
  if (operators?.length === 1 && operators[0]![0] === 'not' && operators[0]![1] === null)
    return `${column.sql} IS NOT NULL`;
  const comparison = parameters.comparison(table, column, where);
  if (operators === null) {
    return `${comparison.sql} = ${operand(comparison, condition, parameters)}`;
  }
  return operators.map((operator) => compileOperator(comparison, operator, parameters)).join(' AND ');
}

function compileOperator(
  comparison: Comparison,
  [name, value]: readonly [string, unknown],
  parameters: TableParameters,
): string {
  const { sql, kind } = comparison;
  if (name === 'in' || name === 'notIn') {
    const items = value as readonly unknown[];
    if (isLiteral(comparison, items)) {
      const words = items.map((word) => `'${word}'`).join(', ');
      return `${sql} ${name === 'in' ? 'IN' : 'NOT IN'} (${words})`;
    }
    const values = items.map((item) => comparable(comparison, item));
    const list = parameters.addArray(
      kind,
      values.filter((item) => item !== null),
    );
    return name === 'in' ? `${sql} = ANY(${list})` : `${sql} <> ALL(${list})`;
  }
  const other = operand(comparison, value, parameters);
  // Such a column is never null, and no index is found by the other way of saying it.
  if (name === 'not' && isLiteral(comparison, [value])) return `${sql} <> ${other}`;
  if (name === 'not') return `${sql} IS DISTINCT FROM ${other}`;
  return `${sql} ${COMPARISONS[name]} ${other}`;
}

/** `a = $1 AND b IS NULL`, or `true` without conditions. */
export function compileWhere(table: Table, where: object, parameters: TableParameters): string {
  const terms = Object.keys(where).map((field) =>
    compileOne(table, columnOf(table, field), where as Row, parameters),
  );
  return terms.length === 0 ? 'true' : terms.join(' AND ');
}

/** Column list of a SELECT, in the order that {@link decodeRow} reads. */
export function selectList(table: Table): string {
  return table.columns.map((column) => column.sql).join(', ');
}

/** A row of values in text form → a record. Sealed columns last: their place is read from the others. */
export function decodeRow(
  table: Table,
  values: readonly (string | null)[],
  sealers: Sealers,
): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  table.columns.forEach((column, index) => {
    const text = values[index];
    record[column.field] =
      text === null || text === undefined ? null : kinds[plain(column.kind)].decode(text);
  });
  for (const column of table.sealed) {
    const bytes = record[column.field] as Uint8Array | null;
    if (bytes !== null) record[column.field] = openColumn(sealers, table, column, record, bytes);
  }
  return record;
}
