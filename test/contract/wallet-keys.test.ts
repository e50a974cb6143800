/** Key shares of wallet users over HTTP, in a whole engine: backup, recovery with the face, history. */
import t from 'tap';
import { exportUser } from '../../actors/users/export.ts';
import { limits } from '../../engine/limits.ts';
import { callOf, faceBody, faceOf } from '../support/faces.ts';
import { sharedTestNode } from '../support/node.ts';
import { believable, Receiver } from '../support/receiver.ts';
import { eventually, TestTenant } from '../support/tenant.ts';
import { keyShare, WalletHolder } from '../support/wallet-holder.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const store = () => node.engine.context.store;
const holder = () => WalletHolder.register(node, tenant);

async function holderWithFace(person: number): Promise<WalletHolder> {
  const made = await holder();
  t.equal((await made.registerFace(faceOf(person))).status, 201);
  return made;
}

const sharesOf = ({ userId }: WalletHolder) =>
  store().list('keyShares', { where: { tenantId: tenant.tenantId, userId }, order: [['version', 'asc']] });

t.test('a face over HTTP', async (t) => {
  const wallet = await holder();
  t.strictSame((await wallet.call('GET', '/v2/face')).json, { registered: false });
  const registered = await wallet.registerFace(faceOf(1));
  t.match(registered, { status: 201, json: { registered: true, registered_at: /^20.*Z$/ } });
  t.strictSame((await wallet.call('GET', '/v2/face')).json, registered.json);
  t.match(await wallet.registerFace(faceOf(1)), { status: 409, code: 100506 });
  t.match(await (await holder()).registerFace(faceOf(1)), { status: 409, code: 100507 });
  const session = await wallet.call('POST', '/v2/face/session', { user_agent: 'agent' });
  t.strictSame(session.json, { vendor: 'thenar-reference-development', session_token: null });
  for (const field of Object.keys(faceBody(faceOf(1)))) {
    const body = { ...faceBody(faceOf(1)), [field]: undefined };
    t.match(await wallet.call('POST', '/auth/face/register', body), { status: 422, code: 100102 }, field);
  }
});

t.test('what was backed up comes back as it was, with the face', async (t) => {
  const wallet = await holderWithFace(2);
  const shares = [
    keyShare('a', { party: 1 }),
    keyShare('a', { party: 'server', ciphertext: 'any text, ÄÖÜ too' }),
    keyShare('b|1', { threshold: 3 }),
  ];
  const backup = await wallet.backUp(...shares);
  t.match(backup, {
    status: 201,
    json: {
      keyshares: [
        { key_id: 'a', version: 1 },
        { key_id: 'a', version: 1 },
        { key_id: 'b|1', version: 1 },
      ],
    },
  });
  const recovered = await wallet.recover(faceOf(2));
  t.equal(recovered.status, 200);
  t.same(
    recovered.json.keyshares.map((share: object) => JSON.stringify(share)).sort(),
    shares.map((share) => JSON.stringify(ordered({ ...share, version: 1 }))).sort(),
  );
  const one = await wallet.recover(faceOf(2), { key_ids: ['b|1'] });
  t.strictSame(one.json.keyshares, [ordered({ ...shares[2], version: 1 })]);
  t.match(await wallet.recover(faceOf(2), { key_ids: ['a', 'c'] }), { status: 404, code: 100601 });
  const keys = await wallet.call('GET', '/v2/keys?page_size=1');
  t.match(keys.json, { keys: [{ version: 1 }], pagination: { page: 1, page_size: 1, total: 2 } });
});

/** As the reply writes its fields. */
function ordered(share: object): object {
  const { key_id, version, algorithm, public_key, threshold, party, ciphertext } = share as Record<
    string,
    unknown
  >;
  return { key_id, algorithm, public_key, threshold, party, ciphertext, version };
}

t.test('nothing of a share shows where it rests', async (t) => {
  const wallet = await holder();
  const secret = 'a text that would be found';
  await wallet.backUp(keyShare('a', { ciphertext: secret }));
  const [row] = await sharesOf(wallet);
  t.notOk(Buffer.from(row!.sealed).includes(secret));
  const call = await callOf(tenant);
  const exported = await exportUser(node.engine.context, call, wallet.userId);
  t.match(exported.sections, { key_shares: [{ keyId: 'a', version: 1 }], wallet_keys: [{ keyId: 'a' }] });
  t.notOk(JSON.stringify(exported).includes('sealed'));
});

