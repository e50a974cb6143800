/** Outcomes of effects belong to the state that asked for them. */
import t from 'tap';
import { deferred, type Probe, probe, setUp } from '../support/actors.ts';

t.test('an outcome that waits in the mailbox goes with the state that a restart takes away', async (t) => {
  const work = deferred<number>();
  const handled: string[] = [];
  const { directory, clock, ask } = setUp({
    receive(state, message: Probe, self) {
      handled.push(message.type);
      message.run?.(state, self);
      message.reply?.ok(state.seen.length);
      return state;
    },
  });
  const launch: Probe = {
    type: 'launch',
    run(_state, self) {
      self.effect(
        () => work.promise,
        () => ({ type: 'outcome' }),
      );
      return undefined;
    },
  };
  await ask('a', launch);
  // In one turn: the outcome is put into the mailbox, and the handler before it throws.
  directory.tell(probe, 'a', {
    type: 'fails',
    run() {
      throw new Error('on purpose');
    },
  });
  work.resolve(1);
  const after = ask('a', { type: 'after' }, 60_000);
  await clock.advance(20_000);
  await after;
  t.same(handled, ['launch', 'fails', 'after']);
  t.equal(directory.counts().effects_dropped, 1);
});
