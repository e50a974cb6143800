/** Columns that are sealed on their way into the database: what is in the rows, and what becomes of rows that are moved. */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { openStore } from '../../storage/postgres/store.ts';
import { fixedKeys, otherKeys } from '../support/keys.ts';
import { challengeRow, userRow } from '../support/rows.ts';
import { openTestStore, quietLog, testDatabase } from '../support/store.ts';

t.test('a value stands sealed beside its mark, and opens in its own row and column alone', async (t) => {
  const store = await openTestStore(t);
  const tenantId = randomUUID();
  const person = { email: 'amal@example.org', mobile: '+966501234567', metadata: { plan: 'gold' } };
  const [one, other] = [
    userRow(tenantId, { ...person, name: 'Amal' }),
    userRow(tenantId, { email: 'bint@example.org', name: 'Bint' }),
  ];
  await store.commit({ tenantId, writes: [one, other].map((row) => ({ insert: 'users', row }) as const) });
  const dump = (await store.client.unsafe(`SELECT u::text AS row FROM users u`)) as unknown as {
    row: string;
  }[];
  for (const text of ['amal', '966501234567', 'gold', one.externalUserId!]) {
    const all = JSON.stringify(dump);
    t.notOk(all.includes(text) || all.includes(Buffer.from(text).toString('hex')), text);
  }
  t.strictSame(await store.get('users', { tenantId, email: person.email }), one);
  t.strictSame(await store.get('users', { tenantId: randomUUID(), email: person.email }), null);

  const swap = (column: string, from: string, at: string, to: string) =>
    store.client.unsafe(
      `UPDATE users SET ${column} = (SELECT ${from} FROM users WHERE user_id = '${at}') WHERE user_id = '${to}'`,
    );
  await swap('name', 'name', one.userId, other.userId);
  await t.rejects(store.get('users', { userId: other.userId }), { code: 'internal' }, 'of another row');
  await swap('name', 'email', other.userId, other.userId);
  await t.rejects(store.get('users', { userId: other.userId }), { code: 'internal' }, 'of another column');
  await store.client.unsafe(`UPDATE users SET name = NULL WHERE user_id = '${other.userId}'`);
  t.match(await store.get('users', { userId: other.userId }), { name: null, email: 'bint@example.org' });
  await store.client.unsafe(`UPDATE users SET tenant_id = '${randomUUID()}' WHERE user_id = '${one.userId}'`);
  await t.rejects(store.get('users', { userId: one.userId }), { code: 'internal' }, 'of another tenant');
});

t.test(
  'marks keep values unique in their tenant, also in lower case where they were normalised',
  async (t) => {
    const store = await openTestStore(t);
    const [tenantId, elsewhere] = [randomUUID(), randomUUID()];
    const insert = (of: string, change: object) =>
      store.commit({ tenantId: of, writes: [{ insert: 'users', row: userRow(of, change) }] });
    await insert(tenantId, { email: 'a@b.example', externalUserId: 'x' });
    await t.rejects(insert(tenantId, { email: 'a@b.example' }), { code: 'identity_taken' });
    await t.rejects(insert(tenantId, { externalUserId: 'x' }), { code: 'external_user_id_taken' });
    await insert(elsewhere, { email: 'a@b.example', externalUserId: 'x' });
    const [{ marks } = { marks: 0 }] = (await store.client.unsafe(
      'SELECT count(DISTINCT email_mark)::int AS marks FROM users WHERE email IS NOT NULL',
    )) as unknown as { marks: number }[];
    t.equal(marks, 2, 'and one value has another mark in each tenant');
  },
);

t.test('an update writes the mark with the value, and a row is emptied without naming it', async (t) => {
  const store = await openTestStore(t);
  const tenantId = randomUUID();
  const row = userRow(tenantId, { email: 'old@example.org', metadata: { a: 1 } });
  const { userId } = row;
  await store.commit({ tenantId, writes: [{ insert: 'users', row }] });
  const set = { email: 'new@example.org', name: 'Somebody' };
  await store.commit({ tenantId, writes: [{ update: 'users', where: { tenantId, userId }, set }] });
  t.equal(await store.get('users', { tenantId, email: 'old@example.org' }), null);
  t.strictSame(await store.get('users', { tenantId, email: 'new@example.org' }), { ...row, ...set });
  const emptied = { email: null, metadata: {} };
  await store.commit({
    tenantId,
    writes: [{ update: 'users', where: { tenantId, status: 'active' }, set: emptied }],
  });
  t.match(await store.get('users', { userId }), { email: null, metadata: {}, name: 'Somebody' });
  t.equal(await store.count('users', { tenantId, email: null }), 1);
  await t.rejects(
    store.commit({
      tenantId,
      writes: [{ update: 'users', where: { tenantId, status: 'active' }, set: { name: 'Everybody' } }],
    }),
    { code: 'internal' },
    'a value is sealed to one row',
  );
  const challenge = challengeRow(tenantId, { metadata: { a: 1 } });
  await store.commit({ tenantId, writes: [{ insert: 'challenges', row: challenge }] });
  await t.rejects(store.list('challenges', { where: { externalUserId: 'x' } }), { code: 'internal' });
});

t.test(
  'another deployment’s keys open nothing, and what is counted against a name hides the name',
  async (t) => {
    const database = await testDatabase();
    const ports = { database, clock: systemClock, random: systemRandom, log: quietLog };
    const store = await openStore({ ...ports, keys: fixedKeys });
    t.teardown(() => store.close());
    const tenantId = randomUUID();
    const row = userRow(tenantId, { email: 'a@b.example' });
    const target = 'login/somebody@example.org';
    const attempt = { target, failures: 1, windowStartedAt: 1, lockedUntil: null };
    await store.commit({
      tenantId,
      writes: [
        { insert: 'users', row },
        { upsert: 'attempts', row: attempt },
        { upsert: 'attempts', row: { ...attempt, failures: 2 } },
      ],
    });
    t.match(await store.get('attempts', { target }), { failures: 2 });
    t.equal(await store.count('attempts', { target: { in: [target, 'login/other'] } }), 1);
    const [kept] = (await store.client.unsafe('SELECT target FROM attempts')) as unknown as {
      target: string;
    }[];
    t.notMatch(kept!.target, /login|somebody/);
    const other = await openStore({ ...ports, keys: otherKeys });
    t.teardown(() => other.close());
    await t.rejects(other.get('users', { userId: row.userId }), { code: 'internal' });
    t.equal(await other.get('users', { tenantId, email: 'a@b.example' }), null);
    t.equal(await other.get('attempts', { target }), null);
  },
);

t.test('nothing is written before the key that seals it is on disk', async (t) => {
  let settle = (): void => {};
  const settled = new Promise<void>((resolve) => {
    settle = resolve;
  });
  let waiting = true;
  const keys = { ...fixedKeys, settled: () => (waiting ? settled : null) };
  const ports = { clock: systemClock, random: systemRandom, log: quietLog };
  const store = await openStore({ ...ports, database: await testDatabase(), keys });
  t.teardown(() => store.close());
  const tenantId = randomUUID();
  const row = userRow(tenantId);
  const order: string[] = [];
  const committing = store
    .commit({ tenantId, writes: [{ insert: 'users', row }] })
    .then(() => order.push('committed'));
  t.equal(await store.get('users', { userId: row.userId }), null);
  order.push('key on disk');
  waiting = false;
  settle();
  await committing;
  t.same(order, ['key on disk', 'committed']);
  t.not(await store.get('users', { userId: row.userId }), null);
});