t.test('without a face, or with another, nothing comes back', async (t) => {
  const bare = await holder();
  await bare.backUp(keyShare('a'));
  t.match(await bare.recover(faceOf(3)), { status: 409, code: 100505 });
  const wallet = await holderWithFace(3);
  await wallet.backUp(keyShare('a'));
  t.match(await wallet.call('POST', '/v2/keyshare/recover', { key_ids: ['a'] }), {
    status: 422,
    code: 100102,
  });
  for (let attempt = 1; attempt <= limits.face_attempts_max; attempt += 1) {
    t.match(await wallet.recover(faceOf(4)), { status: 403, code: 100508 });
  }
  const locked = await wallet.recover(faceOf(3));
  t.match(locked, { status: 429, code: 100509 });
  t.ok(Number(locked.headers.get('retry-after')) > 0);
  t.match((await wallet.call('GET', '/v2/face')).json, { locked_until: /^20/ });
  const failed = await wallet.call('GET', '/transactions?type=recovery&status=failed');
  t.equal(failed.json.pagination.total, limits.face_attempts_max);
});

t.test('a backup again changes nothing, another makes a version', async (t) => {
  const wallet = await holderWithFace(5);
  const first = await wallet.backUp(keyShare('a'));
  t.same((await wallet.backUp(keyShare('a'))).json, first.json);
  t.equal((await sharesOf(wallet)).length, 1);
  const versions = limits.key_share_versions_max + 2;
  for (let version = 2; version <= versions; version += 1) {
    const stored = await wallet.backUp(keyShare('a', { ciphertext: `share ${version}` }));
    t.equal(stored.json.keyshares[0].version, version);
  }
  const other = await wallet.backUp(keyShare('a', { party: 2, ciphertext: 'of another party' }));
  t.equal(other.json.keyshares[0].version, versions + 1, 'versions are the key’s');
  const latest = await wallet.recover(faceOf(5));
  t.same(
    latest.json.keyshares.map(({ ciphertext }: { ciphertext: string }) => ciphertext).sort(),
    ['of another party', `share ${versions}`],
    'each party’s own latest',
  );
  const all = await wallet.recover(faceOf(5), { versions: 'all' });
  t.equal(all.json.keyshares.length, limits.key_share_versions_max + 1);
  const reshared = await wallet.backUp(keyShare('a', { threshold: 3 }));
  t.equal(reshared.status, 201, 'a threshold may change');
});

t.test('backups that contradict themselves or what is there', async (t) => {
  const wallet = await holder();
  await wallet.backUp(keyShare('a'));
  t.match(await wallet.backUp(keyShare('a', { public_key: '03ff' })), { status: 409, code: 100602 });
  t.match(await wallet.backUp(keyShare('a', { algorithm: 'eddsa' })), { status: 409, code: 100602 });
  t.match(await wallet.backUp(keyShare('b'), keyShare('b')), { status: 422, code: 100102 });
  t.match(await wallet.backUp(keyShare('b'), keyShare('b', { party: 2, threshold: 1 })), { status: 422 });
  const tooLong = 'x'.repeat(limits.key_share_length_max + 1);
  t.match(await wallet.backUp(keyShare('b', { ciphertext: tooLong })), { status: 422 });
  t.match(await wallet.backUp(), { status: 422 });
  t.match(await wallet.backUp(keyShare('ok'), keyShare('a', { public_key: '03ff' })), { status: 409 });
  t.equal((await sharesOf(wallet)).length, 1, 'all or nothing');
  const parties = Array.from({ length: limits.wallet_key_parties_max + 1 }, (_, party) =>
    keyShare('p', { party }),
  );
  t.match(await wallet.backUp(...parties), { status: 409, code: 100803 });
});

t.test('backups at once take turns; a user has so many keys', async (t) => {
  const wallet = await holder();
  const many = await Promise.all(
    Array.from({ length: 5 }, (_, party) => wallet.backUp(keyShare('a', { party }))),
  );
  t.same(many.map(({ json }) => json.keyshares[0].version).sort(), [1, 2, 3, 4, 5]);
  const batch = limits.key_shares_per_backup_max;
  for (let at = 1; at < limits.wallet_keys_per_user_max; at += batch) {
    const count = Math.min(batch, limits.wallet_keys_per_user_max - at);
    const keys = Array.from({ length: count }, (_, one) => keyShare(`k${at + one}`));
    t.equal((await wallet.backUp(...keys)).status, 201);
  }
  t.match(await wallet.backUp(keyShare('one too many')), { status: 409, code: 100803 });
});

