/** A ledger actor as the real ones are built: it decides, commits by effect, and answers after the commit. */
import type { ActorKind, Behaviour, Message, Outcome, Reply, Self } from '../../actors/kernel/types.ts';
import { ThenarError } from '../../engine/errors.ts';
import type { Faults, World } from './world.ts';

export interface Add extends Message {
  readonly type: 'add';
  readonly id: number;
  readonly sender: number;
  /** Rises with every message this sender sends to this key, repeats included. */
  readonly order: number;
  readonly reply?: Reply<number>;
}
interface Committed extends Message {
  readonly type: 'committed';
  readonly adds: readonly Add[];
  readonly outcome: Outcome<number>;
}
interface Poison extends Message {
  readonly type: 'poison';
  readonly reply?: Reply<number>;
}
interface Look extends Message {
  readonly type: 'look';
  readonly reply: Reply<number>;
}
/** Sets a timer whose message is the actor's own. */
interface Later extends Message {
  readonly type: 'later';
}
interface Leave extends Message {
  readonly type: 'leave';
}
export type LedgerMessage = Add | Committed | Poison | Look | Later | Leave;

export const ledger: ActorKind<LedgerMessage> = { name: 'ledger' };

interface State {
  readonly version: number;
  readonly applied: readonly number[];
  /** Asked while a commit was under way; they go into the next. */
  readonly waiting: readonly Add[];
  readonly committing: boolean;
}

/** The durable truth and what the checks need to see. */
export class Truth {
  readonly rows = new Map<string, { version: number; applied: number[] }>();
  readonly inMemory = new Map<string, number>();
  readonly lastOrder = new Map<string, number>();
  conflicts = 0;
  snapshotsUsed = 0;
  violations: string[] = [];

  row(key: string): { version: number; applied: number[] } {
    let row = this.rows.get(key);
    if (row === undefined) {
      row = { version: 0, applied: [] };
      this.rows.set(key, row);
    }
    return row;
  }

  broken(what: string): void {
    this.violations.push(what);
  }
}

export function ledgerBehaviour(
  world: World,
  truth: Truth,
  faults: { readonly load: Faults; readonly commit: Faults },
): Behaviour<State, LedgerMessage> {
  const commit = (key: string, expected: number, adds: readonly Add[]): Promise<number> =>
    world.remote(faults.commit, () => {
      const row = truth.row(key);
      if (row.version !== expected) {
        truth.conflicts += 1;
        throw new ThenarError('version_conflict', 'somebody else wrote');
      }
      row.version += 1;
      for (const { id } of adds) if (!row.applied.includes(id)) row.applied.push(id);
      return row.version;
    });

  const next = (state: State, self: Self<LedgerMessage>): State => {
    if (state.committing || state.waiting.length === 0) return state;
    const adds = state.waiting;
    self.effect(
      () => commit(self.key, state.version, adds),
      (outcome) => ({ type: 'committed', adds, outcome }),
    );
    return { ...state, waiting: [], committing: true };
  };

  return {
    kind: ledger,
    load: (key, snapshot) =>
      world.remote(faults.load, () => {
        const { version, applied } = truth.row(key);
        if (snapshot !== null && snapshot.version > version)
          truth.broken(`snapshot of ${key} is ahead of the truth`);
        if (snapshot?.version === version) {
          truth.snapshotsUsed += 1;
          if (JSON.stringify(snapshot.state) !== JSON.stringify(applied))
            truth.broken(`snapshot of ${key} is wrong`);
        }
        return { version, applied: [...applied], waiting: [], committing: false };
      }),
    start(state, self) {
      const live = (truth.inMemory.get(self.key) ?? 0) + 1;
      truth.inMemory.set(self.key, live);
      if (live > 1) truth.broken(`${self.key} is in memory twice`);
      return state;
    },
    stopped(_state, key) {
      const live = (truth.inMemory.get(key) ?? 0) - 1;
      truth.inMemory.set(key, live);
      if (live < 0) truth.broken(`${key} left memory twice`);
    },
    receive(state, message, self) {
      switch (message.type) {
        case 'add': {
          const line = `${message.sender}>${self.key}`;
          if (message.order <= (truth.lastOrder.get(line) ?? 0)) truth.broken(`${line} handled out of order`);
          truth.lastOrder.set(line, message.order);
          if (state.applied.includes(message.id)) {
            message.reply?.ok(message.id);
            return state;
          }
          return next({ ...state, waiting: [...state.waiting, message] }, self);
        }
        case 'committed': {
          const { adds, outcome } = message;
          // An unknown outcome is resolved by reading the truth again, which is what a restart does.
          if (!outcome.ok) throw outcome.error;
          for (const add of adds) add.reply?.ok(add.id);
          const applied = [...state.applied];
          for (const { id } of adds) if (!applied.includes(id)) applied.push(id);
          return next({ ...state, version: outcome.value, applied, committing: false }, self);
        }
        case 'poison':
          throw new Error('poisoned by the simulation');
        case 'look':
          message.reply.ok(state.version);
          return state;
        case 'later':
          self.timer('leave', 40, { type: 'leave' });
          return state;
        case 'leave':
          self.passivate();
          return state;
        default:
          return message satisfies never;
      }
    },
    idle: (state) => !state.committing,
    stateName: (state) => (state.committing ? 'committing' : 'resting'),
    describe: (state) => ({ version: state.version, entries: state.applied.length }),
    snapshotVersion: (state) => state.version,
    snapshotState: (state) => [...state.applied],
  };
}
