import { type ErrorCode, ThenarError } from '../../engine/errors.ts';
import type { Sealers, Write } from '../../engine/ports.ts';
import { columnOf, compileWhere, type Statement, TableParameters } from './sql.ts';
import { type Table, tables } from './tables.ts';

/** What a guard's failure means: the code its write named, or that a group commit's premise no longer holds. */
export type Refusal = ErrorCode | 'stale';

/** One change inside a statement. */
export interface Piece {
  readonly table: string;
  /** Inserts of one table may share a statement; anything else needs its table to itself (see {@link group}). */
  readonly insertConflict: ErrorCode | 'ignore' | null;
  /** Refuses the commit when the piece touches no row. */
  readonly refusal: Refusal | null;
  compile(parameters: TableParameters): string;
}

/** A statement and what its failures mean. */
export interface Unit extends Statement {
  readonly refusals: readonly (Refusal | null)[];
  /** Unqualified table name → code that its inserts named for a unique violation. */
  readonly conflicts: ReadonlyMap<string, ErrorCode>;
}

function compileInsert(table: Table, row: object, parameters: TableParameters): string {
  const values = row as Readonly<Record<string, unknown>>;
  const marked = table.sealed.filter(({ mark }) => mark !== null);
  const columns = [...table.columns.map((column) => column.sql), ...marked.map(({ mark }) => mark)].join(
    ', ',
  );
  const placeholders = [
    ...table.columns.map((column) =>
      // What a row leaves out is the database's to give: a sequence, or nothing.
      values[column.field] === undefined
        ? 'DEFAULT'
        : parameters.addValue(table, column, values, values[column.field]),
    ),
    ...marked.map((column) => parameters.addMark(table, column, values, values[column.field])),
  ];
  return `INSERT INTO ${table.sql} (${columns}) VALUES (${placeholders.join(', ')})`;
}

function compileSet(
  table: Table,
  changes: readonly (readonly [string, unknown])[],
  where: object,
  parameters: TableParameters,
): string {
  const row = where as Readonly<Record<string, unknown>>;
  const set = changes.flatMap(([field, value]) => {
    const column = columnOf(table, field);
    const change = `${column.sql} = ${parameters.addValue(table, column, row, value)}`;
    if (column.mark === null) return [change];
    return [change, `${column.mark} = ${parameters.addMark(table, column, row, value)}`];
  });
  return set.join(', ');
}

function restricted(table: Table, where: object, parameters: TableParameters): string {
  if (Object.keys(where).length === 0)
    throw new ThenarError('internal', `A write of all of ${table.name} is refused.`);
  return compileWhere(table, where, parameters);
}

/** One write of a commit as a piece of SQL. */
export function pieceOf(write: Write): Piece {
  if ('insert' in write) {
    const table = tables[write.insert];
    const conflict = write.conflict ?? 'conflict';
    const skip = conflict === 'ignore' ? ' ON CONFLICT DO NOTHING' : '';
    return {
      table: table.name,
      insertConflict: conflict,
      refusal: null,
      compile: (parameters) => compileInsert(table, write.row, parameters) + skip,
    };
  }
  if ('upsert' in write) {
    const table = tables[write.upsert];
    const key = table.key.map((column) => column.sql).join(', ');
    const rest = table.columns.filter((column) => !table.key.includes(column));
    const written = rest.flatMap(({ sql, mark }) => (mark === null ? [sql] : [sql, mark]));
    const set = written.map((column) => `${column} = excluded.${column}`).join(', ');
    return {
      table: table.name,
      insertConflict: null,
      refusal: null,
      compile: (parameters) =>
        `${compileInsert(table, write.row, parameters)} ON CONFLICT (${key}) DO UPDATE SET ${set}`,
    };
  }
  if ('update' in write) {
    const table = tables[write.update];
    const changes = Object.entries(write.set).filter(([, value]) => value !== undefined);
    if (changes.length === 0) throw new ThenarError('internal', `An update of ${table.name} sets nothing.`);
    return {
      table: table.name,
      insertConflict: null,
      refusal: write.otherwise ?? null,
      compile: (parameters) =>
        `UPDATE ${table.sql} SET ${compileSet(table, changes, write.where, parameters)} ` +
        `WHERE ${restricted(table, write.where, parameters)}`,
    };
  }
  if ('delete' in write) {
    const table = tables[write.delete];
    return {
      table: table.name,
      insertConflict: null,
      refusal: write.otherwise ?? null,
      compile: (parameters) => `DELETE FROM ${table.sql} WHERE ${restricted(table, write.where, parameters)}`,
    };
  }
  const table = tables[write.check];
  return {
    table: table.name,
    insertConflict: null,
    refusal: write.otherwise,
    compile: (parameters) =>
      `SELECT 1 FROM ${table.sql} WHERE ${restricted(table, write.where, parameters)} FOR SHARE`,
  };
}

/** Pieces in one statement at most: longer ones save no more and only multiply the shapes to plan. */
const PIECES_MAX = 12;

/**
 * Splits pieces into runs that one statement can carry. The parts of a statement all see the database as it was
 * before it, so that two pieces of one table share a statement only when both are inserts (with one meaning for a
 * unique violation, because the server names just the table).
 */
export function group(pieces: readonly Piece[]): Piece[][] {
  const runs: Piece[][] = [];
  let run: Piece[] = [];
  for (const piece of pieces) {
    const clash = run.some(
      (other) =>
        other.table === piece.table &&
        (other.insertConflict === null || other.insertConflict !== piece.insertConflict),
    );
    if (clash || run.length === PIECES_MAX) {
      runs.push(run);
      run = [];
    }
    run.push(piece);
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

/**
 * One statement of all pieces: `WITH w0 AS (…), … SELECT guards`. The guards are read in order of the writes, so
 * that the first write that fails names the error.
 */
export function unitOf(pieces: readonly Piece[], sealers: Sealers): Unit {
  const parameters = new TableParameters(sealers);
  const conflicts = new Map<string, ErrorCode>();
  for (const piece of pieces) {
    if (piece.insertConflict !== null && piece.insertConflict !== 'ignore') {
      conflicts.set(piece.table, piece.insertConflict);
    }
  }
  const refusals = pieces.map((piece) => piece.refusal);
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1 && only.refusal === null) {
    return { text: only.compile(parameters), parameters: parameters.list, refusals, conflicts };
  }
  const parts: string[] = [];
  const guards: string[] = [];
  pieces.forEach((piece, index) => {
    const sql = piece.compile(parameters);
    parts.push(`w${index} AS (${sql.endsWith('FOR SHARE') ? sql : `${sql} RETURNING 1`})`);
    guards.push(
      piece.refusal === null
        ? `(SELECT count(*) FROM w${index})`
        : `CASE WHEN NOT EXISTS (SELECT FROM w${index}) THEN thenar_refuse(${index}) END`,
    );
  });
  return {
    text: `WITH ${parts.join(', ')} SELECT ${guards.join(', ')}`,
    parameters: parameters.list,
    refusals,
    conflicts,
  };
}
