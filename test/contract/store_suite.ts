import { randomBytes, randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import type { Store } from '../../engine/ports.ts';
import { challengeRow, deviceRow, userRow } from '../support/rows.ts';
import { auditOf as audit, storeOrderSuite } from './store_order_suite.ts';

/** What every store must do, whatever server it is on. */
export function storeSuite(t: Test, openNew: () => Promise<Store>): void {
  // The tests keep apart by their tenants, so that all but the last share one database.
  let shared: Promise<Store> | null = null;
  const open = (): Promise<Store> => {
    shared ??= openNew();
    return shared;
  };
  t.test('every kind of column comes back as it was', async (t) => {
    const store = await open();
    const tenantId = randomUUID();
    const row = challengeRow(tenantId, {
      externalUserId: 'Zoë "quoted" \\ \n 掌',
      palmType: 'both',
      replace: true,
      metadata: { amount: 0.1, list: [1, 'two', null, { deep: true }], empty: {} },
      createdAt: 1_700_000_000_001,
      completedAt: 4_102_444_800_999,
      featureIds: [randomUUID(), randomUUID()],
      scanDigest: randomBytes(32),
      attempts: Number.MAX_SAFE_INTEGER,
    });
    await store.commit({ tenantId, writes: [{ insert: 'challenges', row }] });
    t.strictSame(await store.get('challenges', { challengeId: row.challengeId }), row);
  });

  t.test('conditions', async (t) => {
    const store = await open();
    const tenantId = randomUUID();
    const rows = [1, 2, 3, 4].map((n) =>
      userRow(tenantId, { version: n, email: n === 4 ? null : `${n}@x.org` }),
    );
    await store.commit({ tenantId, writes: rows.map((row) => ({ insert: 'users', row }) as const) });
    const versions = async (where: object) =>
      (await store.list('users', { where: { tenantId, ...where }, order: [['version', 'asc']] })).map(
        (row) => row.version,
      );
    t.strictSame(await versions({ version: { in: [1, 3, 9] } }), [1, 3]);
    t.strictSame(await versions({ version: { in: [] } }), []);
    t.strictSame(await versions({ version: { gt: 1 } }), [2, 3, 4]);
    t.strictSame(await versions({ version: { gte: 2 } }), [2, 3, 4]);
    t.strictSame(await versions({ version: { lt: 2 } }), [1]);
    t.strictSame(await versions({ version: { lte: 2 } }), [1, 2]);
    t.strictSame(await versions({ version: { gte: 2, lt: 4 } }), [2, 3]);
    t.strictSame(await versions({ version: { gt: 1, lte: undefined } }), [2, 3, 4]);
    t.strictSame(await versions({ email: null }), [4]);
    t.strictSame(await versions({ email: { not: null } }), [1, 2, 3]);
    t.strictSame(await versions({ email: { not: '1@x.org' } }), [2, 3, 4], 'null is not that value either');
    t.strictSame(await versions({ email: { in: ['1@x.org', 'o"\\,{}'] } }), [1]);
    const searched = async (text: string) => {
      const search = { text, in: ['name', 'email'] } as const;
      return (
        await store.page('users', { where: { tenantId }, search, order: [['email', 'desc']] })
      ).rows.map((row) => row.version);
    };
    t.strictSame(await searched('@X.'), [3, 2, 1], 'in what is sealed, whatever its case, in order of it');
    t.strictSame(await searched('_'), [], 'no pattern has a meaning');
    t.strictSame(await searched('%'), []);
    t.strictSame(
      (
        await store.page('users', { where: { tenantId }, order: [['email', 'asc']], limit: 2, offset: 2 })
      ).rows.map((row) => row.email),
      ['3@x.org', null],
      'nulls last, a page at a time',
    );
    t.strictSame(
      await versions({ userId: "'; drop table users; --" }),
      [],
      'what is no UUID matches nothing',
    );
    t.equal(await store.count('users', { tenantId, version: { gt: 2 } }), 2);
    t.equal(await store.get('users', { userId: 'nonsense' }), null);
    const paged = { where: { tenantId, version: { gt: 1 } }, limit: 2 };
    for (const [offset, rows] of [
      [0, 2],
      [2, 1],
      [4, 0],
    ] as const) {
      const found = await store.page('users', { ...paged, offset });
      t.same([found.rows.length, found.total], [rows, 3]);
    }
    t.same(await store.page('users', { where: { tenantId, version: 99 } }), { rows: [], total: 0 });
    const page = await store.list('users', {
      where: { tenantId },
      order: [['version', 'desc']],
      limit: 2,
      offset: 1,
    });
    t.strictSame(
      page.map((row) => row.version),
      [3, 2],
    );
    await t.rejects(store.list('users', { where: { evil: 1 } as object }), { code: 'internal' });
    await t.rejects(store.list('users', { where: { email: undefined } as object }), { code: 'internal' });
  });

  t.test('writes of a commit take effect together or not at all', async (t) => {
    const store = await open();
    const tenantId = randomUUID();
    const device = deviceRow(tenantId);
    await store.commit({ tenantId, writes: [{ insert: 'devices', row: device }] });
    const challenge = challengeRow(tenantId);
    await t.rejects(
      store.commit({
        tenantId,
        writes: [
          { insert: 'challenges', row: challenge },
          {
            update: 'devices',
            where: { deviceId: device.deviceId, status: 'suspended' },
            set: { seq: 1 },
            otherwise: 'device_suspended',
          },
        ],
        audit: audit('never'),
      }),
      { code: 'device_suspended' },
    );
    t.equal(await store.get('challenges', { challengeId: challenge.challengeId }), null);
    t.equal(await store.count('audit', { tenantId }), 0);
  });

  t.test('each write names its own error', async (t) => {
    const store = await open();
    const tenantId = randomUUID();
    const user = userRow(tenantId);
    const { userId } = user;
    await store.commit({ tenantId, writes: [{ insert: 'users', row: user }] });
    const twin = userRow(tenantId, { externalUserId: user.externalUserId });
    const commit = (write: Parameters<Store['commit']>[0]['writes'][number]) =>
      store.commit({ tenantId, writes: [write] });
    await t.rejects(commit({ insert: 'users', row: twin, conflict: 'user_suspended' }), {
      code: 'user_suspended',
    });
    await t.rejects(commit({ insert: 'users', row: twin }), { code: 'external_user_id_taken' });
    await commit({ insert: 'users', row: twin, conflict: 'ignore' });
    t.equal(await store.get('users', { userId: twin.userId }), null);
    await commit({ insert: 'users', row: { ...twin, tenantId: randomUUID() } });
    await t.rejects(
      commit({ delete: 'users', where: { userId, version: 7 }, otherwise: 'version_conflict' }),
      {
        code: 'version_conflict',
      },
    );
    await commit({ delete: 'users', where: { userId, version: 7 } });
    await t.rejects(
      commit({ check: 'users', where: { userId, status: 'deleted' }, otherwise: 'user_not_found' }),
      {
        code: 'user_not_found',
      },
    );
    await commit({ check: 'users', where: { userId, status: 'active' }, otherwise: 'user_not_found' });
    await t.rejects(
      commit({ delete: 'users', where: {} }),
      { code: 'internal' },
      'a whole table is never meant',
    );
    await t.rejects(commit({ update: 'users', where: { userId }, set: { name: 'zero \0 byte' } }), {
      code: 'validation_failed',
    });
    await t.rejects(commit({ update: 'users', where: { userId }, set: { version: 2 ** 60 } }), {
      code: 'validation_failed',
    });
    await commit({ upsert: 'users', row: { ...user, name: 'Ada', version: 2 } });
    t.match(await store.get('users', { userId }), { name: 'Ada', version: 2 });
  });

  t.test('writes of one table see each other in order', async (t) => {
    const store = await open();
    const tenantId = randomUUID();
    const first = userRow(tenantId);
    const second = userRow(tenantId, { externalUserId: first.externalUserId });
    await store.commit({ tenantId, writes: [{ insert: 'users', row: first }] });
    await store.commit({
      tenantId,
      writes: [
        { delete: 'users', where: { userId: first.userId }, otherwise: 'user_not_found' },
        { insert: 'users', row: second },
        {
          update: 'users',
          where: { userId: second.userId, version: 1 },
          set: { version: 2 },
          otherwise: 'version_conflict',
        },
        {
          update: 'users',
          where: { userId: second.userId, version: 2 },
          set: { version: 3 },
          otherwise: 'version_conflict',
        },
      ],
    });
    t.strictSame(
      (await store.list('users', { where: { tenantId } })).map((row) => [row.userId, row.version]),
      [[second.userId, 3]],
    );
  });

  storeOrderSuite(t, open);

  t.test('unique facts', async (t) => {
    const store = await open();
    const tenantId = randomUUID();
    const hardwareId = 'same';
    const insert = (row: ReturnType<typeof deviceRow>) =>
      store.commit({ tenantId, writes: [{ insert: 'devices', row }] });
    await insert(deviceRow(tenantId, { hardwareId, status: 'revoked' }));
    const standing = deviceRow(tenantId, { hardwareId });
    await insert(standing);
    await t.rejects(insert(deviceRow(tenantId, { hardwareId })), { code: 'hardware_id_taken' });
    const other = deviceRow(tenantId, { hardwareId: null });
    await insert(other);
    await t.rejects(
      store.commit({
        tenantId,
        writes: [{ update: 'devices', where: { deviceId: other.deviceId }, set: { hardwareId } }],
      }),
      { code: 'hardware_id_taken' },
      'an update that takes it is told the same',
    );
  });

  t.test('healthy, and refused once closed', async (t) => {
    const store = await openNew();
    t.not(await store.health(), 'down');
    const last = store.commit({ tenantId: randomUUID(), writes: [], audit: audit('last') });
    await store.close();
    t.ok(await last, 'a commit under way when it closes finishes');
    await t.rejects(store.commit({ tenantId: randomUUID(), writes: [], audit: audit('late') }), {
      code: 'unavailable',
    });
    t.equal(await store.health(), 'down');
  });
}
