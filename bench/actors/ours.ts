import { createDirectory } from '../../actors/directory.ts';
import type { ActorKind, Behaviour, Directory, Message, Reply } from '../../actors/kernel/types.ts';
import type { SnapshotStore } from '../../engine/ports.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { addressesOf, handled, inWindows, type Side, WINDOW } from './side.ts';

interface Work extends Message {
  readonly type: 'work';
  readonly reply?: Reply<number>;
}

const kind: ActorKind<Work> = { name: 'bench' };
const behaviour: Behaviour<{ handled: number }, Work> = {
  kind,
  idleMs: Number.POSITIVE_INFINITY,
  load: async () => ({ handled: 0 }),
  receive(state, message) {
    state.handled += 1;
    handled.count += 1;
    message.reply?.ok(state.handled);
    return state;
  },
  stateName: () => 'counting',
  describe: (state) => ({ handled: state.handled }),
};
const work: Work = { type: 'work' };

const noSnapshots: SnapshotStore = {
  put: async () => {},
  get: async () => null,
  delete: async () => {},
  healthy: async () => true,
  close: async () => {},
};

function start(): Directory {
  const directory = createDirectory({
    clock: systemClock,
    random: systemRandom,
    snapshots: noSnapshots,
    log: () => {},
  });
  directory.register(behaviour);
  return directory;
}

/** Our kernel, driven through the same door that the engine uses: keys, never references. */
export function ourSide(): Side {
  const busy = start();
  const busyKeys = addressesOf(WINDOW);
  for (const key of busyKeys) busy.adopt(kind, key, { handled: 0 });
  let idle: Directory | null = null;
  let idleKeys: string[] = [];
  return {
    tell: (count, actors) =>
      inWindows(count, (from, to) => {
        for (let i = from; i < to; i += 1) busy.tell(kind, busyKeys[i % actors]!, work);
      }),
    async ask(count, actors) {
      for (let from = 0; from < count; from += WINDOW) {
        const deadline = systemClock.monotonic() + 10_000;
        const answers: Promise<number>[] = [];
        for (let i = from; i < from + WINDOW; i += 1) {
          const key = busyKeys[i % actors]!;
          answers.push(
            busy.ask(kind, key, deadline, (reply: Reply<number>): Work => ({ type: 'work', reply })),
          );
        }
        await Promise.all(answers);
      }
    },
    spawn(count) {
      idle = start();
      idleKeys = addressesOf(count);
      for (const key of idleKeys) idle.adopt(kind, key, { handled: 0 });
    },
    touch: () =>
      inWindows(idleKeys.length, (from, to) => {
        for (let i = from; i < to; i += 1) idle!.tell(kind, idleKeys[i]!, work);
      }),
    async clear() {
      await idle?.drain(systemClock.monotonic() + 10_000);
      idle = null;
      idleKeys = [];
    },
    async list(limit) {
      // Timers of the kernel's clock keep no process alive, and here is nothing else that would.
      const alive = setInterval(() => {}, 60_000);
      const listed = await (idle ?? busy).list({ sort: 'active', limit });
      clearInterval(alive);
      return listed.length;
    },
    async close() {
      await busy.drain(systemClock.monotonic() + 10_000);
    },
  };
}
