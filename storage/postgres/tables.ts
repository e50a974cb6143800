/** The static description of every table: the only place SQL identifiers come from. */
import type { TableName } from '../../engine/records.ts';
import type { ColumnKind } from './columns.ts';
import { accounts } from './tables/accounts.ts';
import { audit } from './tables/audit.ts';
import type { Descriptions } from './tables/description.ts';
import { devices } from './tables/devices.ts';
import { identity } from './tables/identity.ts';
import { kyc } from './tables/kyc.ts';
import { palms } from './tables/palms.ts';
import { people } from './tables/people.ts';
import { services } from './tables/services.ts';
import { tenancy } from './tables/tenancy.ts';
import { tls } from './tables/tls.ts';
import { wallet } from './tables/wallet.ts';
import { walletSecrets } from './tables/wallet-secrets.ts';
import { webhooks } from './tables/webhooks.ts';

const descriptions: Descriptions = {
  ...accounts,
  ...audit,
  ...devices,
  ...identity,
  ...palms,
  ...people,
  ...services,
  ...tenancy,
  ...tls,
  ...webhooks,
  ...kyc,
  ...wallet,
  ...walletSecrets,
};

/** A column as SQL needs it. */
export interface Column {
  readonly field: string;
  /** Quoted identifier. */
  readonly sql: string;
  readonly kind: ColumnKind;
}

/** A table as SQL needs it. */
export interface Table {
  /** Quoted identifier. */
  readonly sql: string;
  /** Unquoted, as the server names it in errors. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** Those of a row, and those that only conditions may name. */
  readonly byField: ReadonlyMap<string, Column>;
  readonly key: readonly Column[];
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function columnsOf(fields: Readonly<Record<string, ColumnKind>>): Column[] {
  return Object.entries(fields).map(([field, kind]) => ({ field, kind, sql: `"${snake(field)}"` }));
}

function build(
  name: string,
  description: {
    key: readonly string[];
    columns: Readonly<Record<string, ColumnKind>>;
    derived?: Readonly<Record<string, ColumnKind>>;
  },
): Table {
  const columns = columnsOf(description.columns);
  const derived = columnsOf(description.derived ?? {});
  const byField = new Map([...columns, ...derived].map((column) => [column.field, column]));
  return {
    sql: `"${snake(name)}"`,
    name: snake(name),
    columns,
    byField,
    key: description.key.map((field) => byField.get(field) as Column),
  };
}

export const tables: Readonly<Record<TableName, Table>> = Object.fromEntries(
  Object.entries(descriptions).map(([name, description]) => [name, build(name, description)]),
) as Record<TableName, Table>;
