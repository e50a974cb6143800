/** A directory over real nact, a virtual clock and a memory of snapshots, for tests of the kernel. */
import { createDirectory, type DirectoryOptions } from '../../actors/directory.ts';
import type { ActorKind, Behaviour, Directory, Message, Reply, Self } from '../../actors/kernel/types.ts';
import type { SnapshotStore } from '../../engine/ports.ts';
import type { Json } from '../../engine/records.ts';
import { VirtualClock } from './clock.ts';
import { SeededRandom } from './random.ts';

export interface Probe extends Message {
  readonly type: string;
  readonly reply?: Reply<unknown>;
  readonly run?: (state: ProbeState, self: Self<Probe>) => ProbeState | undefined;
}

export interface ProbeState {
  readonly version: number;
  readonly seen: readonly string[];
}

export const probe: ActorKind<Probe> = { name: 'probe' };

/**
 * Remembers the types of what it handled, rises its version with each, answers with the number handled unless told
 * otherwise, and runs whatever function a message carries.
 */
export const probeBehaviour = (
  changes: Partial<Behaviour<ProbeState, Probe>> = {},
): Behaviour<ProbeState, Probe> => ({
  kind: probe,
  load: async () => ({ version: 0, seen: [] }),
  receive(state, message, self) {
    const next = { version: state.version + 1, seen: [...state.seen, message.type] };
    if (message.run !== undefined) return message.run(next, self) ?? next;
    message.reply?.ok(next.seen.length);
    return next;
  },
  stateName: (state) => (state.seen.length === 0 ? 'new' : 'used'),
  describe: (state) => ({ seen: state.seen.length }),
  ...changes,
});

export const versioned: Pick<Behaviour<ProbeState, Probe>, 'snapshotVersion' | 'snapshotState'> = {
  snapshotVersion: (state) => state.version,
  snapshotState: (state) => [...state.seen],
};

/** A store whose calls wait until the test lets them go. */
export class HeldSnapshots implements SnapshotStore {
  readonly puts: { key: string; version: number; state: Json; done: (error?: Error) => void }[] = [];
  readonly stored = new Map<string, { readonly version: number; readonly state: Json }>();
  holding = false;
  readError: Error | null = null;

  put(key: string, version: number, state: Json): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error): void => {
        if (error !== undefined) return void reject(error);
        this.stored.set(key, { version, state });
        resolve();
      };
      this.puts.push({ key, version, state, done });
      if (!this.holding) done();
    });
  }

  async get(key: string): ReturnType<SnapshotStore['get']> {
    if (this.readError !== null) throw this.readError;
    return this.stored.get(key) ?? null;
  }

  async delete(): Promise<void> {}
  async healthy(): Promise<boolean> {
    return true;
  }
  async close(): Promise<void> {}
}

export interface Bench {
  readonly directory: Directory;
  readonly clock: VirtualClock;
  readonly snapshots: HeldSnapshots;
  readonly logged: string[];
  ask(key: string, message?: Partial<Probe>, deadlineMs?: number): Promise<unknown>;
}

export function setUp(
  behaviour: Partial<Behaviour<ProbeState, Probe>> = {},
  limits: DirectoryOptions['limits'] = {},
): Bench {
  const clock = new VirtualClock();
  const snapshots = new HeldSnapshots();
  const logged: string[] = [];
  const directory = createDirectory({
    clock,
    random: new SeededRandom(1),
    snapshots,
    log: (level, message) => logged.push(`${level}: ${message}`),
    limits,
  });
  directory.register(probeBehaviour(behaviour));
  return {
    directory,
    clock,
    snapshots,
    logged,
    ask: (key, message = {}, deadlineMs = 1_000) =>
      directory.ask(probe, key, clock.monotonic() + deadlineMs, (reply: Reply<unknown>) => ({
        type: 'ask',
        ...message,
        reply,
      })),
  };
}

/** The code an ask failed with, or what it was answered instead. */
export const codeOf = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    (value) => ({ answered: value }),
    (error: { code?: unknown }) => error.code,
  );

/** Goes round the event loop until the condition holds. @throws Error when it does not after many rounds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; !condition(); round += 1) {
    if (round > 10_000) throw new Error('the condition never came true');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A promise and its outcome in the test's hands. */
export function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
