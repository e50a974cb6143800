/** What a thief of the data directory, of a dump, of the logs or of the operators' screen finds, with the master key kept elsewhere: nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { openTemplate } from '../../engine/palm/protect.ts';
import { fromStoredForm } from '../../engine/palm/protection.ts';
import { systemRandom } from '../../engine/system.ts';
import { openSubjectKeys } from '../../storage/keys/file.ts';
import { codeFor, PASSWORD, People, tokenFor } from '../support/accounts.ts';
import { faceOf } from '../support/faces.ts';
import { Needles } from '../support/needles.ts';
import { Phone } from '../support/phone.ts';
import { Receiver } from '../support/receiver.ts';
import { hasRedis, startRedis } from '../support/redis.ts';
import { available } from '../support/require.ts';
import { shownToOperators } from '../support/shown.ts';
import { SpawnedNode } from '../support/spawned.ts';
import {
  copyOfKeys,
  embeddedDatabase,
  palmLogOf,
  protectionOfTenant,
  redisDump,
  tableDump,
  withKeys,
} from '../support/stolen.ts';
import { temporaryFolder } from '../support/store.ts';
import { capture, enrolmentScans, TestTenant } from '../support/tenant.ts';
import { migrate } from '../support/verification.ts';
import { keyShare, WalletHolder } from '../support/wallet-holder.ts';

const masterKey = Buffer.from(systemRandom.bytes(32));
const redis = hasRedis() ? await startRedis() : null;
const node = await SpawnedNode.start({
  THENAR_MASTER_KEY: masterKey.toString('base64'),
  THENAR_LOG_LEVEL: 'debug',
  THENAR_PALM_MODEL: 'small',
  ...(redis === null ? {} : { REDIS_URL: redis.url }),
});
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner({ device_name: 'Scanner at the door' });
const needles = new Needles();
/** One-time codes are so short that one of them is somewhere by chance, but not all. */
const codes: string[] = [];

const person = {
  external_user_id: 'crm-0047-külshammer',
  name: 'Salome Külshammer-Öztürk',
  email: 'salome.kuelshammer@example.org',
  mobile: '+41791234567',
  metadata: { passport: 'X4711-secret-passport' },
};

/** Of the person. */
let userId = '';

/** From the small palm model to the large one, so that what a migration leaves behind is looked at too. */
async function adoptLargeModel(): Promise<void> {
  const scans = enrolmentScans(30);
  for (const [n, scan] of scans.entries())
    if ('data' in scan) needles.bytes(`migrated scan ${n}`, Buffer.from(scan.data));
  const { apiKey } = await migrate(node, scanner, 'palm-that-a-device-named', scans);
  needles.text('key of the verification server', apiKey);
}

