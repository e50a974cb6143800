/** The tree tenant → devices, challenges, webhooks, linked services, as rows under each other. Nothing here draws. */
import type { Actor } from './api/wire.ts';

/** What a column is sorted by. */
export type Sort = 'name' | 'state' | 'depth' | 'age' | 'handled' | 'failed' | 'restarts' | 'active';

/** Figures of one actor, or of all those below a row: sums, and of ages and activity the worst and the latest. */
export interface Figures {
  readonly depth: number;
  /** Milliseconds. */
  readonly age: number;
  readonly handled: number;
  readonly failed: number;
  readonly restarts: number;
  /** Epoch milliseconds. */
  readonly active: number;
}

interface Place {
  /** Unique among the rows, and the same from one picture to the next. */
  readonly id: string;
  /** Depth in the tree, from 1. */
  readonly level: number;
}
export interface Branch extends Place, Figures {
  readonly type: 'tenant' | 'group';
  /** A tenant's identifier, or the kind of a group's actors. */
  readonly name: string;
  /** Actors below it. */
  readonly size: number;
  readonly open: boolean;
}
export interface Leaf extends Place {
  readonly type: 'actor';
  readonly actor: Actor;
}
export type Row = Branch | Leaf;

export interface View {
  readonly sort: Sort;
  readonly descending: boolean;
  /** All actors under each other, without their places. */
  readonly flat: boolean;
  readonly kind: string;
  readonly search: string;
  readonly tenantName: (tenantId: string) => string;
  /** Whether what is below a branch is shown. */
  readonly isOpen: (id: string, size: number) => boolean;
}

/** Actors of the whole deployment, which have no tenant, stand under this name. */
export const DEPLOYMENT = 'deployment';
/** In this order, whatever the sort: people find things where they were. Other kinds come after these. */
const groups: readonly string[] = ['device', 'challenge', 'webhook', 'linked-service', 'device-challenge'];
/** One a tenant: they stand beside its groups. */
const singles: readonly string[] = ['tenant', 'enrolment', 'courier', 'palm_migration'];

export function tenantOf({ kind, key }: Actor): string {
  if (kind === 'palm_migration') return DEPLOYMENT;
  const slash = key.indexOf('/');
  return slash < 0 ? key : key.slice(0, slash);
}

/** The part of an actor's key that tells it from others of its kind and tenant. */
export function shortKey({ key }: Actor): string {
  const slash = key.indexOf('/');
  return slash < 0 ? key : key.slice(slash + 1);
}

export function rowsOf(actors: Iterable<Actor>, view: View): Row[] {
  const found = [...actors].filter((actor) => isAskedFor(actor, view));
  if (view.flat) return leaves(found, 1, view);
  const tenants = byName(found, tenantOf).map(([name, of]) => branch('tenant', name, name, 1, of, view));
  tenants.sort((a, b) => compare(a, b, view, (row) => view.tenantName(row.name).toLowerCase()));
  return tenants.flatMap((tenant) => (tenant.open ? [tenant, ...inside(tenant, view)] : [tenant]));
}

function inside(tenant: Full, view: View): Row[] {
  const kinds = byName(tenant.actors, ({ kind }) => kind);
  const rows: Row[] = kinds
    .filter(([kind]) => isSingle(kind))
    .sort(([a], [b]) => singles.indexOf(a) - singles.indexOf(b))
    .flatMap(([, actors]) => leaves(actors, 2, view));
  const placed = kinds
    .filter(([kind]) => !isSingle(kind))
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  for (const [kind, actors] of placed) {
    const group = branch('group', `${tenant.id}/${kind}`, kind, 2, actors, view);
    rows.push(group);
    if (group.open) rows.push(...leaves(actors, 3, view));
  }
  return rows;
}

function rank(kind: string): number {
  const at = groups.indexOf(kind);
  return at < 0 ? groups.length : at;
}

function isSingle(kind: string): boolean {
  return singles.includes(kind);
}

/** A branch with its actors, which whoever draws it does not need. */
type Full = Branch & { readonly actors: readonly Actor[] };

function branch(
  type: Branch['type'],
  id: string,
  name: string,
  level: number,
  actors: readonly Actor[],
  view: View,
): Full {
  const open = view.search !== '' || view.isOpen(id, actors.length);
  return { type, id, name, level, open, size: actors.length, ...sum(actors), actors };
}

function leaves(actors: readonly Actor[], level: number, view: View): Leaf[] {
  return actors
    .map((actor) => ({ actor, name: actor.address, ...figuresOf(actor) }))
    .sort((a, b) =>
      view.sort === 'state'
        ? order(a.actor.state, b.actor.state, view.descending) || order(a.name, b.name, false)
        : compare(a, b, view, (row) => row.name),
    )
    .map(({ actor }) => ({ type: 'actor', id: actor.address, level, actor }));
}

export function figuresOf(actor: Actor): Figures {
  return {
    depth: actor.mailbox_depth,
    age: actor.oldest_age_ms,
    handled: actor.handled,
    failed: actor.failed,
    restarts: actor.restarts,
    active: Date.parse(actor.last_active_at),
  };
}

function sum(actors: readonly Actor[]): Figures {
  const all = { depth: 0, age: 0, handled: 0, failed: 0, restarts: 0, active: 0 };
  for (const actor of actors) {
    all.depth += actor.mailbox_depth;
    all.age = Math.max(all.age, actor.oldest_age_ms);
    all.handled += actor.handled;
    all.failed += actor.failed;
    all.restarts += actor.restarts;
    all.active = Math.max(all.active, Date.parse(actor.last_active_at));
  }
  return all;
}

function compare<T extends Figures>(a: T, b: T, view: View, nameOf: (row: T) => string): number {
  const { sort, descending } = view;
  if (sort === 'name' || sort === 'state') return order(nameOf(a), nameOf(b), sort === 'name' && descending);
  const by = descending ? b[sort] - a[sort] : a[sort] - b[sort];
  return by || order(nameOf(a), nameOf(b), false);
}

function order(a: string, b: string, descending: boolean): number {
  if (a === b) return 0;
  return a < b === descending ? 1 : -1;
}

function byName(actors: readonly Actor[], nameOf: (actor: Actor) => string): [string, Actor[]][] {
  const found = new Map<string, Actor[]>();
  for (const actor of actors) {
    const name = nameOf(actor);
    const known = found.get(name);
    if (known === undefined) found.set(name, [actor]);
    else known.push(actor);
  }
  return [...found];
}

function isAskedFor(actor: Actor, { kind, search, tenantName }: View): boolean {
  if (kind !== '' && actor.kind !== kind) return false;
  if (search === '') return true;
  const wanted = search.toLowerCase();
  return [actor.address, actor.state, actor.last_message ?? '', tenantName(tenantOf(actor))].some((text) =>
    text.toLowerCase().includes(wanted),
  );
}
