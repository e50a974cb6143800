import { clearInterval, setInterval } from 'node:timers';
import { setImmediate } from 'node:timers/promises';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Clock, ListOptions, PageOptions, Sealers, Where } from '../../engine/ports.ts';
import type { TableName, Tables } from '../../engine/records.ts';
import { type Client, type Rows, run } from './client.ts';
import { isSealed } from './columns.ts';
import { readFailure, unavailable } from './failures.ts';
import { openedPage } from './opened.ts';
import type { Patience } from './patience.ts';
import { columnOf, compileWhere, decodeRow, type Statement, selectList, TableParameters } from './sql.ts';
import { narrowed, type Table, tables } from './tables.ts';

/** How long to wait before the server is tried again while it is away. */
const RETRY_MS = 50;

/** Far longer than any wait. */
const HOLD_MS = 60_000;

/**
 * Resolves after `ms` of the clock. Its timers keep no process alive, but somebody waits for this one: with the
 * server away there may be no socket left that would.
 */
export function wait(clock: Clock, ms: number): Promise<void> {
  const hold = setInterval(() => {}, HOLD_MS);
  return new Promise((resolve) => {
    clock.after(ms, () => {
      clearInterval(hold);
      resolve();
    });
  });
}

/** Whom reads ask, and for how long. */
export interface Source {
  readonly client: Client;
  readonly clock: Clock;
  readonly patience: Patience;
}

/**
 * Runs a statement that changes nothing. A server that is away is waited for a while: an embedded one that
 * crashed is back within a second, and a caller would only ask again.
 * @throws ThenarError `unavailable`, `validation_failed` or `internal`.
 */
async function read(source: Source, statement: Statement): Promise<Rows> {
  const { client, clock, patience } = source;
  const end = clock.monotonic() + patience.waitMs;
  for (;;) {
    try {
      return await run(client, statement);
    } catch (error) {
      const failure = readFailure(error);
      if (failure.kind === 'failed' && !patience.triesAgain(failure)) throw failure.error;
      if (failure.kind === 'refused' || failure.kind === 'conflict' || clock.monotonic() > end) {
        throw unavailable(error);
      }
      await wait(clock, RETRY_MS);
    }
  }
}

function orderBy(table: Table, order: readonly (readonly [string, 'asc' | 'desc'])[]): string {
  if (order.length === 0) return '';
  const terms = order.map(([field, direction]) => {
    const { kind, sql } = columnOf(table, field);
    if (isSealed(kind)) throw new ThenarError('internal', `${table.name} has no order by ${field}.`);
    return `${sql} ${direction === 'desc' ? 'DESC' : 'ASC'}`;
  });
  return ` ORDER BY ${terms.join(', ')}`;
}

function whole(value: number, name: string, max: number): number {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new ThenarError('internal', `${name} is not a whole number.`);
  return Math.min(value, max);
}

/** The generic reads of the store. */
export function reads(source: Source, sealers: Sealers) {
  const rowsOf = async <T extends TableName>(table: Table, statement: Statement): Promise<Tables[T][]> =>
    (await read(source, statement)).map(
      (values) => decodeRow(table, values, sealers) as unknown as Tables[T],
    );

  /** As {@link rowsOf}; opening what is sealed holds the thread, so others have their turns in between. */
  const rowsInTurns = async <T extends TableName>(
    table: Table,
    statement: Statement,
  ): Promise<Tables[T][]> => {
    const decoded: Tables[T][] = [];
    for (const values of await read(source, statement)) {
      decoded.push(decodeRow(table, values, sealers) as unknown as Tables[T]);
      if (decoded.length % limits.opened_rows_per_turn === 0) await setImmediate();
    }
    return decoded;
  };

  const select = <T extends TableName>(name: T, options: ListOptions<T>, counted: boolean): Statement => {
    const table = tables[name];
    const parameters = new TableParameters(sealers);
    const where = compileWhere(table, options.where ?? {}, parameters);
    const limit = parameters.add(
      'integer',
      whole(options.limit ?? limits.read_page_max, 'limit', limits.read_page_max),
    );
    const offset = parameters.add('integer', whole(options.offset ?? 0, 'offset', Number.MAX_SAFE_INTEGER));
    const total = counted ? `, (SELECT count(*) FROM ${table.sql} WHERE ${where})` : '';
    const text =
      `SELECT ${selectList(table)}${total} FROM ${table.sql} WHERE ${where}` +
      `${orderBy(table, options.order ?? [])} LIMIT ${limit} OFFSET ${offset}`;
    return { text, parameters: parameters.list };
  };

  const list = async <T extends TableName>(name: T, options: ListOptions<T>): Promise<Tables[T][]> =>
    rowsOf<T>(tables[name], select(name, options, false));

  const count = async <T extends TableName>(name: T, where: Where<T>): Promise<number> => {
    const table = tables[name];
    const parameters = new TableParameters(sealers);
    const text = `SELECT count(*) FROM ${table.sql} WHERE ${compileWhere(table, where, parameters)}`;
    const [row] = await read(source, { text, parameters: parameters.list });
    return Number(row?.[0] ?? 0);
  };

  /**
   * Each page is its own statement and starts after the last key of the one before.
   * @param fields what is read of a row; all of it without them
   */
  async function* scan<T extends TableName>(
    name: T,
    where: Where<T>,
    fields?: ReadonlySet<string>,
  ): AsyncGenerator<Tables[T][]> {
    const table = tables[name];
    const read = fields === undefined ? table : narrowed(table, fields);
    const key = table.key.map((column) => column.sql).join(', ');
    let last: Readonly<Record<string, unknown>> | undefined;
    for (;;) {
      const parameters = new TableParameters(sealers);
      let text = `SELECT ${selectList(read)} FROM ${table.sql} WHERE ${compileWhere(table, where, parameters)}`;
      if (last !== undefined) {
        const from = last;
        const after = table.key.map((column) => parameters.addValue(table, column, from, from[column.field]));
        text += ` AND (${key}) > (${after.join(', ')})`;
      }
      text += ` ORDER BY ${key} LIMIT ${limits.read_page_max}`;
      const page = await rowsInTurns<T>(read, { text, parameters: parameters.list });
      if (page.length > 0) yield page;
      if (page.length < limits.read_page_max) return;
      last = page.at(-1) as unknown as Readonly<Record<string, unknown>>;
    }
  }

  /** One statement, so that rows and total are of one moment; a page past the end has no row to carry it. */
  async function pageOf<T extends TableName>(name: T, options: ListOptions<T>) {
    const found = await read(source, select(name, options, true));
    const rows = found.map((values) => decodeRow(tables[name], values, sealers) as unknown as Tables[T]);
    const carried = found[0]?.[tables[name].columns.length];
    if (carried !== undefined) return { rows, total: Number(carried) };
    return {
      rows,
      total: (options.offset ?? 0) === 0 ? 0 : await count(name, options.where ?? ({} as Where<T>)),
    };
  }

  return {
    list,

    async get<T extends TableName>(name: T, where: Where<T>): Promise<Tables[T] | null> {
      const rows = await list(name, { where, limit: 1 });
      return rows[0] ?? null;
    },

    count,

    page<T extends TableName>(name: T, options: PageOptions<T>) {
      const isSealedField = (field: string) => isSealed(columnOf(tables[name], field).kind);
      const opens = options.search !== undefined || options.order?.some(([field]) => isSealedField(field));
      return opens === true ? openedPage(name, options, { list, scan }) : pageOf(name, options);
    },

    scan: <T extends TableName>(name: T, where: Where<T>) => scan(name, where),
  };
}
