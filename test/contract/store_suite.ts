import { randomBytes, randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import { chainStart, verifyChain } from '../../engine/audit/chain.ts';
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT, type Store } from '../../engine/ports.ts';
import { challengeRow, deviceRow, userRow } from '../support/rows.ts';

const audit = (eventType: string) => [
  { eventType, actor: 'engine', details: { nested: { b: 1, a: [0.1, null] } } },
];

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
    t.strictSame(await versions({ email: null }), [4]);
    t.strictSame(await versions({ email: { not: null } }), [1, 2, 3]);
    t.strictSame(await versions({ email: { not: '1@x.org' } }), [2, 3, 4], 'null is not that value either');
    t.strictSame(await versions({ email: { in: ['1@x.org', 'o"\\,{}'] } }), [1]);
    t.strictSame(
      await versions({ userId: "'; drop table users; --" }),
      [],
      'what is no UUID matches nothing',
    );
    t.equal(await store.count('users', { tenantId, version: { gt: 2 } }), 2);
    t.equal(await store.get('users', { userId: 'nonsense' }), null);
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

  t.test('a compare-and-set among many callers succeeds once', async (t) => {
    const store = await open();
    const tenants = [randomUUID(), randomUUID(), PLATFORM_TENANT];
    const name = `counter-${randomUUID()}`;
    await store.commit({
      tenantId: PLATFORM_TENANT,
      writes: [{ insert: 'settings', row: { name, value: 0, version: 1 } }],
    });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) =>
        store.commit({
          tenantId: tenants[n % 3] as string,
          writes: [
            {
              update: 'settings',
              where: { name, version: 1 },
              set: { version: 2 },
              otherwise: 'version_conflict',
            },
          ],
          audit: audit('counted'),
        }),
      ),
    );
    t.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') t.match(outcome.reason, { code: 'version_conflict' });
    }
  });

  t.test('in a group commit only the failing commands fail, and order is kept', async (t) => {
    const store = await open();
    const tenantId = randomUUID();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, (_, n) =>
        store.commit({
          tenantId,
          writes: [
            {
              insert: 'settings',
              row: { name: `${tenantId}/${n % 7 === 3 ? 0 : n}`, value: n, version: 1 },
              conflict: 'conflict',
            },
          ],
          audit: audit(`event_${n}`),
        }),
      ),
    );
    outcomes.forEach((outcome, n) => {
      if (outcome.status !== (n % 7 === 3 ? 'rejected' : 'fulfilled'))
        t.fail(`command ${n} is ${outcome.status}`);
    });
    const records = await store.list('audit', { where: { tenantId }, order: [['seq', 'asc']] });
    const expected = outcomes.flatMap((_, n) => (n % 7 === 3 ? [] : [`event_${n}`]));
    t.strictSame(
      records.map((record) => record.eventType),
      expected,
    );
    const verdict = await verifyChain(store.scan('audit', { tenantId }));
    t.match(verdict, { ok: true, records: expected.length });
    const head = await store.get('tenantHeads', { tenantId });
    t.match(head, { auditSeq: expected.length });
    t.ok(
      verdict.ok && Buffer.compare(verdict.head, head?.auditHash ?? chainStart) === 0,
      'the head is the last hash',
    );
  });

  t.test('a changed audit record breaks the chain at its place', async (t) => {
    const store = await open();
    const tenantId = randomUUID();
    for (const name of ['a', 'b', 'c']) await store.commit({ tenantId, writes: [], audit: audit(name) });
    await store.commit({
      tenantId,
      writes: [{ update: 'audit', where: { tenantId, seq: 2 }, set: { actor: 'nobody' } }],
    });
    t.match(await verifyChain(store.scan('audit', { tenantId })), { ok: false, seq: 2, reason: 'hash' });
  });

  t.test('palm log positions are gapless and told to the caller', async (t) => {
    const store = await open();
    const tenantId = randomUUID();
    const entry = {
      operation: 'add',
      palmId: randomUUID(),
      userId: randomUUID(),
      hand: 'left',
      sample: 0,
    } as const;
    const sealed = randomBytes(900);
    const results = await Promise.all(
      Array.from({ length: 90 }, (_, n) =>
        store.commit({
          tenantId,
          writes: [],
          palmLog: Array.from({ length: (n % 3) + 1 }, () => ({ ...entry, sealed })),
        }),
      ),
    );
    let position = 1;
    results.forEach((result, n) => {
      t.equal(result.palmPosition, position);
      position += (n % 3) + 1;
    });
    const rows = await store.list('palmLog', { where: { tenantId }, order: [['position', 'asc']] });
    t.strictSame(
      rows.map((row) => row.position),
      Array.from({ length: 180 }, (_, n) => n + 1),
    );
    t.strictSame(rows[77]?.sealed, sealed);
  });

  t.test('scan pages through everything once', async (t) => {
    const store = await open();
    const tenantId = randomUUID();
    const deviceId = randomUUID();
    const total = limits.read_page_max * 2 + 1;
    const writes = Array.from({ length: total }, (_, seq) => {
      return {
        insert: 'deviceOutbox',
        row: { deviceId, seq, tenantId, method: 'm', params: {}, createdAt: 0 },
      } as const;
    });
    await store.commit({ tenantId, writes });
    const pages: number[] = [];
    let next = 0;
    for await (const page of store.scan('deviceOutbox', { tenantId })) {
      pages.push(page.length);
      for (const row of page) if (row.seq !== next++) t.fail(`out of order at ${row.seq}`);
    }
    t.strictSame(pages, [limits.read_page_max, limits.read_page_max, 1]);
  });

  t.test('too many waiting commits are refused, the others stand', async (t) => {
    const store = await open();
    const tenantId = randomUUID();
    const extra = 5;
    const outcomes = await Promise.allSettled(
      Array.from({ length: limits.commit_queue_max + extra }, (_, n) =>
        store.commit({
          tenantId,
          writes: [{ insert: 'settings', row: { name: `${tenantId}${n}`, value: n, version: 1 } }],
        }),
      ),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    t.equal(refused.length, extra);
    for (const outcome of refused) t.match(outcome.reason, { code: 'engine_busy' });
  });

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
    t.equal(await store.healthy(), true);
    const last = store.commit({ tenantId: randomUUID(), writes: [], audit: audit('last') });
    await store.close();
    t.ok(await last, 'a commit under way when it closes finishes');
    await t.rejects(store.commit({ tenantId: randomUUID(), writes: [], audit: audit('late') }), {
      code: 'unavailable',
    });
    t.equal(await store.healthy(), false);
  });
}
