/** One row of the tree: a tenant or a group with the figures of all below it, or an actor with its own. */
import type { ComponentChildren } from 'preact';
import { Icon } from '../../../pages/app/parts/icon.tsx';
import { now } from '../../../pages/app/parts/now.ts';
import { ago, number } from '../../../pages/app/words/speech.ts';
import { flat, tenantName } from '../shown.ts';
import { type Branch, type Figures, figuresOf, type Row, type Sort, shortKey, tenantOf } from '../tree.ts';
import { said, type Word } from '../words/words.ts';
import { duration } from './lists.tsx';

export interface Column {
  readonly name: Word;
  readonly sort?: Sort;
  readonly numeric?: boolean | undefined;
  /** Left out where there is little room. */
  readonly wide?: boolean | undefined;
  readonly cell: (row: Row, figures: Figures) => ComponentChildren;
}

const nothing = <span class="faint">–</span>;

/** A figure of trouble stands out when it is not zero. */
const trouble = (value: number): ComponentChildren =>
  value === 0 ? <span class="faint">{number(0)}</span> : <strong class="bad">{number(value)}</strong>;

export const columns: readonly Column[] = [
  { name: 'column.name', sort: 'name', cell: (row) => <Name row={row} /> },
  {
    name: 'column.state',
    sort: 'state',
    cell: (row) =>
      row.type === 'actor' ? (
        <span class={`badge ${tones[row.actor.state] ?? ''}`}>{row.actor.state}</span>
      ) : null,
  },
  {
    name: 'column.depth',
    sort: 'depth',
    numeric: true,
    cell: (_, { depth }) => (depth === 0 ? <span class="faint">{number(0)}</span> : number(depth)),
  },
  {
    name: 'column.age',
    sort: 'age',
    numeric: true,
    cell: (_, { depth, age }) => (depth === 0 ? nothing : duration(age)),
  },
  { name: 'column.handled', sort: 'handled', numeric: true, cell: (_, { handled }) => number(handled) },
  { name: 'column.failed', sort: 'failed', numeric: true, cell: (_, { failed }) => trouble(failed) },
  { name: 'column.restarts', sort: 'restarts', numeric: true, cell: (_, { restarts }) => trouble(restarts) },
  { name: 'column.active', sort: 'active', wide: true, cell: (_, { active }) => ago(active, now.value) },
  {
    name: 'column.message',
    wide: true,
    cell: (row) => (row.type === 'actor' ? <code>{row.actor.last_message ?? '–'}</code> : null),
  },
];

/** How states feel that many kinds have; what is not here is calm. */
const tones: Readonly<Record<string, string>> = {
  online: 'good',
  active: 'good',
  closed: 'good',
  loading: 'info',
  pending: 'info',
  presented: 'info',
  delivering: 'info',
  offline: '',
  passivating: 'warn',
  suspended: 'warn',
  half_open: 'warn',
  backing_off: 'bad',
  refusing: 'bad',
  open: 'bad',
  revoked: 'bad',
};

export function TreeRow({
  row,
  at,
  walked,
  looked,
  press,
}: {
  readonly row: Row;
  /** Place among all rows. */
  readonly at: number;
  readonly walked: boolean;
  readonly looked: boolean;
  readonly press: (row: Row) => void;
}) {
  const figures = row.type === 'actor' ? figuresOf(row.actor) : row;
  const names = ['tree-row', row.type, walked ? 'walked' : '', looked ? 'looked' : ''];
  return (
    <tr
      id={`row-${at}`}
      class={names.filter((name) => name !== '').join(' ')}
      aria-level={row.level}
      aria-rowindex={at + 2}
      aria-expanded={row.type === 'actor' ? undefined : row.open}
      aria-selected={looked}
      style={{ insetBlockStart: `calc(${at} * var(--row))` }}
      onClick={() => press(row)}
    >
      {columns.map(({ name, numeric, wide, cell }, column) =>
        column === 0 ? (
          <th key={name} scope="row">
            {cell(row, figures)}
          </th>
        ) : (
          <td key={name} class={classOf({ numeric, wide })}>
            {cell(row, figures)}
          </td>
        ),
      )}
    </tr>
  );
}

export function classOf({ numeric, wide }: Pick<Column, 'numeric' | 'wide'>): string {
  return [numeric === true ? 'numeric' : '', wide === true ? 'wide' : ''].join(' ').trim();
}

function Name({ row }: { readonly row: Row }) {
  return (
    <span class={`name level-${row.level}`}>
      {row.type === 'actor' ? <LeafName row={row} /> : <BranchName row={row} />}
    </span>
  );
}

function BranchName({ row }: { readonly row: Branch }) {
  return (
    <>
      <span class={row.open ? 'fold open' : 'fold'}>
        <Icon name="next" size={14} />
      </span>
      <bdi>{row.type === 'tenant' ? tenantName(row.name) : said('kind', row.name)}</bdi>
      <span class="count">{number(row.size)}</span>
    </>
  );
}

function LeafName({ row }: { readonly row: Extract<Row, { type: 'actor' }> }) {
  const { actor } = row;
  // One of a kind in its tenant is called by its kind; among many it is its key that tells them apart.
  if (row.level === 2) return <>{said('one', actor.kind)}</>;
  if (!flat.value)
    return (
      <code dir="ltr" title={actor.address}>
        {shortKey(actor)}
      </code>
    );
  return (
    <>
      <span class="kind">{said('one', actor.kind)}</span>
      <code dir="ltr" title={`${tenantName(tenantOf(actor))}, ${actor.address}`}>
        {shortKey(actor)}
      </code>
    </>
  );
}
