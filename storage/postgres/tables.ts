/** The static description of every table: the only place SQL identifiers come from. */
import type { TableName } from '../../engine/records.ts';
import { type ColumnKind, isSealed } from './columns.ts';
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
  /** Quoted identifier of the column with the mark by which a sealed value is found; null where none is looked for. */
  readonly mark: string | null;
}

/** A table as SQL needs it. */
export interface Table {
  /** Quoted identifier. */
  readonly sql: string;
  /** Unquoted, as the server names it in errors. */
  readonly name: string;
  /** The table that sealed columns are bound to: this one, or what a view is of. */
  readonly sealedAt: string;
  readonly columns: readonly Column[];
  readonly byField: ReadonlyMap<string, Column>;
  readonly key: readonly Column[];
  /** The field that says under whose key columns are sealed; null: under the platform's. */
  readonly tenant: string | null;
  readonly sealed: readonly Column[];
  /** What a sealed JSON that does not open reads as; null: reading fails. */
  readonly damaged: object | null;
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function build(
  name: string,
  description: {
    key: readonly string[];
    columns: Readonly<Record<string, ColumnKind>>;
    found?: readonly string[];
    sealedBy?: 'platform';
    viewOf?: string;
    damaged?: object;
  },
): Table {
  const found = new Set(description.found);
  const columns = Object.entries(description.columns).map(
    ([field, kind]): Column => ({
      field,
      kind,
      sql: `"${snake(field)}"`,
      mark: found.has(field) ? `"${snake(field)}_mark"` : null,
    }),
  );
  const byField = new Map(columns.map((column) => [column.field, column]));
  return {
    sql: `"${snake(name)}"`,
    name: snake(name),
    sealedAt: snake(description.viewOf ?? name),
    columns,
    byField,
    key: description.key.map((field) => byField.get(field) as Column),
    tenant: description.sealedBy === 'platform' ? null : 'tenantId',
    sealed: columns.filter(({ kind }) => isSealed(kind)),
    damaged: description.damaged ?? null,
  };
}

export const tables: Readonly<Record<TableName, Table>> = Object.fromEntries(
  Object.entries(descriptions).map(([name, description]) => [name, build(name, description)]),
) as Record<TableName, Table>;

/** The table with some of its columns only: those, and what their place is read from. */
export function narrowed(table: Table, fields: ReadonlySet<string>): Table {
  const needed = new Set([...fields, ...table.key.map(({ field }) => field), table.tenant]);
  const kept = (column: Column): boolean => needed.has(column.field);
  return { ...table, columns: table.columns.filter(kept), sealed: table.sealed.filter(kept) };
}
