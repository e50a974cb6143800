/** The tree of actors, of which only what is in sight is drawn. Arrows walk it, Enter looks into an actor. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Empty } from '../../../pages/app/parts/states.tsx';
import { useWindow } from '../parts/virtual.ts';
import { look, place } from '../place.ts';
import { descending, rows, sort, sortBy, turnBranch } from '../shown.ts';
import type { Row } from '../tree.ts';
import { t } from '../words/words.ts';
import { type Column, classOf, columns, TreeRow } from './row.tsx';

/** Rows that Page Up and Page Down go by. */
const PAGE = 15;

export function Tree() {
  const all = rows.value;
  const scroller = useRef<HTMLDivElement>(null);
  const window = useWindow(scroller, all.length);
  // Whoever is walked to keeps the walk when rows change their places.
  const [walked, setWalked] = useState<string | null>(null);
  const at = all.findIndex(({ id }) => id === walked);
  const inSight = at >= window.from && at < window.to;
  const { actor: looked } = place.value;

  useEffect(() => {
    // Whoever a link leads to is walked to.
    if (looked !== null) setWalked(looked);
  }, [looked]);

  const walk = (to: number): void => {
    const next = Math.max(0, Math.min(all.length - 1, to));
    const row = all[next];
    if (row === undefined) return;
    setWalked(row.id);
    window.show(next);
  };
  const press = (row: Row): void => {
    setWalked(row.id);
    if (row.type === 'actor') look(row.actor.address);
    else turnBranch(row.id, !row.open);
  };
  const pressed = (event: KeyboardEvent): void => {
    // Buttons of the heading have their keys for themselves.
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = all[at];
    const done = ((): boolean => {
      switch (event.key) {
        case 'ArrowDown':
          walk(at + 1);
          return true;
        case 'ArrowUp':
          walk(at - 1);
          return true;
        case 'PageDown':
          walk(at + PAGE);
          return true;
        case 'PageUp':
          walk(at - PAGE);
          return true;
        case 'Home':
          walk(0);
          return true;
        case 'End':
          walk(all.length - 1);
          return true;
        case 'Enter':
        case ' ':
          if (row !== undefined) press(row);
          return true;
        case 'ArrowRight':
        case 'ArrowLeft':
          if (row !== undefined) sideways(row, (event.key === 'ArrowRight') === (document.dir !== 'rtl'));
          return true;
        default:
          return false;
      }
    })();
    if (done) event.preventDefault();
  };
  /** In: opens, then goes to the first below. Out: closes, then goes to the branch that this is of. */
  const sideways = (row: Row, into: boolean): void => {
    const branch = row.type !== 'actor';
    if (into && branch) return row.open ? walk(at + 1) : turnBranch(row.id, true);
    if (into) return;
    if (branch && row.open) return turnBranch(row.id, false);
    for (let above = at - 1; above >= 0; above -= 1) if (all[above]!.level < row.level) return walk(above);
  };

  return (
    <div ref={scroller} class="tree">
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: ARIA has the role for just such tables.
        role="treegrid"
        aria-label={t('view.actors')}
        aria-rowcount={all.length + 1}
        aria-activedescendant={inSight ? `row-${at}` : undefined}
        tabIndex={0}
        onKeyDown={pressed}
      >
        <thead>
          <tr class="tree-row" aria-rowindex={1}>
            {columns.map((column) => (
              <Heading key={column.name} column={column} />
            ))}
          </tr>
        </thead>
        <Body all={all} from={window.from} to={window.to} walked={walked} looked={looked} press={press} />
      </table>
      {all.length === 0 && (
        <Empty icon="search" title={t('actors.none')}>
          {t('actors.none.about')}
        </Empty>
      )}
    </div>
  );
}

function Heading({ column: { name, sort: by, numeric, wide } }: { readonly column: Column }) {
  const sorted = by !== undefined && sort.value === by;
  return (
    <th
      scope="col"
      class={classOf({ numeric, wide })}
      aria-sort={sorted ? (descending.value ? 'descending' : 'ascending') : undefined}
    >
      {by === undefined ? (
        t(name)
      ) : (
        <button type="button" onClick={() => sortBy(by)}>
          {t(name)}
          <span class="sign" aria-hidden="true" />
        </button>
      )}
    </th>
  );
}

function Body({
  all,
  from,
  to,
  walked,
  looked,
  press,
}: {
  readonly all: readonly Row[];
  readonly from: number;
  readonly to: number;
  readonly walked: string | null;
  readonly looked: string | null;
  readonly press: (row: Row) => void;
}) {
  return (
    // Its height is that of all rows, so that the bar beside them says where one is.
    <tbody style={{ blockSize: `calc(${all.length} * var(--row))` }}>
      {all.slice(from, to).map((row, place) => (
        <TreeRow
          key={row.id}
          row={row}
          at={from + place}
          walked={row.id === walked}
          looked={row.id === looked}
          press={press}
        />
      ))}
    </tbody>
  );
}
