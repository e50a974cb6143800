/** Faces of wallet users in a whole engine, with the development vendor. */
import t from 'tap';
import type { UserCall } from '../../actors/calls.ts';
import { hasFace, verifyFace } from '../../actors/commands/wallet_face.ts';
import { forgetCutOff } from '../../actors/faces/forget.ts';
import { walletSubject } from '../../actors/wallet/subject.ts';
import { beginAttempt } from '../../engine/face/attempts.ts';
import type { FaceScan } from '../../engine/face/ports.ts';
import { limits } from '../../engine/limits.ts';
import { systemClock } from '../../engine/system.ts';
import { type Claims, callOf, codeOf, faceOf, faceScan } from '../support/faces.ts';
import { sharedTestNode } from '../support/node.ts';
import { eventually, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const context = () => node.engine.context;
const api = () => node.engine.api.walletFace;

const newUser = (of: TestTenant = tenant) => callOf(of);

async function registered(person: number): Promise<UserCall> {
  const call = await newUser();
  await api().register(call, faceOf(person));
  return call;
}

const verify = (call: UserCall, scan: FaceScan) => verifyFace(context(), call, call.userId, scan);
const faceRow = ({ tenantId, userId }: UserCall) => context().store.get('faces', { tenantId, userId });
const deeds = ({ tenantId, userId }: UserCall) =>
  context().store.list('walletTransactions', {
    where: { tenantId, userId },
    order: [['createdAt', 'asc']],
  });

t.test('a face is registered once, recognised, and told from others', async (t) => {
  const call = await newUser();
  t.same(await api().status(call), { registered: false, registeredAt: null, lockedUntil: null });
  t.equal(await codeOf(verify(call, faceOf(1))), 'face_not_registered');
  t.equal(await hasFace(context(), call.tenantId, call.userId), false);
  const at = await api().register(call, faceOf(1));
  t.same(await api().status(call), { registered: true, registeredAt: at, lockedUntil: null });
  t.equal(await hasFace(context(), call.tenantId, call.userId), true);
  await verify(call, faceOf(1));
  t.equal(await codeOf(verify(call, faceOf(2))), 'face_mismatch');
  t.equal(await codeOf(api().register(call, faceOf(1))), 'face_already_registered');
  t.match(await deeds(call), [
    { type: 'face_registration', status: 'completed' },
    { type: 'authentication', status: 'completed' },
    { type: 'authentication', status: 'failed', details: { reason: 'face_mismatch' } },
  ]);
});

t.test('the template is sealed under the key of the wallet', async (t) => {
  const call = await registered(3);
  const row = await faceRow(call);
  t.ok(row?.sealed !== null && row !== null && row.sealed.length > 2_000);
  t.notOk(Buffer.from(row?.sealed ?? []).includes('THNP'), 'nothing of a template shows');
  t.ok(context().subjectKeys.find(walletSubject(call.userId)) !== null);
});

t.test('one face for two people is refused, flagged or allowed as the tenant has it', async (t) => {
  await registered(4);
  const other = await newUser();
  t.equal(await codeOf(api().register(other, faceOf(4))), 'face_taken');
  t.equal(await faceRow(other), null, 'nothing stays of it');
  await api().register(other, faceOf(5));

  const curious = await newUser();
  for (let tries = 1; tries <= limits.login_failures_max; tries += 1) {
    t.equal(await codeOf(api().register(curious, faceOf(4))), 'face_taken');
  }
  t.equal(
    await codeOf(api().register(curious, faceOf(90))),
    'too_many_attempts',
    'nobody tries faces through',
  );

  const both = await Promise.all([newUser(), newUser()]);
  const codes = await Promise.all(both.map((call) => codeOf(api().register(call, faceOf(6)))));
  t.same([...codes].sort(), ['face_taken', null].sort(), 'of two at once one is first');

  const lenient = await TestTenant.create(node, { duplicate_policy: 'flag' });
  const [first, second] = [await newUser(lenient), await newUser(lenient)];
  await api().register(first, faceOf(7));
  await api().register(second, faceOf(7));
  const [flag] = await context().store.list('audit', {
    where: { tenantId: lenient.tenantId, eventType: 'face_duplicate_flagged' },
  });
  t.match(flag, { userId: second.userId, details: { other_user_id: first.userId } });
  const elsewhere = await newUser(await TestTenant.create(node));
  await api().register(elsewhere, faceOf(4));
  t.pass('another tenant knows nothing of it');
});

t.test('three attempts, then a lock that a restart keeps and that grows', async (t) => {
  const call = await registered(8);
  for (let attempt = 1; attempt <= limits.face_attempts_max; attempt += 1) {
    t.equal(await codeOf(verify(call, faceOf(9))), 'face_mismatch');
  }
  t.equal(await codeOf(verify(call, faceOf(8))), 'face_locked', 'the right face comes too late');
  await node.restart();
  t.equal(await codeOf(verify(call, faceOf(8))), 'face_locked');
  t.ok((await api().status(call)).lockedUntil);
  node.clock.moveOn(limits.face_lock_ms);
  t.equal((await api().status(call)).lockedUntil, null);
  for (let attempt = 1; attempt <= limits.face_attempts_max; attempt += 1) {
    t.equal(await codeOf(verify(call, faceOf(9))), 'face_mismatch');
  }
  node.clock.moveOn(limits.face_lock_ms);
  t.equal(await codeOf(verify(call, faceOf(8))), 'face_locked', 'the second lock is longer');
  node.clock.moveOn(limits.face_lock_ms * limits.face_lock_factor);
  await verify(call, faceOf(8));
  t.match(await faceRow(call), { attempts: 7, forgiven: 7, lockedUntil: null });
});

t.test('attempts at once are no more than attempts one by one', async (t) => {
  const call = await registered(10);
  const codes = await Promise.all(Array.from({ length: 9 }, () => codeOf(verify(call, faceOf(11)))));
  t.equal(codes.filter((code) => code === 'face_mismatch').length, limits.face_attempts_max);
  t.ok(codes.every((code) => ['face_mismatch', 'face_locked', 'version_conflict'].includes(code ?? '')));
});

t.test('an attempt is on record before the vendor hears of it', async (t) => {
  const call = await registered(12);
  const vendor = context().faceVendors.active;
  let seen = -1;
  const { matches } = vendor;
  Object.assign(vendor, {
    matches: async (...given: Parameters<typeof matches>) => {
      seen = (await faceRow(call))?.attempts ?? -1;
      return matches(...given);
    },
  });
  t.teardown(() => Object.assign(vendor, { matches }));
  await codeOf(verify(call, faceOf(13)));
  t.equal(seen, 1);
  t.ok('attempts' in beginAttempt({ attempts: seen, forgiven: 0, lockedUntil: null }, 0));
});

t.test('what is nobody’s fault is not counted', async (t) => {
  const call = await registered(14);
  const nonsense = faceScan(Buffer.from('no picture').toString('base64'));
  t.equal(await codeOf(verify(call, nonsense)), 'face_scan_invalid');
  const late = { ...call, deadline: systemClock.monotonic() - 1 };
  t.equal(await codeOf(verify(late, faceOf(14))), 'deadline_exceeded');
  t.match(await faceRow(call), { attempts: 2, forgiven: 2, lockedUntil: null });
});

t.test('captures that are no use are refused, and leave nothing', async (t) => {
  const call = await newUser();
  const png = Buffer.from(faceOf(15).faceScan, 'base64');
  const blank = faceScan(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=',
  );
  for (const scan of [faceScan(''), blank, faceScan(png.subarray(0, 200).toString('base64'))]) {
    t.equal(await codeOf(api().register(call, scan)), 'face_scan_invalid');
  }
  t.equal(await faceRow(call), null);
  const audit = faceOf(15).auditTrailImage;
  await api().register(call, { ...faceScan('AAAA'), auditTrailImage: audit });
  await verify(call, faceOf(15));
});

t.test('liveness and quality are demanded as of palms', async (t) => {
  const strict = await TestTenant.create(node, { liveness_min: 0.8, quality_min: 0.5 });
  const call = await newUser(strict);
  const tries: readonly (readonly [Claims, string])[] = [
    [{}, 'face_liveness_failed'],
    [{ liveness: 0.5 }, 'face_liveness_failed'],
    [{ liveness: 0.9, quality: 0.2 }, 'face_quality_too_low'],
  ];
  for (const [claims, code] of tries) {
    t.equal(await codeOf(api().register(call, faceOf(16, claims))), code);
  }
  await api().register(call, faceOf(16, { liveness: 0.9, quality: 0.9 }));
  t.equal(await codeOf(verify(call, faceOf(16))), 'face_liveness_failed');
  t.match(await faceRow(call), { attempts: 1, forgiven: 0 }, 'and counts as an attempt');
  await verify(call, faceOf(16, { liveness: 0.9 }));
});

t.test('a registration that was cut off is taken back', async (t) => {
  const call = await newUser();
  const cutOff = { ...(await faceRow(await registered(17)))!, userId: call.userId };
  const row = { ...cutOff, faceId: context().random.uuid(), status: 'registering', sealed: null } as const;
  await context().store.commit({ tenantId: call.tenantId, writes: [{ insert: 'faces', row }] });
  t.equal(await codeOf(api().register(call, faceOf(18))), 'conflict', 'it may still be under way');
  await forgetCutOff(context());
  t.ok(await faceRow(call));
  node.clock.moveOn(limits.face_registration_ms + 1);
  await forgetCutOff(context());
  t.equal(await faceRow(call), null);
  await api().register(call, faceOf(18));
});

t.test('an erased user leaves no face and no key', async (t) => {
  await tenant.authenticate();
  const call = await registered(19);
  await tenant.must('DELETE', `/v1/users/${call.userId}`);
  await eventually(
    () => faceRow(call),
    (row) => row === null,
  );
  t.equal(context().subjectKeys.find(walletSubject(call.userId)), null);
  t.same(await deeds(call), []);
  await registered(19);
  t.pass('the face is free again');
});
