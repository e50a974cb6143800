/** What is told of a tenant to whoever watches it: from commits and connections, gathered, bounded, ended. */
import t, { type Test } from 'tap';
import type { Change, Watcher } from '../../actors/api/changes.ts';
import type { EngineApi } from '../../actors/api.ts';
import type { TenantCall } from '../../actors/calls.ts';
import { Changes } from '../../actors/changes.ts';
import { changeCommands } from '../../actors/commands/changes.ts';
import { Connections } from '../../actors/connections.ts';
import type { Context } from '../../actors/context.ts';
import { limits } from '../../engine/limits.ts';
import { type Commit, PLATFORM_TENANT } from '../../engine/ports.ts';
import type { ConsoleRole } from '../../engine/records.ts';
import { changeStream } from '../../transport/console/stream.ts';
import { settled, VirtualClock } from '../support/clock.ts';
import { person } from '../support/fake-api.ts';
import { id } from '../support/fake-records.ts';

const tenantId = id.tenant;
const call = { tenantId } as TenantCall;

class Heard implements Watcher {
  readonly events: (readonly Change[])[] = [];
  beats = 0;
  ended = false;
  changed(changes: readonly Change[]): void {
    this.events.push(changes);
  }
  quiet(): void {
    this.beats += 1;
  }
  over(): void {
    this.ended = true;
  }
}

/** Everything that watching touches; `stands` is whether the session's row is there. */
function world() {
  const clock = new VirtualClock();
  const changes = new Changes();
  const state = { stands: true };
  const store = {
    get: async (table: string) => {
      if (table === 'consoleUsers')
        return { consoleUserId: id.person, role: 'platform_admin', tenantId: null };
      return state.stands ? { consoleUserId: id.person, expiresAt: clock.now() + 1e9 } : null;
    },
  };
  const context = { clock, changes, store } as unknown as Context;
  const api = changeCommands(context);
  const watch = (t: Test, role: ConsoleRole = 'platform_admin') => {
    const heard = new Heard();
    const stop = api.watch(call, person(role))(heard);
    t.teardown(stop);
    return { heard, stop };
  };
  const commit = (writes: unknown[], more: Partial<Commit> = {}): void =>
    changes.committed({ tenantId, writes: writes as Commit['writes'], ...more });
  return { clock, changes, state, api, watch, commit };
}

t.test('commits become things and their states, once each, in one event', async (t) => {
  const { clock, watch, commit } = world();
  const { heard } = watch(t);
  commit([{ insert: 'challenges', row: { challengeId: 'c1', status: 'pending' } }]);
  commit([{ update: 'challenges', where: { challengeId: 'c1' }, set: { status: 'completed' } }]);
  commit([
    { update: 'users', where: { userId: 'u1' }, set: { name: 'x' } },
    { delete: 'palms', where: { userId: 'u1' } },
  ]);
  t.same(heard.events, [], 'nothing before they are gathered');
  await clock.advance(limits.console_stream_gather_ms);
  t.same(heard.events, [
    [
      { kind: 'challenge', id: 'c1', state: 'completed' },
      { kind: 'user', id: 'u1', state: null },
    ],
  ]);
});

t.test('bookkeeping and checks are told to nobody, nor is another tenant', async (t) => {
  const { clock, watch, commit } = world();
  const { heard } = watch(t);
  commit([
    { update: 'devices', where: { deviceId: 'd1' }, set: { seq: 5, version: 6 } },
    { update: 'devices', where: { deviceId: 'd1' }, set: { lastSeenAt: 1 } },
    { check: 'users', where: { userId: 'u1' }, otherwise: 'conflict' },
    { insert: 'deviceOutbox', row: {} },
  ]);
  commit([{ insert: 'users', row: { userId: 'u2' } }], { tenantId: id.client });
  await clock.advance(limits.console_stream_gather_ms);
  t.same(heard.events, []);
});

t.test('audit records say that there are more of them, and nothing else of what they hold', async (t) => {
  const { clock, watch, commit } = world();
  const { heard } = watch(t);
  commit([], { audit: [{ eventType: 'x', actor: 'y', details: { secret: 1 } }] });
  await clock.advance(limits.console_stream_gather_ms);
  t.same(heard.events, [[{ kind: 'audit', id: null, state: null }]]);
});

