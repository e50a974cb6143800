/** What whoever looks after the whole deployment sees besides. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { screenshot } from '../../support/browser.ts';
import { TestAuthority } from '../../support/certificates.ts';
import { id, at as then } from '../../support/fake-records.ts';
import { hasOpenssl, Openssl } from '../../support/openssl.ts';
import { available } from '../../support/require.ts';
import { type Look, lookAt } from './looks.ts';
import { at, complaints, dialog, node, page, place, row, signIn, tenant, unmarked } from './world.ts';

t.test('a platform administrator chooses a tenant, and sees it', async (t) => {
  await tenant.register({ device_name: 'Till 3' });
  await page.goto(at('/'));
  await signIn(node.administrator);
  await page.getByText('Which tenant?').waitFor();
  await page.evaluate(() => Object.assign(globalThis, { kept: true }));
  await page.getByLabel('Tenant', { exact: true }).selectOption(tenant.tenantId);
  await place('/devices').click();
  await row(/Till 3/).waitFor();
  t.notOk(await unmarked());
});

t.test('a tenant is made, suspended and active again', async (t) => {
  await place('/tenants').click();
  await page.getByRole('button', { name: 'New tenant' }).click();
  await dialog.getByLabel('Name').fill('Najd Coffee');
  await dialog.getByLabel('E-mail of its first administrator').fill('first@najd.example');
  await dialog.getByRole('button', { name: 'Create tenant' }).click();
  await dialog.getByRole('heading', { name: 'Najd Coffee is created' }).waitFor();
  await screenshot(page, 'tenants-created');
  const [email = '', password = ''] = await dialog.locator('code').allInnerTexts();
  await dialog.getByRole('button', { name: 'I have kept it' }).click();
  await row(/Najd Coffee/)
    .getByText('Active')
    .waitFor();
  const headers = await node.signIn({ email, password });
  const status = async () => (await node.rest('GET', '/v1/devices', { headers })).status;
  await row(/Najd Coffee/)
    .getByRole('button', { name: 'Suspend' })
    .click();
  await dialog.getByRole('button', { name: 'Suspend' }).click();
  await row(/Najd Coffee/)
    .getByText('Suspended')
    .waitFor();
  t.equal(await status(), 403);
  await row(/Najd Coffee/)
    .getByRole('button', { name: 'Reactivate' })
    .click();
  await row(/Najd Coffee/)
    .getByText('Active')
    .waitFor();
  t.equal(await status(), 200);
});

t.test('thresholds are changed, and those before them used again', async (t) => {
  const inForce = async () => (await node.platform('GET', '/v1/admin/palm/thresholds')).data;
  const before = await inForce();
  await place('/palm').click();
  await page.getByRole('button', { name: 'Change thresholds' }).click();
  await dialog.getByLabel('Score 1', { exact: true }).fill('0.71');
  await screenshot(page, 'palm-thresholds');
  await dialog.getByRole('button', { name: 'Put into force' }).click();
  await page.getByText('Version 2').waitFor();
  t.match(await inForce(), { version: 2, thresholds: [0.71, ...before.thresholds.slice(1)] });
  await page.getByRole('button', { name: 'Use again' }).click();
  await dialog.getByRole('button', { name: 'Use again' }).click();
  await page.getByText('Version 3').waitFor();
  t.match(await inForce(), { version: 3, thresholds: before.thresholds });
  await page.getByLabel('Address').fill('http://127.0.0.1:9');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.card', { hasText: 'Verification server' }).getByText('Unhealthy').waitFor();
});

t.test('a migration is started, watched until it is over, and rolled back', async (t) => {
  let done = 0;
  let status = 'running';
  const asked: unknown[] = [];
  const migration = () => ({
    migration_id: id.user,
    status,
    phase: status === 'running' ? 'copying' : 'over',
    min_share: 0.95,
    total: 100,
    done,
    migrated: done - 1,
    needs_reenrolment: 1,
    reason: null,
    started_at: new Date(then).toISOString(),
    started_by: 'console',
    finished_at: null,
  });
  // The engine's own migration takes a deployment of the small model: engine-palm-migration has one.
  await page.route('**/v1/admin/palm/model', (route) =>
    route.fulfill({
      json: {
        success: true,
        data: {
          model: status === 'completed' ? 'large' : 'small',
          scores: 4,
          vendor: 'reference',
          version: '1',
          migration: done === 0 ? null : migration(),
        },
      },
    }),
  );
  await page.route('**/v1/admin/palm/migrate', (route) => {
    asked.push(route.request().postDataJSON());
    if (asked.length === 1) done = 30;
    else status = 'rolled_back';
    return route.fulfill({ status: 202, json: { success: true, data: {} } });
  });
  await place('/tenants').click();
  await place('/palm').click();
  const start = page.getByRole('button', { name: 'Migrate to the large model' });
  await start.click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  t.same(asked, [], 'nothing is asked that was not confirmed');
  await start.click();
  await dialog.getByLabel('Share of people that is enough').fill('0.9');
  await dialog.getByRole('button', { name: 'Migrate to the large model' }).click();
  const bar = page.getByRole('progressbar', { name: 'Migration' });
  await bar.waitFor();
  t.equal(await bar.evaluate((element) => (element as unknown as { value: number }).value), 0.3);
  await page.getByText('30%').waitFor();
  await screenshot(page, 'palm-migrating');
  done = 100;
  status = 'completed';
  await bar.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Roll back' }).click();
  await dialog.getByRole('button', { name: 'Roll back' }).click();
  await page.getByText('Rolled back').waitFor();
  t.same(asked, [{ action: 'start', min_share: 0.9 }, { action: 'rollback' }]);
  await page.unrouteAll();
});

