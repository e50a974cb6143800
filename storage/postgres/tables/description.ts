import type { Derived, TableName, Tables } from '../../../engine/records.ts';
import type { ColumnKind } from '../columns.ts';

/** One table: its primary key, in the order of its index, and the kind of every column. */
export interface Description<T extends TableName> {
  readonly key: readonly (keyof Tables[T] & string)[];
  readonly columns: { readonly [C in keyof Tables[T] & string]: ColumnKind };
  /** Columns that the database makes itself; for conditions only. */
  readonly derived?: T extends keyof Derived
    ? { readonly [C in keyof Derived[T] & string]: ColumnKind }
    : never;
}

export type Descriptions = { readonly [T in TableName]: Description<T> };
