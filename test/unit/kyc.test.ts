/** Pure parts of identity checks and receipts: lives, decisions, settings. */
import t from 'tap';
import { ConfigError, readConfig } from '../../engine/config.ts';
import { isOverdue, kycDecided, kycExpired, kycStarted, newKycSession } from '../../engine/kyc/session.ts';
import { limits } from '../../engine/limits.ts';
import { assertDocumentNamed, documentOf } from '../../engine/receipts/document.ts';
import { receiptKeysDue } from '../../engine/receipts/keys.ts';

const now = Date.UTC(2026, 5, 8);
const life = limits.kyc_session_life_s * 1000;
const fresh = newKycSession({ sessionId: 's', tenantId: 't', userId: 'u', provider: 'nafath' }, now);
const open = kycStarted(fresh, { reference: 'r', random: '42', redirectUrl: null, outcome: null }, now + 5);
const said = { sessionId: 's', reference: 'r', outcome: 'verified', reason: null } as const;

t.test('a check ends once', async (t) => {
  t.match(open, { status: 'pending', random: '42', startedAt: now + 5, expiresAt: now + 5 + life });
  const done = kycDecided(open, said, now + 9);
  t.match(done, { status: 'verified', random: null, completedAt: now + 9, version: open.version + 1 });
  t.throws(() => kycDecided(done!, said, now + 9), { code: 'kyc_session_over' });
  t.equal(kycDecided(open, { ...said, outcome: null }, now + 9), null);
  t.notOk(isOverdue(open, now + 4 + life));
  t.ok(isOverdue(open, now + 5 + life));
  t.throws(() => kycDecided(open, said, now + 5 + life), { code: 'kyc_session_over' });
  t.match(kycExpired(open, 'no_answer', now), { status: 'expired', reason: 'no_answer', random: null });
});

t.test('an answer may come before the start was recorded, or with it', async (t) => {
  t.match(kycDecided(fresh, said, now + 1), { status: 'verified', reference: 'r', startedAt: now + 1 });
  const started = { reference: 'r', random: null, redirectUrl: null, outcome: 'verified' } as const;
  t.match(kycStarted(fresh, started, now), { status: 'verified', completedAt: now, version: 2 });
});

t.test('settings of providers are whole or refused', async (t) => {
  const secret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
  const whole = {
    THENAR_KYC_NAFATH_URL: 'https://nafath.example/',
    THENAR_KYC_NAFATH_APP_ID: 'app',
    THENAR_KYC_NAFATH_APP_KEY: 'key',
    THENAR_KYC_NAFATH_SECRET: secret,
  };
  t.same(readConfig({}).kyc, { mock: true, mockSecret: null, nafath: null });
  t.equal(readConfig({ THENAR_KYC_MOCK: '0' }).kyc.mock, false);
  t.match(readConfig(whole).kyc.nafath, { url: 'https://nafath.example', appId: 'app', secret });
  for (const name of Object.keys(whole)) {
    t.throws(() => readConfig({ ...whole, [name]: '' }), ConfigError, `without ${name}`);
  }
  for (const weak of ['secret', 'whsec_', 'whsec_c2hvcnQ=', `whsec_${'?'.repeat(40)}`]) {
    t.throws(() => readConfig({ THENAR_KYC_MOCK_SECRET: weak }), /24 bytes/);
  }
});

t.test('a document is named by both fields', async (t) => {
  t.same(documentOf({ document_id: 'a', document_hash: 'b', more: 1 }), {
    documentId: 'a',
    documentHash: 'b',
  });
  for (const metadata of [null, {}, { document_id: 'a' }, { document_id: 'a', document_hash: 5 }]) {
    t.equal(documentOf(metadata), null);
  }
  t.doesNotThrow(() => assertDocumentNamed({ document_id: 5 }));
  t.throws(() => assertDocumentNamed({ document_id: '', document_hash: 5 }), { code: 'validation_failed' });
});

t.test('receipt keys: made ahead, disarmed, retired', async (t) => {
  const first = receiptKeysDue([], now).create!;
  t.equal(first.signsFrom, now);
  const key = { kid: 'k', createdAt: now, privateKey: new Uint8Array(1), ...first };
  const publishMs = limits.signing_key_publish_s * 1000;
  t.same(receiptKeysDue([key], now), { create: null, disarm: [], retire: [] });
  t.equal(receiptKeysDue([key], key.signsUntil - publishMs).create?.signsFrom, key.signsUntil);
  t.same(receiptKeysDue([key], key.signsUntil).disarm, ['k']);
  t.same(receiptKeysDue([{ ...key, privateKey: null }], key.signsUntil).disarm, []);
  t.same(receiptKeysDue([key], key.verifiesUntil).retire, ['k']);
});