async function fill(): Promise<void> {
  await adoptLargeModel();
  const user = await tenant.must('POST', '/v1/users', person);
  userId = user.user_id;
  needles.text('external identifier', person.external_user_id);
  needles.text('name', person.name);
  needles.text('e-mail', person.email);
  needles.text('phone number', person.mobile);
  needles.text('phone number without its plus', person.mobile.slice(1));
  needles.text('metadata', person.metadata.passport);
  const nationalId = '1087654321';
  await tenant.must('POST', `/v1/users/${user.user_id}/identities`, {
    type: 'national_id',
    value: nationalId,
  });
  needles.text('national identifier', nationalId);

  const scans = enrolmentScans(31);
  for (const [n, scan] of scans.entries())
    if ('data' in scan) needles.bytes(`scan ${n}`, Buffer.from(scan.data));
  await scanner.client.enrol(user.user_id, scans);
  const sql = embeddedDatabase(node.dataDir);
  const [row] = await palmLogOf(sql, user.user_id);
  const key = await withKeys(copyOfKeys(node.dataDir), masterKey, (keys) => keys.find(user.user_id)!);
  const plain = openTemplate(row!.sealed!, key, row!);
  const protection = await protectionOfTenant(sql, node.dataDir, masterKey, tenant.tenantId);
  const { vector, code } = fromStoredForm(plain, protection, row!);
  needles.bytes('template', plain);
  needles.bytes('vector', new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
  for (const [plane, bits] of Object.entries(code)) {
    if (ArrayBuffer.isView(bits)) {
      needles.bytes(`code ${plane}`, new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength));
    }
  }
  needles.bytes('key of the subject', key);

  const receiver = await Receiver.open();
  const hook = await tenant.must('POST', '/v1/webhooks', {
    name: 'All of it',
    endpoint: receiver.url,
    events: ['verification.complete', 'user.suspended'],
    api_key: 'integrators-api-key-0815',
  });
  needles.text('webhook secret', hook.secret);
  needles.bytes('webhook key', Buffer.from(hook.secret.slice('whsec_'.length), 'base64'));
  needles.text('webhook API key', 'integrators-api-key-0815');
  needles.text('client secret', tenant.client.client_secret);
  needles.text('console password', tenant.administrator.password);
  needles.text('console e-mail', tenant.administrator.email);
  needles.text('platform password', node.administrator.password);
  needles.text('console cookie', tenant.admin.cookie!.split('=')[1]!);
  const service = await node.rest('POST', '/v1/linked-services', {
    headers: tenant.admin,
    body: { product_key: 'pay', base_url: 'http://127.0.0.1:9' },
  });
  needles.text('service secret', service.data.secret);
  const registered = await tenant.register();
  needles.text('pairing code', registered.pairing_code);

  const metadata = { document_id: 'contract-no-5566778899' };
  needles.text('metadata of a challenge', metadata.document_id);
  await scanner.askVerification(user, { metadata });
  await scanner.client.complete(scanner.presented.at(-1)!.challenge_id, [capture(31)]);
  const context = { purchase: 'receipt-no-99887766' };
  needles.text('context of a transaction', context.purchase);
  await scanner.client.transaction(capture(31), context);
  const asAdmin = (path: string, body: object) =>
    node.rest('POST', `/v1/users/${user.user_id}/${path}`, { headers: tenant.admin, body });
  const suspended = await asAdmin('suspend', { reason: 'because-of-reason-4242' });
  if (suspended.status !== 200) throw new Error(JSON.stringify(suspended.json));
  needles.text('reason', 'because-of-reason-4242');
  await asAdmin('reactivate', {});

  await signUp();
  await wallet();
  // A uniqueness violation is what PostgreSQL would log with its values.
  await tenant.call('POST', '/v1/users', { external_user_id: 'another', email: person.email });
  await node.rest('POST', '/v1/console/login', {
    body: { email: 'a-guesser@example.org', password: PASSWORD },
  });
  needles.text('guessed address', 'a-guesser@example.org');
}

async function signUp(): Promise<void> {
  const people = new People(node, tenant);
  const address = 'leopold.signing-up@example.org';
  needles.text('address of a sign-up', address);
  needles.text('password', PASSWORD);
  await people.register(address);
  needles.text('token of a link', await tokenFor(node, address));
  await people.verify(await tokenFor(node, address));
  const signedIn = await people.signIn(address);
  needles.text('refresh token', signedIn.json.refresh_token);
  await people.register('pending.sign-up@example.org');
  needles.text('address of a pending sign-up', 'pending.sign-up@example.org');
  for (const to of [{ email: person.email }, { email: address }, { mobile: person.mobile }]) {
    const sent = await people.send(to);
    if (sent.status < 300) codes.push(await codeFor(node, Object.values(to)[0]!));
  }
}

async function wallet(): Promise<void> {
  const holder = await WalletHolder.register(node, tenant);
  needles.text('token subject', 'auth0|holder-1');
  needles.text('access token', holder.token);
  const face = faceOf(9);
  await holder.registerFace(face);
  needles.bytes('face', Buffer.from(face.faceScan, 'base64'));
  const ciphertext = 'a share of a key that its client encrypted';
  needles.text('key share', ciphertext);
  await holder.backUp(keyShare('wallet-key-1', { ciphertext }));
  const asked = await holder.call('GET', `/auth/devices/challenge/${new Phone().verifyingKey}`);
  needles.text('challenge of a phone', asked.json.challenge);
}

/** So many that a change of the master key takes several batches. */
async function keysOfManyTenants(): Promise<void> {
  const keys = await openSubjectKeys(join(node.dataDir, 'subjects.keys'), masterKey, systemRandom);
  for (let n = 0; n < 2 * limits.key_change_batch; n++) keys.tenant(`tenant-${n}`);
  await keys.settled();
  await keys.close();
}

/** A process with this in its environment is killed in the middle of what it does after it has said that. */
function killedAt(said: string): Readonly<Record<string, string>> {
  const module = join(temporaryFolder('killed'), 'killed.mjs');
  writeFileSync(
    module,
    `const write = process.stderr.write;
    process.stderr.write = function (text, ...more) {
      if (String(text).startsWith(${JSON.stringify(said)})) process.kill(process.pid, 'SIGKILL');
      return write.call(this, text, ...more);
    };`,
  );
  return { NODE_OPTIONS: `--import ${pathToFileURL(module).href}` };
}

