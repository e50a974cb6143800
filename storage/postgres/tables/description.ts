import type { JsonObject, TableName, Tables } from '../../../engine/records.ts';
import type { ColumnKind } from '../columns.ts';

/** One table: its primary key, in the order of its index, and the kind of every column. */
export interface Description<T extends TableName> {
  readonly key: readonly (keyof Tables[T] & string)[];
  readonly columns: { readonly [C in keyof Tables[T] & string]: ColumnKind };
  /** Sealed columns that conditions name: a column `<name>_mark` beside each holds a keyed hash. */
  readonly found?: readonly (keyof Tables[T] & string)[];
  /** A view's table, whose sealed columns it shows: they are bound to where they were written. */
  readonly viewOf?: TableName;
  /** Sealed under the platform's key and not the row's tenant's: whoever looks for a row knows no tenant yet. */
  readonly sealedBy?: 'platform';
  /**
   * What a sealed JSON that was tampered with reads as, where whoever checks the rows must see which one it was; without
   * it reading fails.
   */
  readonly damaged?: JsonObject;
}

export type Descriptions = { readonly [T in TableName]: Description<T> };
