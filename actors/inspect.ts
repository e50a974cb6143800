/** The redacted live view of every actor. Whatever a behaviour shows comes from its own `describe`. */

import type { Cell } from './kernel/cell.ts';
import type { Kind } from './kernel/context.ts';
import type { ActorDetail, ActorInfo, Directory } from './kernel/types.ts';

type ListFilter = Parameters<Directory['list']>[0];
type Sort = NonNullable<ListFilter['sort']>;

/** A larger score comes first in a list. Ages are compared by when the oldest message came. */
const scores: { readonly [S in Sort]: (cell: Cell) => number } = {
  depth: (cell) => cell.depth,
  age: (cell) => (cell.head === null ? Number.NEGATIVE_INFINITY : -cell.head.at),
  failed: (cell) => cell.failed,
  restarts: (cell) => cell.rare?.restarts ?? 0,
  active: (cell) => cell.lastActive,
};

/**
 * The first `limit` actors by the sort, without sorting them all: one pass with a heap of that size whose root is
 * the one that would be dropped next, so that a hundred thousand actors take a few milliseconds.
 */
export function select(kinds: Iterable<Kind>, filter: ListFilter, limitMax: number): ActorInfo[] {
  const limit = Math.max(0, Math.min(filter.limit, limitMax));
  const score = scores[filter.sort ?? 'active'];
  const prefix = filter.tenant === undefined ? null : `${filter.tenant}/`;
  const heap: Ranked[] = [];
  for (const kind of kinds) {
    if (filter.kind !== undefined && kind.name !== filter.kind) continue;
    for (const cell of kind.cells.values()) {
      if (prefix !== null && !cell.key.startsWith(prefix) && cell.key !== filter.tenant) continue;
      offer(heap, limit, score(cell), cell);
    }
  }
  return heap
    .sort((a, b) => b.score - a.score || compareKeys(a.cell, b.cell))
    .map(({ cell }) => infoOf(cell));
}

interface Ranked {
  readonly score: number;
  readonly cell: Cell;
}

const compareKeys = (a: Cell, b: Cell): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** Keeps `heap` the `limit` best as a min-heap. */
function offer(heap: Ranked[], limit: number, score: number, cell: Cell): void {
  if (heap.length < limit) {
    let at = heap.length;
    for (let up = (at - 1) >> 1; at > 0 && heap[up]!.score > score; up = (at - 1) >> 1) {
      heap[at] = heap[up]!;
      at = up;
    }
    heap[at] = { score, cell };
    return;
  }
  if (limit === 0 || score <= heap[0]!.score) return;
  let at = 0;
  for (let down = 1; down < limit; down = 2 * at + 1) {
    if (down + 1 < limit && heap[down + 1]!.score < heap[down]!.score) down += 1;
    if (heap[down]!.score >= score) break;
    heap[at] = heap[down]!;
    at = down;
  }
  heap[at] = { score, cell };
}

export function infoOf(cell: Cell): ActorInfo {
  const { clock } = cell.kind.kernel;
  const now = clock.monotonic();
  const live = cell.phase === 'live' || cell.phase === 'passivating';
  return {
    kind: cell.kind.name,
    key: cell.key,
    state: live ? cell.stateName : cell.phase,
    mailboxDepth: cell.depth,
    oldestAgeMs: cell.head === null ? 0 : Math.max(0, now - cell.head.at),
    handled: cell.handled,
    failed: cell.failed,
    restarts: cell.rare?.restarts ?? 0,
    lastMessage: cell.lastMessage,
    lastActiveAt: Math.round(clock.now() - (now - cell.lastActive)),
    snapshotVersion: cell.stored < 0 ? null : cell.stored,
    snapshotLag: !cell.kind.versioned || !live ? null : Math.max(0, cell.version - Math.max(cell.stored, 0)),
  };
}

export function detailOf(cell: Cell): ActorDetail {
  const live = cell.phase === 'live' || cell.phase === 'passivating';
  return {
    ...infoOf(cell),
    phase: cell.phase,
    effects: cell.effects,
    waiting: cell.held?.count() ?? 0,
    description: live ? cell.kind.behaviour.describe(cell.state) : {},
    transitions: [...(cell.rare?.transitions ?? [])],
  };
}