t.test('recoveries are few an hour, told to webhooks and on record', async (t) => {
  const receiver = await Receiver.open();
  const events = ['keyshare.recovered'];
  const { secret } = await tenant.must('POST', '/v1/webhooks', {
    name: 'keys',
    endpoint: receiver.url,
    events,
  });
  const wallet = await holderWithFace(6);
  await wallet.backUp(keyShare('a'));
  const outcomes = await Promise.all(
    Array.from({ length: limits.key_share_recoveries_max + 3 }, () => wallet.recover(faceOf(6))),
  );
  const ok = outcomes.filter(({ status }) => status === 200).length;
  t.ok(ok <= limits.key_share_recoveries_max, 'at once no more than one by one');
  for (let one = ok; one < limits.key_share_recoveries_max; one += 1) {
    const again = await eventually(
      () => wallet.recover(faceOf(6)),
      ({ status }) => status !== 429 || one === 0,
    );
    t.equal(again.status, 200);
  }
  const refused = await wallet.recover(faceOf(6));
  t.match(refused, { status: 429, code: 100801 });
  await node.restart();
  t.match(await wallet.recover(faceOf(6)), { status: 429, code: 100801 });
  const [told] = await receiver.until(limits.key_share_recoveries_max);
  t.ok(believable(told!, secret, node.clock.now()));
  t.match(told?.event, {
    event_type: 'keyshare.recovered',
    data: { user_id: wallet.userId, external_user_id: null, key_ids: ['a'] },
  });
  t.notMatch(told?.text, /ciphertext/);
  const audit = await store().list('audit', {
    where: { tenantId: tenant.tenantId, eventType: 'key_shares_recovered', userId: wallet.userId },
  });
  t.equal(audit.length, limits.key_share_recoveries_max);
  node.clock.moveOn(limits.key_share_recovery_window_ms);
  t.equal((await wallet.recover(faceOf(6))).status, 200);
});

t.test('the history, by type, status and time, page by page', async (t) => {
  await tenant.authenticate();
  const wallet = await holderWithFace(7);
  await wallet.backUp(keyShare('a'));
  await wallet.recover(faceOf(8));
  await wallet.recover(faceOf(7));
  const list = async (query = '') => (await wallet.call('GET', `/transactions${query}`)).json;
  const all = await list();
  t.same(
    all.transactions.map(({ type, status }: { type: string; status: string }) => `${type} ${status}`).sort(),
    [
      'authentication completed',
      'authentication failed',
      'backup completed',
      'face_registration completed',
      'recovery completed',
      'recovery failed',
    ],
  );
  t.equal(all.transactions[0].type, 'recovery', 'the newest first');
  t.match(await list('?type=backup'), {
    transactions: [{ details: { key_ids: ['a'] } }],
    pagination: { total: 1 },
  });
  t.match(await list('?status=failed'), { pagination: { total: 2 } });
  const second = await list('?page=2&page_size=4');
  t.equal(second.transactions.length, 2);
  t.match(await list(`?from=${all.transactions[0].created_at}`), { pagination: { total: 1 } });
  t.match(await list('?to=2020-01-01'), { transactions: [], pagination: { total: 0 } });
  for (const query of ['?type=theft', '?status=maybe', '?from=yesterday', '?page=0']) {
    t.match(await wallet.call('GET', `/transactions${query}`), { status: 422, code: 100102 }, query);
  }
});

t.test('each wallet has its own, and another tenant nothing of it', async (t) => {
  const mine = await holderWithFace(9);
  await mine.backUp(keyShare('a'));
  const theirs = await holderWithFace(10);
  const stranger = await WalletHolder.register(node, await TestTenant.create(node));
  for (const other of [theirs, stranger]) {
    t.match((await other.call('GET', '/v2/keys')).json, { keys: [], pagination: { total: 0 } });
    t.notMatch(JSON.stringify((await other.call('GET', '/transactions')).json), /backup/);
  }
  t.match(await theirs.recover(faceOf(10), { key_ids: ['a'] }), { status: 404 });
  await stranger.registerFace(faceOf(9));
  t.match(await stranger.recover(faceOf(9), { key_ids: ['a'] }), { status: 404 });
});

t.test('withdrawing consent to palms leaves the shares; erasure leaves nothing', async (t) => {
  const wallet = await holderWithFace(11);
  await wallet.backUp(keyShare('a'));
  const user = { user_id: wallet.userId, consent_type: 'biometric' };
  await tenant.must('POST', '/v1/consent', { ...user, version: '1' });
  await tenant.must('POST', '/v1/consent/withdraw', { ...user, erase: true });
  const erased = () => store().count('erasures', { userId: wallet.userId, status: 'pending' });
  await eventually(erased, (pending) => pending === 0);
  t.equal((await wallet.recover(faceOf(11))).status, 200);
  await tenant.must('DELETE', `/v1/users/${wallet.userId}`);
  await eventually(erased, (pending) => pending === 0);
  t.same(await sharesOf(wallet), []);
  t.equal(await store().count('walletKeys', { userId: wallet.userId }), 0);
  t.equal((await wallet.recover(faceOf(11))).status, 404, 'the subject is nobody now');
});
