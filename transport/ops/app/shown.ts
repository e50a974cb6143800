/** How somebody wants to see the actors; it stays while they look at something else. */
import { computed, signal } from '@preact/signals';
import { chosenBy, LISTED_MAX, live } from './api/live.ts';
import { DEPLOYMENT, type Row, rowsOf, type Sort } from './tree.ts';
import { t } from './words/words.ts';

export const sort = signal<Sort>('name');
export const descending = signal(false);
export const flat = signal(false);
export const kind = signal('');
export const search = signal('');

/** Branches of up to so many actors are open at first. */
const OPEN_AT_FIRST = 24;
/** What stands open, by branch: as it was at first, until somebody opens or closes it. */
const opened = new Map<string, boolean>();
const turned = signal(0);

function isOpen(id: string, size: number): boolean {
  const known = opened.get(id);
  if (known !== undefined) return known;
  // A tenant shows its groups, which are few; a group of many actors waits to be opened.
  const open = !id.includes('/') || size <= OPEN_AT_FIRST;
  opened.set(id, open);
  return open;
}

export function turnBranch(id: string, open: boolean): void {
  opened.set(id, open);
  turned.value += 1;
}

/** Figures begin with their largest, names with the first; the same column again turns it round. */
export function sortBy(column: Sort): void {
  if (sort.value === column) descending.value = !descending.value;
  else {
    sort.value = column;
    descending.value = column !== 'name' && column !== 'state';
  }
  // The engine chooses by the same column when it has more than it lists.
  if (column in chosen && (live.value?.picture.listed ?? 0) >= LISTED_MAX) {
    chosenBy.value = column as keyof typeof chosen;
  }
}
const chosen = { depth: true, age: true, failed: true, restarts: true, active: true } as const;

export function tenantName(tenantId: string): string {
  return tenantId === DEPLOYMENT ? t('deployment') : (live.value?.tenants.get(tenantId) ?? tenantId);
}

export const rows = computed<readonly Row[]>(() => {
  const now = live.value;
  turned.value;
  if (now === null) return [];
  return rowsOf(now.actors.values(), {
    sort: sort.value,
    descending: descending.value,
    flat: flat.value,
    kind: kind.value,
    search: search.value,
    tenantName,
    isOpen,
  });
});
