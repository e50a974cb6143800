import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { CertificateView, type KnownCertificate } from '../../engine/pki/certificateView.ts';

const generations = new Set([2, 3]);

function certificate(fingerprint: string, change: Partial<KnownCertificate> = {}): KnownCertificate {
  return {
    fingerprint,
    tenantId: 't',
    deviceId: `device-${fingerprint}`,
    generation: 2,
    notBefore: 1_000,
    notAfter: 9_000,
    deniedAt: null,
    denyReason: null,
    ...change,
  };
}

t.test('check', async (t) => {
  const view = new CertificateView();
  view.set(certificate('good'));
  view.set(certificate('retired', { generation: 1 }));
  view.set(certificate('later', { deniedAt: 5_000, denyReason: 'superseded' }));
  const check = (fingerprint: string, now: number): string => {
    const result = view.check(fingerprint, now, generations);
    return result.ok ? 'ok' : `${result.code}/${result.reason}`;
  };
  t.equal(check('good', 1_000), 'ok');
  t.equal(check('good', 9_000), 'ok');
  t.equal(check('good', 999), 'device_certificate_invalid/not_yet_valid');
  t.equal(check('good', 9_001), 'device_certificate_invalid/expired');
  t.equal(check('never seen', 5_000), 'device_certificate_invalid/unknown');
  t.equal(check('retired', 5_000), 'device_certificate_invalid/generation');
  t.equal(check('later', 4_999), 'ok', 'the overlap after a renewal');
  t.equal(check('later', 5_000), 'device_certificate_revoked/denied');

  view.deny('good', 4_000, 'superseded');
  t.equal(check('good', 3_999), 'ok');
  view.deny('good', 3_000, 'revoked');
  view.deny('good', 8_000, 'superseded');
  t.equal(check('good', 3_000), 'device_certificate_revoked/denied', 'an earlier denial stands');
  t.equal(view.get('good')?.denyReason, 'revoked');
  t.equal(check('good', 9_001), 'device_certificate_revoked/denied', 'revoked speaks before expired');
});

t.test('certificates of one device', async (t) => {
  const view = new CertificateView();
  view.set(certificate('a', { deviceId: 'd' }));
  view.set(certificate('b', { deviceId: 'd' }));
  t.same(
    view
      .ofDevice('d')
      .map((known) => known.fingerprint)
      .sort(),
    ['a', 'b'],
  );
  view.delete('a');
  t.same(
    view.ofDevice('d').map((known) => known.fingerprint),
    ['b'],
  );
  view.delete('b');
  t.same(view.ofDevice('d'), []);
});

t.test('bounded, and full means refusing new ones rather than locking a device out', async (t) => {
  const view = new CertificateView(2);
  view.set(certificate('a'));
  view.set(certificate('b'));
  t.throws(() => view.set(certificate('c')), { code: 'limit_reached' });
  view.set(certificate('a', { deniedAt: 1 }));
  t.equal(view.size, 2);
});

t.test('sweeps drop what expired, some at a time, while entries come and go', async (t) => {
  const view = new CertificateView();
  const count = limits.certificate_sweep_max * 2 + 10;
  for (let i = 0; i < count; i++) view.set(certificate(`${i}`, { notAfter: i % 2 === 0 ? 2_000 : 9_000 }));
  const first = view.sweep(3_000);
  t.equal(first, limits.certificate_sweep_max / 2);
  view.set(certificate('new', { notAfter: 2_000 }));
  view.sweep(3_000);
  view.sweep(3_000);
  t.equal(view.size, count / 2);
  t.equal(view.sweep(3_000), 0);
});
