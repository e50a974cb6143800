/** Signing a document with a palm: the receipt, in every place where it is shown, and long after. */
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import t from 'tap';
import { renewReceiptKeys } from '../../actors/boot/receipts.ts';
import { limits } from '../../engine/limits.ts';
import { sharedTestNode } from '../support/node.ts';
import { Receiver } from '../support/receiver.ts';
import { capture, TestTenant } from '../support/tenant.ts';

const node = await sharedTestNode();
const tenant = await TestTenant.create(node);
const scanner = await tenant.scanner();
const user = await tenant.enrol(scanner, 1);
const document = { document_id: 'doc_123', document_hash: 'sha256:9f86d081' };
const metadata = { ...document, note: { any: ['thing', 1, null] } };
let receipt = '';

async function verify(person: number, more: object = { metadata }): Promise<string> {
  const { challenge_id } = await scanner.askVerification(user, more);
  await scanner.client.complete(challenge_id, [capture(person)]);
  return challenge_id;
}

const jwks = async (): Promise<JSONWebKeySet> => (await node.rest('GET', '/.well-known/jwks.json')).json;
const verified = async (jws: string) => jwtVerify(jws, createLocalJWKSet(await jwks()));

t.test('a matched verification of a document has a receipt, in its webhook too', async (t) => {
  const receiver = await Receiver.open();
  await tenant.must('POST', '/v1/webhooks', {
    name: 'signed',
    endpoint: receiver.url,
    events: ['verification.complete'],
  });
  const id = await verify(1);
  const shown = await tenant.must('GET', `/v1/challenges/${id}`);
  receipt = shown.receipt;
  const { payload, protectedHeader } = await verified(receipt);
  t.match(protectedHeader, { alg: 'ES256', typ: 'thenar-receipt+jwt', kid: String });
  t.match(payload, {
    iss: node.engine.context.deployment.issuer,
    iat: Number,
    jti: String,
    tenant_id: tenant.tenantId,
    challenge_id: id,
    user_id: user.user_id,
    external_user_id: user.external_user_id,
    device_id: shown.device_id,
    ...document,
    matched: true,
    confidence: shown.result.confidence,
    threshold_version: shown.result.threshold_version,
    verified_at: shown.completed_at,
  });
  t.same(shown.metadata, metadata, 'metadata comes back as it was');
  const [told] = await receiver.until(1);
  t.match(told?.event.data, { receipt, metadata });
  const [listed] = await tenant.must('GET', '/v1/challenges?type=verify');
  t.equal(listed.receipt, receipt);
  const asToken = await node.rest('GET', '/v1/devices', { headers: { authorization: `Bearer ${receipt}` } });
  t.equal(asToken.code, 'invalid_token', 'a receipt is no token');
});

t.test('none without a match, or without a document', async (t) => {
  for (const id of [
    await verify(2),
    await verify(1, {}),
    await verify(1, { metadata: { document_id: 5 } }),
    await verify(1, { metadata: { document_hash: 'x' } }),
  ]) {
    t.notOk('receipt' in (await tenant.must('GET', `/v1/challenges/${id}`)));
  }
});

t.test('a document that cannot be named is refused at once', async (t) => {
  const ask = { user_id: user.user_id, ...scanner.device };
  for (const [field, value] of [
    ['document_hash', ''],
    ['document_hash', 5],
    ['document_id', 'x'.repeat(limits.document_name_length_max + 1)],
  ] as const) {
    const reply = await tenant.call('POST', '/v1/verify', {
      ...ask,
      metadata: { ...document, [field]: value },
    });
    t.equal(reply.status, 422);
    t.equal(reply.json.error.details.fields[0].field, `metadata.${field}`);
  }
});

t.test('a receipt verifies after restarts and rotations, until its life is over', async (t) => {
  const { kid } = decodeProtectedHeader(receipt);
  const rows = () => node.engine.context.store.list('receiptKeys', {});
  await node.restart();
  t.equal((await rows()).length, 1);
  const day = 24 * 3600 * 1000;
  node.clock.moveOn(limits.receipt_key_life_days * day - limits.signing_key_publish_s * 1000);
  await renewReceiptKeys(node.engine.context);
  t.equal((await rows()).length, 2, 'the next key is published before it signs');
  node.clock.moveOn(2 * day);
  await renewReceiptKeys(node.engine.context);
  const [retired] = (await rows()).filter((key) => key.kid === kid);
  t.equal(retired?.privateKey, null, 'nobody can sign in its name any more');
  t.equal((await verified(receipt)).protectedHeader.kid, kid);
  node.clock.moveOn(limits.receipt_life_days * day);
  await renewReceiptKeys(node.engine.context);
  await t.rejects(verified(receipt), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});
