/**
 * The baseline: nact as its documentation shows it. It measures what the kernel stands on, which is why this file
 * imports nact although only `actors/kernel` does in the engine.
 */
import { type ActorSystemRef, dispatch, query, type Ref, spawn, start, stop } from 'nact';
import { addressesOf, handled, inWindows, type Side, WINDOW } from './side.ts';

interface State {
  handled: number;
}
interface Work {
  readonly type: 'work';
  readonly sender?: Ref<number>;
}
const work: Work = { type: 'work' };

const receive = (state: State, message: Work): State => {
  state.handled += 1;
  handled.count += 1;
  if (message.sender !== undefined) dispatch(message.sender, state.handled);
  return state;
};
const make = (system: ActorSystemRef, name: string): Ref<Work> =>
  spawn(system, receive, name, { initialState: { handled: 0 } });

export function nactSide(): Side {
  const system = start();
  const busy = addressesOf(WINDOW).map((name) => make(system, name));
  let idleSystem: ActorSystemRef | null = null;
  let idle: Ref<Work>[] = [];
  return {
    tell: (count, actors) =>
      inWindows(count, (from, to) => {
        for (let i = from; i < to; i += 1) dispatch(busy[i % actors]!, work);
      }),
    async ask(count, actors) {
      for (let from = 0; from < count; from += WINDOW) {
        const answers: Promise<number>[] = [];
        for (let i = from; i < from + WINDOW; i += 1) {
          answers.push(
            query(busy[i % actors]!, (sender: Ref<number>): Work => ({ type: 'work', sender }), 10_000),
          );
        }
        await Promise.all(answers);
      }
    },
    spawn(count) {
      const made = start();
      idleSystem = made;
      idle = addressesOf(count).map((name) => make(made, name));
    },
    touch: () =>
      inWindows(idle.length, (from, to) => {
        for (let i = from; i < to; i += 1) dispatch(idle[i]!, work);
      }),
    async clear() {
      if (idleSystem !== null) stop(idleSystem);
      idleSystem = null;
      idle = [];
    },
    list: async () => 0,
    async close() {
      stop(system);
    },
  };
}
