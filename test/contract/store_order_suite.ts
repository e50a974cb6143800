import { randomBytes, randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import { chainStart, verifyChain } from '../../engine/audit/chain.ts';
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT, type Store } from '../../engine/ports.ts';

export const auditOf = (eventType: string) => [
  { eventType, actor: 'engine', details: { nested: { b: 1, a: [0.1, null] } } },
];

/** What every store must do with commands that arrive together: order, chains, positions, bounds. */
export function storeOrderSuite(t: Test, open: () => Promise<Store>): void {
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
          audit: auditOf('counted'),
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
          audit: auditOf(`event_${n}`),
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
    for (const name of ['a', 'b', 'c']) await store.commit({ tenantId, writes: [], audit: auditOf(name) });
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
          palmLog: Array.from({ length: (n % 3) + 1 }, () => ({ ...entry, sealed, protection: null })),
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
}