t.test('scanners that come and go', async (t) => {
  const { clock, changes, watch } = world();
  const { heard } = watch(t);
  const connections = new Connections(changes);
  connections.set('d1', { tenantId, deviceId: 'd1', since: 0 });
  await clock.advance(limits.console_stream_gather_ms);
  t.equal(connections.delete('d1'), true);
  t.equal(connections.delete('d1'), false, 'and is told once');
  await clock.advance(limits.console_stream_gather_ms);
  t.same(
    heard.events.flat().map(({ state }) => state),
    ['online', 'offline'],
  );
});

t.test('of too many things only the kind is told', async (t) => {
  const { clock, watch, commit } = world();
  const { heard } = watch(t);
  for (let user = 0; user <= limits.console_stream_changes_max; user += 1) {
    commit([{ insert: 'users', row: { userId: `u${user}`, status: 'active' } }]);
  }
  await clock.advance(limits.console_stream_gather_ms);
  t.same(heard.events, [[{ kind: 'user', id: null, state: null }]]);
});

t.test('what is the deployment’s is told to platform administrators alone', async (t) => {
  const { clock, watch, commit } = world();
  const platform = watch(t).heard;
  const own = watch(t, 'tenant_admin').heard;
  commit([{ insert: 'tenants', row: { tenantId: 'new', status: 'active' } }], { tenantId: PLATFORM_TENANT });
  await clock.advance(limits.console_stream_gather_ms);
  t.equal(platform.events.flat().length, 1);
  t.equal(own.events.length, 0);
});

t.test('it ends with its session, at once when that is ended and soon when it ran out', async (t) => {
  const { clock, state, watch, commit } = world();
  const first = watch(t).heard;
  commit([{ delete: 'consoleSessions', where: {} }]);
  await settled();
  t.notOk(first.ended, 'the session of somebody else ended');
  state.stands = false;
  commit([{ delete: 'consoleSessions', where: {} }]);
  await settled();
  t.ok(first.ended);
  const second = watch(t).heard;
  await clock.advance(limits.console_stream_heartbeat_ms);
  await settled();
  t.equal(second.beats, 1);
  t.ok(second.ended);
  commit([{ insert: 'users', row: { userId: 'u1' } }]);
  await clock.advance(limits.console_stream_gather_ms);
  t.same([...first.events, ...second.events], [], 'and is told nothing more');
});

t.test('a session, a tenant and the engine have so many and no more', async (t) => {
  const { api, watch } = world();
  const open = Array.from({ length: limits.console_streams_per_session_max }, () => watch(t));
  t.throws(() => api.watch(call, person('platform_admin')), { code: 'engine_busy' });
  open[0]?.stop();
  open[0]?.stop();
  watch(t);
  t.throws(
    () => api.watch(call, person('platform_admin')),
    { code: 'engine_busy' },
    'stopping twice frees one',
  );
});

t.test('as server-sent events, until the reader goes', async (t) => {
  const { api, clock, commit, state } = world();
  const read: string[] = [];
  let gone: () => void = () => undefined;
  let ended = false;
  const sink = {
    write: (chunk: string) => read.push(chunk) > 0,
    waiting: () => 0,
    cut: () => undefined,
    end: () => {
      ended = true;
    },
    onClose: (closed: () => void) => {
      gone = closed;
    },
  };
  const engine = { changes: api } as EngineApi;
  changeStream(engine, call, person('platform_admin'))(sink);
  t.same(read.splice(0), ['event: open\ndata: {}\n\n']);
  commit([{ insert: 'users', row: { userId: 'u1', status: 'active', name: 'Noura' } }]);
  await clock.advance(limits.console_stream_gather_ms);
  t.same(read.splice(0), ['event: changes\ndata: [{"kind":"user","id":"u1","state":"active"}]\n\n']);
  await clock.advance(limits.console_stream_heartbeat_ms);
  t.match(read.splice(0), [/^: /]);
  gone();
  commit([{ insert: 'users', row: { userId: 'u2' } }]);
  await clock.advance(limits.console_stream_heartbeat_ms);
  t.same(read, [], 'nothing is written to nobody');
  changeStream(engine, call, person('platform_admin'))(sink);
  state.stands = false;
  commit([{ delete: 'consoleSessions', where: {} }]);
  await settled();
  t.equal(read.at(-1), 'event: over\ndata: {}\n\n');
  t.ok(ended);
});
