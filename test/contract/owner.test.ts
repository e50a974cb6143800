/** One engine a database: who owns it, who waits, and what becomes of an owner whose connection was lost. */
import { EventEmitter, once } from 'node:events';
import postgres from 'postgres';
import t, { type Test } from 'tap';
import { systemClock } from '../../engine/system.ts';
import { type EmbeddedConnection, tryLock } from '../../storage/postgres/lock.ts';
import { ownDatabase } from '../../storage/postgres/owner.ts';
import { quietLog, testDatabase } from '../support/store.ts';

const ports = { clock: systemClock, log: quietLog };

const never = (): void => {
  throw new Error('it was fenced');
};

/** A clock that gives one time, then one past every wait. */
function thenForever(first: number): () => number {
  let asked = 0;
  return () => (asked++ === 0 ? first : Number.MAX_SAFE_INTEGER);
}

const HELD =
  "locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())";

/** Process of the server that holds the lock, or null. */
async function holder(sql: postgres.Sql): Promise<number | null> {
  const [row] = await sql.unsafe<{ pid: number }[]>(`select pid from pg_locks where ${HELD}`);
  return row?.pid ?? null;
}

/** Ends the connection that holds the lock, as a server does that restarts. */
async function endHolder(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`select pg_terminate_backend(pid) from pg_locks where ${HELD}`);
}

function look(t: Test, database: EmbeddedConnection): postgres.Sql {
  const sql = postgres({ ...database, max: 1, fetch_types: false });
  t.teardown(() => sql.end());
  return sql;
}

t.test('a second engine is refused while the first is there, and let in when it has gone', async (t) => {
  const database = await testDatabase();
  const release = await ownDatabase(database, ports, never);
  const other = { ...ports, clock: { ...systemClock, monotonic: thenForever(0) } };
  await t.rejects(ownDatabase(database, other, never), { code: 'unavailable', message: /Another engine/ });
  const waited = new EventEmitter();
  const log = { ...quietLog, warn: () => void waited.emit('waiting') };
  const waiting = ownDatabase(database, { ...ports, log }, never);
  await once(waited, 'waiting');
  await release();
  await (await waiting)();
});

t.test('databases of one server have an owner each', async (t) => {
  const owners = await Promise.all(
    [testDatabase(), testDatabase()].map(async (made) => ownDatabase(await made, ports, never)),
  );
  for (const release of owners) await release();
  t.pass();
});

t.test('an owner whose connection was lost takes its database again', async (t) => {
  const database = await testDatabase();
  const release = await ownDatabase(database, ports, never);
  const sql = look(t, database);
  const before = await holder(sql);
  await endHolder(sql);
  for (let now = await holder(sql); now === null || now === before; ) now = await holder(sql);
  t.pass('it holds it on another connection');
  await release();
});

t.test('an owner that comes too late is told', async (t) => {
  const database = await testDatabase();
  const sql = look(t, database);
  const events = new EventEmitter();
  let rival: Awaited<ReturnType<typeof tryLock>> | null = null;
  for (let tries = 0; rival?.state !== 'held'; tries++) {
    const release = await ownDatabase(database, ports, () => void events.emit('fenced'));
    const fenced = once(events, 'fenced').then(() => true);
    await endHolder(sql);
    rival = await tryLock(database, () => {});
    if (rival.state === 'held') {
      t.equal(await fenced, true);
      await rival.release();
    }
    await release();
    if (tries > 50) throw new Error('the owner is always faster');
  }
});