t.test('the platform’s own log is verified', async () => {
  await place('/platform-audit').click();
  await page.getByRole('button', { name: 'Check the chain' }).click();
  await page.getByText(/^All \d+ records stand/).waitFor();
});

const pages: readonly Look[] = [
  ['tenants', () => place('/tenants'), 'tbody tr'],
  ['platform-audit', () => place('/platform-audit'), 'tbody tr'],
  ['palm', () => place('/palm'), '.version'],
  ['tls-wizard', () => place('/tls'), '.steps'],
];

t.test('nobody is kept out of the platform’s pages', async (t) => {
  await lookAt(t, pages);
  t.notOk(await unmarked());
});

/** A certificate with its key in one file, as other tools keep them; a wrong password is said beside the file. */
async function renewFromPkcs12(t: Test, outside: TestAuthority): Promise<void> {
  if (!available(t, 'openssl', hasOpenssl)) return;
  const { certPem, keyPem, fingerprint } = await outside.server('renewed.example');
  const openssl = new Openssl();
  const [certificate, key] = [openssl.file('cert.pem', certPem), openssl.file('key.pem', keyPem)];
  const inputs = ['-in', certificate, '-inkey', key, '-passout', 'pass:right one', '-out', 'both.p12'];
  openssl.run('pkcs12', '-export', ...inputs);
  await page.getByRole('button', { name: 'Renew' }).click();
  await dialog.getByLabel('One PKCS#12 file').check();
  await dialog.getByLabel('PKCS#12 file', { exact: true }).setInputFiles(join(openssl.folder, 'both.p12'));
  await dialog.getByLabel('Its password').fill('wrong one');
  await dialog.getByRole('button', { name: 'Upload' }).click();
  await dialog.getByText('It cannot be read, or the password is wrong.').first().waitFor();
  await dialog.getByLabel('Its password').fill('right one');
  await dialog.getByRole('button', { name: 'Upload' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText(fingerprint).waitFor();
  openssl.close();
}

/** A CA that scanners hold certificates of is replaced only when somebody ticks what that costs. */
async function startOver(t: Test): Promise<void> {
  const before = await generation();
  await page.getByRole('button', { name: 'Start over' }).click();
  await dialog.getByRole('button', { name: 'Start over' }).click();
  await dialog.getByRole('alert').first().waitFor();
  t.equal(await generation(), before, 'the box was empty');
  await dialog.getByRole('checkbox').check();
  await dialog.getByRole('button', { name: 'Start over' }).click();
  await page.getByText('A new CA issues from now on').waitFor();
  t.equal(await generation(), before + 1);
}

const generation = async () => (await node.engine.api.tls.authority()).generation;

t.test('the wizard leads to HTTPS', async (t) => {
  const outside = await TestAuthority.make();
  const [certificate, other] = await Promise.all([
    outside.server('id.example'),
    outside.server('id.example'),
  ]);
  const file = (text: string) => ({
    name: 'a.pem',
    mimeType: 'application/x-pem-file',
    buffer: Buffer.from(text),
  });
  await place('/tls').click();
  const before = await generation();
  await page.getByRole('button', { name: 'Make a new one' }).click();
  await page.getByText('A new CA issues from now on').waitFor();
  t.equal(await generation(), before + 1, 'no scanner has a certificate yet');
  await tenant.pairScanner();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByLabel('Days that one lives').fill('90');
  await page.getByRole('button', { name: 'Save and go on' }).click();
  await page.getByLabel('Certificate', { exact: true }).setInputFiles(file(certificate.certPem));
  await page.getByLabel('Private key').setInputFiles(file(other.keyPem));
  await page.getByRole('button', { name: 'Upload and finish' }).click();
  await page.getByText('The key does not belong to the certificate.').first().waitFor();
  await screenshot(page, 'tls-wizard-server');
  await page.getByLabel('Private key').setInputFiles(file(certificate.keyPem));
  await page.getByRole('button', { name: 'Upload and finish' }).click();
  await page.getByRole('link', { name: 'Go on by HTTPS' }).click();
  await page.waitForURL(/^https:/);
  await signIn(node.administrator);
  await page.getByText(certificate.fingerprint).waitFor();
  t.equal((await node.engine.api.tls.devicePolicy()).validityDays, 90);
  await lookAt(t, [['tls', () => place('/tls'), '.facts']]);
  await renewFromPkcs12(t, outside);
  await startOver(t);
  t.same(complaints, [], 'and nothing went wrong in the browser on the way');
});
