/** Changes of a device's row that wait for the one before: who is let in, and whose turn is next. */
import t from 'tap';
import type { Context } from '../../actors/context.ts';
import type { DeviceMessage } from '../../actors/device/protocol.ts';
import { changeCommitted, changeRow } from '../../actors/device/row.ts';
import type { DeviceState } from '../../actors/device/state.ts';
import type { Self } from '../../actors/kernel/types.ts';
import { limits } from '../../engine/limits.ts';

type Change = Extract<DeviceMessage, { type: 'change' }>;

t.test('a device that reports without end does not put off its revocation', (t) => {
  const told: DeviceMessage[] = [];
  const self = {
    tell: (message: DeviceMessage) => told.push(message),
    effect: () => {},
  } as unknown as Self<DeviceMessage>;
  const reply = { ok: () => {}, fail: () => {} };
  const change = (urgent: boolean): Change => ({
    type: 'change',
    decide: () => ({ set: {}, writes: [], audit: [] }),
    urgent,
    reply: reply as unknown as Change['reply'],
  });
  const state = { changing: false, changesWaiting: [], record: { version: 1 } } as unknown as DeviceState;
  const take = (message: Change) => changeRow({} as Context, state, message, self);
  const { device_changes_waiting_max: max } = limits;
  for (let count = 0; count <= max; count += 1) take(change(false));
  t.equal(state.changesWaiting.length, max, 'one is under way');
  t.throws(() => take(change(false)), { code: 'engine_busy' });
  const revocation = change(true);
  take(revocation);
  t.equal(state.changesWaiting[0], revocation, 'it is next');
  const failed = { ok: false, error: new Error('the database is slow') };
  changeCommitted(
    {} as Context,
    new Map(),
    state,
    { type: 'change_committed', outcome: failed, reply } as never,
    self,
  );
  t.same(told, [revocation]);
  for (let count = max; count <= 2 * max; count += 1) take(change(true));
  t.throws(() => take(change(true)), { code: 'engine_busy' }, 'operators too are bounded');
  t.end();
});
