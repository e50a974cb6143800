/** Faces judged by a FaceTec Server: the adapter in a whole engine, against a fake with recorded shapes. */
import t from 'tap';
import { verifyFace } from '../../actors/commands/wallet_face.ts';
import { eraseDueTenants } from '../../actors/tenant/erase.ts';
import { walletSubject } from '../../actors/wallet/subject.ts';
import { limits } from '../../engine/limits.ts';
import { callOf, codeOf } from '../support/faces.ts';
import { deviceKey, FakeFacetec, facetecScan } from '../support/fake/facetec.ts';
import { startTestNode } from '../support/node.ts';
import { eventually, TestTenant } from '../support/tenant.ts';

const facetec = await FakeFacetec.open();
const node = await startTestNode(facetec.settings);
const tenant = await TestTenant.create(node);
const context = () => node.engine.context;
const api = () => node.engine.api.walletFace;
const newUser = () => callOf(tenant);
const verify = (call: Awaited<ReturnType<typeof newUser>>, scan: ReturnType<typeof facetecScan>) =>
  verifyFace(context(), call, call.userId, scan);
const faceRow = ({ tenantId, userId }: { tenantId: string; userId: string }) =>
  context().store.get('faces', { tenantId, userId });

async function registered(person: number) {
  const call = await newUser();
  await api().register(call, facetecScan(person));
  return call;
}

t.test('a capture begins with a session token for its user agent', async (t) => {
  const session = await api().session(await newUser(), 'agent/1');
  t.same(session, { vendor: 'facetec', sessionToken: 'session of agent/1' });
  t.match(facetec.asked.at(-1), { headers: { 'x-device-key': deviceKey, 'x-user-agent': 'agent/1' } });
});

t.test('the face stays with the server under a name of ours', async (t) => {
  facetec.asked.length = 0;
  const call = await registered(1);
  const row = await faceRow(call);
  t.match(row, { vendor: 'facetec', status: 'registered' });
  t.same(
    facetec.asked.map(({ method, path }) => `${method} ${path}`),
    ['POST /enrollment-3d', 'POST /3d-db/search', 'POST /3d-db/enroll'],
  );
  t.match(facetec.asked[0], {
    headers: { 'x-device-key': deviceKey, 'x-user-agent': /^facetec\|sdk/ },
    body: {
      faceScan: /^face-1/,
      auditTrailImage: 'audit',
      lowQualityAuditTrailImage: 'low',
      externalDatabaseRefID: row?.faceId,
    },
  });
  t.match(facetec.asked[1]?.body, { groupName: tenant.tenantId });
  await verify(call, facetecScan(1));
  t.equal(await codeOf(verify(call, facetecScan(2))), 'face_mismatch');
});

t.test('every check of the server must hold', async (t) => {
  const call = await registered(3);
  t.equal(await codeOf(verify(call, facetecScan(3, 'mask'))), 'face_liveness_failed');
  t.match(await faceRow(call), { attempts: 1, forgiven: 0 }, 'a mask counts');
  const scan = facetecScan(3);
  await verify(call, scan);
  t.equal(await codeOf(verify(call, scan)), 'face_scan_invalid', 'no scan twice');
  const good = { success: true, error: false, wasProcessed: true, matchLevel: 15 };
  const checks = {
    auditTrailVerificationCheckSucceeded: true,
    faceScanLivenessCheckSucceeded: true,
    replayCheckSucceeded: true,
    sessionTokenCheckSucceeded: true,
  };
  const answers: readonly (readonly [object, string | null])[] = [
    [{ ...good, faceScanSecurityChecks: checks }, null],
    [
      { ...good, faceScanSecurityChecks: { ...checks, sessionTokenCheckSucceeded: false } },
      'face_scan_invalid',
    ],
    [
      { ...good, faceScanSecurityChecks: { ...checks, auditTrailVerificationCheckSucceeded: false } },
      'face_quality_too_low',
    ],
    [
      { ...good, faceScanSecurityChecks: { ...checks, faceScanLivenessCheckSucceeded: undefined } },
      'face_liveness_failed',
    ],
    [
      { ...good, matchLevel: limits.facetec_match_level_min - 1, faceScanSecurityChecks: checks },
      'face_mismatch',
    ],
    [{ ...good, success: false, faceScanSecurityChecks: checks }, 'face_mismatch'],
    [{ ...good, error: true, faceScanSecurityChecks: checks }, 'face_scan_invalid'],
    [good, 'unavailable'],
    [{ ...good, matchLevel: undefined, faceScanSecurityChecks: checks }, 'unavailable'],
  ];
  for (const [answer, code] of answers) {
    const other = await registered(100 + answers.findIndex(([one]) => one === answer));
    facetec.instead.push({ status: 200, body: JSON.stringify(answer) });
    t.equal(await codeOf(verify(other, facetecScan(3))), code, JSON.stringify(answer));
  }
});

