/** Sessions of a scanner with a whole engine: exactly what is missing, whoever restarts. */
import { once } from 'node:events';
import t from 'tap';
import { openSocket, TlsMemory } from '../../bench/scanner/connect.ts';
import { type Json, sharedTestNode } from '../support/node.ts';
import { capture, eventually, type TestScanner, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const gate = await tenant.scanner();
const user = await tenant.enrol(gate, 1);
const { store } = node.engine.context;

/** A scanner that says nothing but what it is told to: no acknowledgement goes out by itself. */
class BareScanner {
  readonly frames: Json[] = [];
  readonly #socket: ReturnType<typeof openSocket>;
  readonly closed: Promise<number>;
  #id = 0;

  constructor(scanner: TestScanner) {
    this.#socket = openSocket(node.node.deviceUrl, scanner.credentials, new TlsMemory());
    this.#socket.on('message', (data) => this.frames.push(JSON.parse(data.toString())));
    this.closed = new Promise((resolve) => this.#socket.once('close', resolve));
  }

  async open(params: object = {}): Promise<Json> {
    await once(this.#socket, 'open');
    return this.call('session.open', params);
  }

  async call(method: string, params: object): Promise<Json> {
    this.#id += 1;
    const id = `own-${this.#id}`;
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return (await this.frame((frame) => frame.id === id)).result;
  }

  async frame(fits: (frame: Json) => boolean): Promise<Json> {
    for (;;) {
      const found = this.frames.find(fits);
      if (found !== undefined) return found;
      await once(this.#socket, 'message');
    }
  }

  pushed(count: number): Promise<Json[]> {
    const pushes = () => this.frames.filter((frame) => frame.params?.seq !== undefined);
    return this.frame(() => pushes().length >= count).then(pushes);
  }

  acknowledge(frame: Json): void {
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id: frame.id, result: {} }));
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}

async function bare(scanner: TestScanner, params?: object): Promise<readonly [BareScanner, Json]> {
  const connection = new BareScanner(scanner);
  return [connection, await connection.open(params)];
}

function verify(scanner: TestScanner): Promise<Json> {
  return tenant.must('POST', '/v1/verify', { user_id: user.user_id, ...scanner.device });
}

const outbox = (scanner: TestScanner) =>
  store.list('deviceOutbox', { where: { deviceId: scanner.credentials.deviceId }, order: [['seq', 'asc']] });
const ids = (challenges: Json[]) => challenges.map((challenge) => challenge.challenge_id);

t.test('a session that comes back hears exactly what it has missed', async (t) => {
  const scanner = await tenant.pairScanner();
  const [first, opened] = await bare(scanner);
  t.match(opened, { resumed: false, last_seq: 0, pending: [], heartbeat_s: 20, model: 'thenar-palm-1' });
  const asked = [await verify(scanner), await verify(scanner), await verify(scanner)];
  const [one, two, three] = await first.pushed(3);
  t.ok(one.params.seq < two.params.seq && two.params.seq < three.params.seq);
  first.acknowledge(one);
  await eventually(
    () => outbox(scanner),
    (rows) => rows.every((row) => row.seq !== one.params.seq),
  );
  t.same(
    (await outbox(scanner)).map((row) => row.seq),
    [two.params.seq, three.params.seq],
  );
  await first.close();

  const missed = await verify(scanner);
  const [second, resumed] = await bare(scanner, { epoch: opened.epoch, last_seq: two.params.seq });
  t.match(resumed, { resumed: true, epoch: opened.epoch, last_seq: two.params.seq });
  const replayed = await second.pushed(2);
  t.same(ids(replayed.map((frame) => frame.params.challenge)), [asked[2].challenge_id, missed.challenge_id]);
  t.equal(replayed[0].params.seq, three.params.seq, 'under the sequence it had');
  t.same(ids(resumed.pending), ids(asked.slice(0, 2)), 'the rest is pending, none twice');
  await second.close();

  const [third, anew] = await bare(scanner, { epoch: 'another', last_seq: three.params.seq });
  t.match(anew, { resumed: false });
  t.same(ids(anew.pending), ids([...asked, missed]), 'pending is the whole truth');
  const later = await verify(scanner);
  const [only] = await third.pushed(1);
  t.equal(only.params.challenge.challenge_id, later.challenge_id);
  t.ok(only.params.seq > anew.last_seq);
  t.equal((await third.pushed(1)).length, 1, 'nothing that pending shows is pushed');
  await third.close();
});

t.test('an end is told to a scanner that was away', async (t) => {
  const scanner = await tenant.pairScanner();
  const doomed = await tenant.enrol(gate, 5);
  const [first, opened] = await bare(scanner);
  const asked = await tenant.must('POST', '/v1/verify', { user_id: doomed.user_id, ...scanner.device });
  const [shown] = await first.pushed(1);
  first.acknowledge(shown);
  await first.close();
  await tenant.must('DELETE', `/v1/users/${doomed.user_id}`);
  await eventually(
    () => tenant.must('GET', `/v1/challenges/${asked.challenge_id}`),
    (challenge) => challenge.status === 'cancelled',
  );
  await eventually(
    () => outbox(scanner),
    (rows) => rows.some((row) => row.method === 'challenge.cancel'),
  );
  const [second, resumed] = await bare(scanner, { epoch: opened.epoch, last_seq: shown.params.seq });
  t.match(resumed, { resumed: true, pending: [] });
  const [cancel] = await second.pushed(1);
  t.match(cancel, {
    method: 'challenge.cancel',
    params: { challenge_id: asked.challenge_id, reason: 'user_deleted' },
  });
  await second.close();
});

t.test('a newer connection takes over', async (t) => {
  const scanner = await tenant.scanner();
  const closed = once(scanner.client, 'closed');
  const newer = scanner.connection();
  await newer.connect();
  t.match((await closed)[0], { code: 4409, willReconnect: false });
  const device = `/v1/devices/${scanner.credentials.deviceId}`;
  t.match(await tenant.must('GET', device), { online: true });
  const shown = once(newer, 'present');
  const asked = await verify(scanner);
  t.equal((await shown)[0].challenge_id, asked.challenge_id);
  t.match(await newer.complete(asked.challenge_id, [capture(1)]), { matched: true });
  await newer.close();
  await eventually(
    () => tenant.must('GET', device),
    (shownDevice) => shownDevice.online === false,
  );
  t.equal((await tenant.must('GET', '/v1/devices?online=true')).length, 1, 'only the one at the gate');
});

t.test('sessions open while challenges are being committed, and none is lost or shown twice', async (t) => {
  const scanner = await tenant.pairScanner();
  for (let round = 0; round < 8; round += 1) {
    const asking = Promise.all([verify(scanner), verify(scanner), verify(scanner)]);
    const [connection, opened] = await bare(scanner);
    const asked = ids(await asking);
    const listed = ids((await connection.call('challenge.list', {})).challenges);
    const early = listed.filter((id) => ids(opened.pending).includes(id));
    const pushed = (await connection.pushed(listed.length - early.length)).map((frame) => frame.params);
    t.same([...early, ...ids(pushed.map((params) => params.challenge))].sort(), [...listed].sort());
    t.ok(
      pushed.every((params) => params.seq > opened.last_seq),
      'a sequence is never told before its push',
    );
    t.ok(asked.every((id) => listed.includes(id)));
    for (const id of listed) await connection.call('challenge.reject', { challenge_id: id, reason: 'test' });
    await connection.close();
  }
});

t.test('an orderly restart keeps the epoch, and what was pending', async (t) => {
  const scanner = await tenant.pairScanner();
  const [first, opened] = await bare(scanner);
  const asked = await verify(scanner);
  const [shown] = await first.pushed(1);
  await gate.client.close();
  await node.restart();
  t.equal(await first.closed, 1012);
  const [second, resumed] = await bare(scanner, { epoch: opened.epoch, last_seq: 0 });
  t.match(resumed, { resumed: true, epoch: opened.epoch });
  const [again] = await second.pushed(1);
  t.same([again.params.seq, again.params.challenge.challenge_id], [shown.params.seq, asked.challenge_id]);
  await second.close();
});
