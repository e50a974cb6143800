/** The inspector's stream: everything once, then what changes, and never more than its reader takes. */
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import type { HttpHandler, Sink } from '../../transport/http/message.ts';
import { fakeApi } from '../support/fake-api.ts';
import { id } from '../support/fake-records.ts';
import type { Json } from '../support/node.ts';
import { ask, host, world } from '../support/ops-world.ts';

/** Opens the stream of actors for a reader of the test's own. */
async function follow(handler: HttpHandler, query: string, sink: Sink): Promise<number> {
  const reply = await handler({
    method: 'GET',
    path: '/actors/stream',
    query,
    headers: host,
    address: '127.0.0.1',
    secure: false,
    fingerprint: null,
    body: () => Promise.resolve(new Uint8Array()),
  });
  reply.stream?.(sink);
  return reply.status;
}

class Reader implements Sink {
  readonly events: { readonly name: string; readonly data: Json }[] = [];
  backlog = 0;
  isCut = false;
  leave: () => void = () => undefined;

  write(chunk: string): boolean {
    const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(chunk) ?? [];
    return this.events.push({ name, data: JSON.parse(data) }) > 0;
  }

  waiting(): number {
    return this.backlog;
  }

  end(): void {}

  cut(): void {
    this.isCut = true;
    this.leave();
  }

  onClose(closed: () => void): void {
    this.leave = closed;
  }

  /** What came since it was asked last. */
  taken(): Reader['events'] {
    return this.events.splice(0);
  }
}

t.test('the stream tells everything once, then what changes, until its reader leaves', async (t) => {
  const fake = fakeApi();
  const actors = [...(await fake.api.ops.actors({ limit: 1 }))];
  const second = { ...actors[0]!, key: `${id.tenant}/second` };
  const { handler, clock } = world(null, {
    ...fake.api,
    ops: { ...fake.api.ops, actors: async () => [...actors], tenantName: () => 'Acme' },
  });
  const reader = new Reader();
  t.equal(await follow(handler, 'limit=5', reader), 200);
  await clock.advance(0);
  t.match(reader.taken(), [
    { name: 'actors', data: { actors: [{ address: `device/${id.device}` }], gone: [] } },
    {
      name: 'picture',
      data: { listed: 1, connections: 1, dead_letters: 0, tenants: { [id.device]: 'Acme' } },
    },
  ]);
  // Of an actor at rest the time since its last message is worked out anew each time, and is no change.
  actors[0] = { ...actors[0]!, lastActiveAt: actors[0]!.lastActiveAt + 1 };
  await clock.advance(1_000);
  t.match(reader.taken(), [{ name: 'picture', data: { tenants: {} } }]);
  actors.push(second);
  await clock.advance(1_000);
  t.match(reader.taken(), [{ data: { actors: [{ key: second.key }] } }, { name: 'picture' }]);
  actors[0] = { ...actors[0], handled: 99 };
  await clock.advance(1_000);
  t.match(reader.taken(), [{ data: { actors: [{ handled: 99 }], gone: [] } }, { name: 'picture' }]);
  actors.shift();
  await clock.advance(1_000);
  t.match(reader.taken(), [{ data: { actors: [], gone: [`device/${id.device}`] } }, { name: 'picture' }]);
  reader.leave();
  t.equal(clock.nextDue(), null, 'nothing goes on for a reader that left');
});

t.test('ten thousand actors come in many events, and a slow reader is waited for', async (t) => {
  const fake = fakeApi();
  const [one] = await fake.api.ops.actors({ limit: 1 });
  const actors = Array.from({ length: 10_000 }, (_, i) => ({ ...one!, key: `${id.tenant}/${i}` }));
  const asked: number[] = [];
  const { handler, clock } = world(null, {
    ...fake.api,
    ops: {
      ...fake.api.ops,
      actors: async ({ limit }) => {
        asked.push(limit);
        return actors;
      },
    },
  });
  const reader = new Reader();
  reader.backlog = limits.event_bytes_waiting_max + 1;
  await follow(handler, `limit=${limits.actor_list_max}`, reader);
  await clock.advance(5_000);
  t.same(reader.events, [], 'nothing is written on top of what it has not taken');
  reader.backlog = 0;
  await clock.advance(500);
  const taken = reader.taken();
  t.same(asked, [limits.actor_list_max]);
  t.equal(taken.length, Math.ceil(actors.length / limits.event_rows_max) + 1);
  t.ok(taken.slice(0, -1).every(({ data }) => data.actors.length <= limits.event_rows_max));
  // The next picture is put off as long as this one took, many times over: looking on has a small share of the loop.
  await clock.advance(5_000);
  t.same(reader.events, []);
  t.equal(
    (await ask(handler, 'GET', `/actors?limit=${limits.actor_list_max}`)).status,
    422,
    'not in one reply',
  );
  reader.leave();

  const stuck = new Reader();
  stuck.backlog = limits.event_bytes_waiting_max + 1;
  await follow(handler, '', stuck);
  await clock.advance(limits.answer_stall_ms + 1_000);
  t.ok(stuck.isCut, 'one that takes nothing is cut off, so that its place is free');
  t.equal(clock.nextDue(), null);
});

t.test('enough readers are enough', async (t) => {
  const { handler } = world();
  const readers = Array.from({ length: limits.event_streams_max }, () => new Reader());
  for (const reader of readers) t.equal(await follow(handler, '', reader), 200);
  t.equal(await follow(handler, '', new Reader()), 503);
  readers[0]?.leave();
  t.equal(await follow(handler, '', new Reader()), 200);
});