t.test('a server that fails is nobody’s failed attempt', async (t) => {
  const call = await registered(4);
  for (const instead of [
    { status: 500, body: 'oops' },
    { status: 200, body: 'not json' },
    { status: 302, body: '' },
  ]) {
    facetec.instead.push(instead);
    t.equal(await codeOf(verify(call, facetecScan(4))), 'unavailable');
  }
  t.match(await faceRow(call), { attempts: 3, forgiven: 3, lockedUntil: null });
  const fresh = await newUser();
  facetec.instead.push({ status: 500, body: '' });
  t.equal(await codeOf(api().register(fresh, facetecScan(5))), 'unavailable');
  t.equal(await faceRow(fresh), null, 'and of a registration nothing is left');
});

t.test('two people with one face: the second is refused, and the server forgets it', async (t) => {
  await registered(6);
  const before = facetec.enrolled.size;
  const call = await newUser();
  t.equal(await codeOf(api().register(call, facetecScan(6))), 'face_taken');
  t.equal(facetec.enrolled.size, before);
  const elsewhere = await callOf(await TestTenant.create(node));
  await api().register(elsewhere, facetecScan(6));
});

t.test('what a vendor took is judged by that vendor, whoever takes new faces', async (t) => {
  const call = await registered(8);
  const vendors = context().faceVendors;
  t.equal(vendors.named('thenar-reference-development')?.name, 'thenar-reference-development');
  const row = (await faceRow(call))!;
  const set = { vendor: 'somebody-else' };
  const where = { tenantId: call.tenantId, userId: call.userId };
  await context().store.commit({ tenantId: call.tenantId, writes: [{ update: 'faces', where, set }] });
  t.equal(await codeOf(verify(call, facetecScan(8))), 'unavailable');
  t.match(await faceRow(call), { attempts: row.attempts }, 'and nothing is counted');
  await context().store.commit({
    tenantId: call.tenantId,
    writes: [{ update: 'faces', where, set: { vendor: 'facetec' } }],
  });
});

t.test('a server that does not answer delays the end of an erasure, and no longer', async (t) => {
  const call = await registered(7);
  const { faceId } = (await faceRow(call))!;
  facetec.instead.push({ status: 500, body: '' });
  await tenant.must('DELETE', `/v1/users/${call.userId}`);
  const receipt = () => context().store.get('erasures', { tenantId: call.tenantId, userId: call.userId });
  await eventually(
    async () => facetec.instead.length,
    (left) => left === 0,
  );
  t.match(await faceRow(call), { status: 'leaving', sealed: null });
  t.equal((await receipt())?.status, 'pending');
  t.ok(facetec.enrolled.has(faceId));
  await node.restart();
  await eventually(receipt, (row) => row?.status === 'complete');
  t.notOk(facetec.enrolled.has(faceId));
  t.notOk(facetec.groups.get(call.tenantId)?.has(faceId));
  t.equal(await faceRow(call), null);
});

t.test('a tenant that is erased is forgotten by the server too', async (t) => {
  const leaving = await TestTenant.create(node);
  const call = await callOf(leaving);
  await api().register(call, facetecScan(9));
  const { faceId } = (await faceRow(call))!;
  await node.platform('POST', `/v1/admin/tenants/${leaving.tenantId}/deactivate`);
  node.clock.moveOn(limits.tenant_grace_ms + 1);
  facetec.instead.push({ status: 503, body: '' });
  await eraseDueTenants(context());
  t.ok(await faceRow(call), 'not before the server has forgotten it');
  await eraseDueTenants(context());
  t.notOk(facetec.enrolled.has(faceId));
  t.equal(await faceRow(call), null);
  t.equal(context().subjectKeys.find(walletSubject(call.userId)), null);
});