await fill();

t.test('the search finds what is there', async (t) => {
  const everything = [...needles.names];
  t.ok(everything.length > 30);
  const mail = Buffer.from(JSON.stringify({ to: person.email }));
  for (const form of [
    mail,
    Buffer.from(mail.toString('base64')),
    Buffer.from(`x${mail.toString('hex')}`),
    Buffer.from(`..${mail.toString()}`, 'utf16le'),
  ]) {
    t.same(needles.in(form), ['e-mail']);
  }
});

t.test('what operators are shown of actors, shards, connections, and in metrics', async (t) => {
  // The tenant's actor comes when somebody changes the tenant.
  const reply = await node.rest('PATCH', '/v1/tenant/config', {
    headers: tenant.admin,
    body: { quality_min: 0.2 },
  });
  t.equal(reply.status, 200);
  const { kinds, alive, text } = await shownToOperators(node.opsUrl);
  t.ok(kinds.has('tenant') && kinds.has('palm_migration'), 'the table of kinds is read');
  t.same(
    [...kinds].filter((kind) => !alive.has(kind)),
    [],
    'of each kind of actor there is one to look into',
  );
  for (const shown of ['"description":{', '"transitions":[{', 'thenar_actors{', 'event: picture']) {
    t.ok(text.includes(shown), shown);
  }
  t.same(needles.in(Buffer.from(text)), []);
  t.notMatch(text, /\+\d{9,}/, 'no telephone number, whoever it is of');
});

t.test('the data directory as a kill leaves it, with its write-ahead log', async (t) => {
  await node.kill();
  t.same(needles.below(node.dataDir), []);
});

t.test('the master key is changed by a command that is killed twice', async (t) => {
  await keysOfManyTenants();
  const next = Buffer.from(systemRandom.bytes(32));
  needles.bytes('next master key', next);
  const nextKey = next.toString('base64');
  const rotate = (more: Readonly<Record<string, string>> = {}) =>
    node.commandWith({ THENAR_NEW_MASTER_KEY: nextKey, ...more }, 'admin', 'rotate-master-key');
  const batch = limits.key_change_batch;

  t.match(await rotate(killedAt(`copying ${batch}/`)), { code: 'SIGKILL' });
  await node.start();
  t.match(await tenant.must('GET', `/v1/users/${userId}`), { name: person.name }, 'the old key opens all');
  t.match(await rotate(), { code: 1, out: /Another engine/ }, 'not while the engine runs');
  await node.kill();
  t.match(await rotate(killedAt(`wiping ${batch}/`)), { code: 'SIGKILL' });
  t.match(await node.command('serve'), { code: 1, out: /another master key/ }, 'the old one opens nothing');
  t.match(await rotate(), { code: 0, out: /"rotated": true/ }, 'asked again it goes on');

  await node.start({ THENAR_MASTER_KEY: nextKey });
  t.match(await tenant.must('GET', `/v1/users/${userId}`), { name: person.name });
  await scanner.client.close();
  await scanner.client.connect();
  t.match(await scanner.client.transaction(capture(31), {}), { decision: 'allow' });
});

t.test('every row of a dump, the files after an orderly end, and the master key nowhere', async (t) => {
  await node.stop();
  needles.bytes('master key', masterKey);
  const dump = await tableDump(node.dataDir);
  t.ok(dump.get('users')!.length > 0 && dump.get('audit')!.length > 0);
  for (const [table, text] of dump) t.same(needles.in(Buffer.from(text)), [], table);
  const shown = codes.filter((code) => dump.get('one_time_codes')!.includes(code));
  t.equal(codes.length, 3);
  t.ok(shown.length < 3, 'no one-time code');
  t.same(needles.below(node.dataDir), []);
});

t.test('a Redis dump', async (t) => {
  if (!available(t, 'redis', redis !== null)) return;
  const dump = await redisDump(redis!.url);
  t.ok(dump.includes('thenar:snapshot:'));
  t.same(needles.in(dump), []);
});

t.test('what was logged', async (t) => {
  t.match(node.logged, /"level":20/, 'all that can be');
  t.same(needles.in(Buffer.from(node.logged)), []);
});
