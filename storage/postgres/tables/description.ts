import type { TableName, Tables } from '../../../engine/records.ts';
import type { ColumnKind } from '../columns.ts';

/** One table: its primary key, in the order of its index, and the kind of every column. */
export interface Description<T extends TableName> {
  readonly key: readonly (keyof Tables[T] & string)[];
  readonly columns: { readonly [C in keyof Tables[T] & string]: ColumnKind };
}

export type Descriptions = { readonly [T in TableName]: Description<T> };
