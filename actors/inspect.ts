/** The redacted live view of every actor. Whatever a behaviour shows comes from its own `describe`. */

import { Best } from './best.ts';
import type { Cell } from './kernel/cell.ts';
import type { Kernel, Kind } from './kernel/context.ts';
import { turn } from './kernel/survey.ts';
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
 * The first `limit` actors by the sort. A bounded number of them is looked at in one turn of the event loop, so that
 * a million actors hold nobody up; they go on meanwhile, and each stands where it stood when it was looked at.
 */
export async function select(
  kernel: Kernel,
  kinds: Iterable<Kind>,
  filter: ListFilter,
): Promise<ActorInfo[]> {
  const { bounds } = kernel;
  const limit = Math.max(0, Math.min(filter.limit, bounds.actor_list_max));
  const best = new Best<Cell>(limit);
  const candidates = candidatesOf(kinds, filter);
  while (!lookAt(candidates, best, filter, bounds.actors_looked_at_max)) await turn(kernel);
  const infos: ActorInfo[] = [];
  let taken = 0;
  for (let cell = best.takeWorst(); cell !== undefined; cell = best.takeWorst()) {
    // Whoever left memory meanwhile is not listed; its key may be another's by now.
    if (cell.kind.cells.get(cell.key) === cell) infos.push(infoOf(cell));
    taken += 1;
    // Taking out and describing one costs a few times what looking at one does.
    if (taken % Math.ceil(bounds.actors_looked_at_max / 4) === 0) await turn(kernel);
  }
  return infos.reverse();
}

/** Actors of the kinds asked for; those that come while a list is made are not waited for without an end. */
function* candidatesOf(kinds: Iterable<Kind>, filter: ListFilter): Generator<Cell, void> {
  for (const kind of kinds) {
    if (filter.kind !== undefined && kind.name !== filter.kind) continue;
    let left = kind.cells.size;
    for (const cell of kind.cells.values()) {
      if (left === 0) break;
      left -= 1;
      yield cell;
    }
  }
}

/** Looks at the next `count` candidates. True when there are no more. */
function lookAt(candidates: Generator<Cell>, best: Best<Cell>, filter: ListFilter, count: number): boolean {
  const score = scores[filter.sort ?? 'active'];
  const { tenant } = filter;
  const prefix = `${tenant}/`;
  for (let looked = 0; looked < count; looked += 1) {
    const { done, value: cell } = candidates.next();
    if (done === true) return true;
    if (tenant === undefined || cell.key.startsWith(prefix) || cell.key === tenant)
      best.offer(score(cell), cell);
  }
  return false;
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
    mailbox: waitingIn(cell),
    description: live ? cell.kind.behaviour.describe(cell.state) : {},
    transitions: [...(cell.rare?.transitions ?? [])],
  };
}

/** The types of the messages that wait the longest, never their content. */
function waitingIn(cell: Cell): ActorDetail['mailbox'] {
  const { bounds, clock } = cell.kind.kernel;
  const now = clock.monotonic();
  const waiting = [];
  for (let next = cell.head; next !== null && waiting.length < bounds.mailbox_shown_max; next = next.next) {
    waiting.push({ message: next.message.type, ageMs: Math.max(0, now - next.at) });
  }
  return waiting;
}
