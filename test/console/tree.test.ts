/** The inspector's tree: who stands under whom, in which order, and what is summed up. */
import t from 'tap';
import type { Actor } from '../../transport/ops/app/api/wire.ts';
import { type Row, rowsOf, type View } from '../../transport/ops/app/tree.ts';

function actor(kind: string, key: string, more: Partial<Actor> = {}): Actor {
  return {
    address: `${kind}/${key}`,
    kind,
    key,
    state: 'idle',
    mailbox_depth: 0,
    oldest_age_ms: 0,
    handled: 1,
    failed: 0,
    restarts: 0,
    last_message: null,
    last_active_at: '2026-01-01T00:00:00.000Z',
    snapshot_version: null,
    snapshot_lag: null,
    ...more,
  };
}

const actors = [
  actor('webhook', 'b/w1', { mailbox_depth: 2, oldest_age_ms: 30 }),
  actor('device', 'b/d2', { failed: 3, state: 'online' }),
  actor('device', 'b/d1', { mailbox_depth: 5, oldest_age_ms: 10 }),
  actor('courier', 'b'),
  actor('tenant', 'b'),
  actor('tenant', 'a', { restarts: 1 }),
  actor('something-new', 'b/x'),
  actor('palm_migration', 'deployment'),
];
const names: Readonly<Record<string, string>> = { a: 'Zuhair', b: 'Basra' };
const plain: View = {
  sort: 'name',
  descending: false,
  flat: false,
  kind: '',
  search: '',
  tenantName: (id) => names[id] ?? id,
  isOpen: () => true,
};
const shown = (view: Partial<View>): string[] =>
  rowsOf(actors, { ...plain, ...view }).map((row: Row) => `${row.level} ${row.id}`);

t.test('tenants by name, their single actors, then their groups in one order', async (t) => {
  t.same(shown({}), [
    '1 b',
    '2 tenant/b',
    '2 courier/b',
    '2 b/device',
    '3 device/b/d1',
    '3 device/b/d2',
    '2 b/webhook',
    '3 webhook/b/w1',
    '2 b/something-new',
    '3 something-new/b/x',
    '1 deployment',
    '2 palm_migration/deployment',
    '1 a',
    '2 tenant/a',
  ]);
});

t.test('what is closed shows the figures of all below it', async (t) => {
  const [first] = rowsOf(actors, { ...plain, isOpen: () => false });
  t.match(first, { id: 'b', size: 6, open: false, depth: 7, age: 30, failed: 3, restarts: 0, handled: 6 });
  t.same(shown({ isOpen: (id) => !id.includes('/'), kind: 'device' }), ['1 b', '2 b/device']);
});

t.test('by a figure the most troubled come first: tenants by their sums, actors by their own', async (t) => {
  t.same(shown({ sort: 'restarts', descending: true }).slice(0, 2), ['1 a', '2 tenant/a']);
  t.same(shown({ sort: 'failed', descending: true }).slice(3, 6), [
    '2 b/device',
    '3 device/b/d2',
    '3 device/b/d1',
  ]);
  t.same(shown({ sort: 'depth', descending: true, flat: true }).slice(0, 2), [
    '1 device/b/d1',
    '1 webhook/b/w1',
  ]);
  t.equal(shown({ sort: 'age', descending: true, flat: true })[0], '1 webhook/b/w1');
  t.equal(shown({ sort: 'state', descending: true, flat: true })[0], '1 device/b/d2');
});

t.test('a search finds by address, state and the name of the tenant, and opens what it finds', async (t) => {
  const closed = { isOpen: () => false };
  t.same(shown({ ...closed, search: 'ONLINE' }), ['1 b', '2 b/device', '3 device/b/d2']);
  t.same(shown({ ...closed, search: 'zuhair' }), ['1 a', '2 tenant/a']);
  t.same(shown({ search: 'nobody' }), []);
});
