/** The daily pages, on a real engine with a real scanner: nothing is reloaded once somebody signed in. */
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { pair } from '../../../bench/scanner/pair.ts';
import { screenshot, seriousViolations } from '../../support/browser.ts';
import { capture, enrolmentScans, TestScanner } from '../../support/tenant.ts';
import { at, dialog, node, page, place, tenant, till, unmarked } from './world.ts';

t.test('signing in leads to the page that was asked for', async (t) => {
  await page.goto(at('/devices'));
  await page.getByLabel('E-mail').fill(tenant.administrator.email);
  await page.getByLabel('Password').fill('not this one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').getByText('The e-mail or the password is wrong.').waitFor();
  await screenshot(page, 'sign-in');
  t.same(await seriousViolations(page), []);
  await page.getByLabel('Password').fill(tenant.administrator.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Devices', level: 1 }).waitFor();
  await page.getByText('No devices yet').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await page.evaluate(() => Object.assign(globalThis, { kept: true }));
});

t.test('a scanner is registered, paired and seen to come online', async (t) => {
  await page.getByRole('button', { name: 'Register a device' }).first().click();
  await dialog.getByLabel('Name').fill('Till 3');
  await dialog.getByLabel('Location').fill('Riyadh, main hall');
  await dialog.getByRole('button', { name: 'Register' }).click();
  await dialog.getByRole('heading', { name: 'Pair Till 3' }).waitFor();
  await dialog.getByText('Waiting for the scanner').waitFor();
  await screenshot(page, 'devices-pairing');
  t.same(await seriousViolations(page), []);
  const code = await dialog.locator('[data-pairing-code]').innerText();
  const scanner = new TestScanner(tenant, await pair(node.urls.publicUrl, code, { hardwareId: 'palm-0001' }));
  till.paired(scanner);
  await dialog.getByText('The scanner has paired').waitFor();
  await dialog.getByRole('button', { name: 'Done' }).click();
  const row = page.getByRole('row', { name: /Till 3/ });
  await row.getByText('Paired').waitFor();
  await row.getByText('Offline').waitFor();
  await scanner.client.connect();
  await row.getByText('Online').waitFor();
  t.notOk(await unmarked());
});

t.test('a verification is asked for, shown and decided before the reader’s eyes', async (t) => {
  const { scanner } = till;
  const user = await tenant.link.call('createUser', {
    body: { external_user_id: 'emp-4421', name: 'Noura Al-Harbi', email: 'noura@example.com' },
  });
  await scanner.client.enrol(user.user_id, enrolmentScans(7, ['left', 'right']));
  await place('/challenges').click();
  await page.getByRole('button', { name: 'New challenge' }).first().click();
  await dialog.getByRole('searchbox').fill('noura');
  await dialog.getByRole('radio', { name: /Noura/ }).check();
  await dialog.getByRole('searchbox').fill('nobody of that name');
  await dialog.getByText('Nobody fits').waitFor();
  t.ok(await dialog.getByRole('radio', { name: /Noura/ }).isChecked(), 'whoever was chosen stays chosen');
  const presented = once(scanner.client, 'present');
  await dialog.getByRole('button', { name: 'Send to the scanner' }).click();
  await page.getByRole('heading', { name: 'Verification', level: 1 }).waitFor();
  const [challenge] = await presented;
  await page.getByText('Waiting for a palm').waitFor();
  await screenshot(page, 'challenge-waiting');
  await scanner.client.complete(challenge.challenge_id, [capture(7)]);
  await page.getByRole('heading', { name: 'Scores' }).waitFor();
  await page.getByRole('main').getByText('Completed').first().waitFor();
  t.ok((await page.getByRole('row', { name: /reached/ }).count()) > 3);
  t.notOk(await unmarked());
});

/** On the page of this user: a consent is recorded, and withdrawn with the palms that it covered left as they are. */
async function agreesAndWithdraws(t: Test, userId: string): Promise<void> {
  const status = async () => (await tenant.must('GET', `/v1/consent/${userId}`)).status;
  const card = page.locator('.card', { has: page.getByRole('heading', { name: 'Consent' }) });
  await card.getByRole('button', { name: 'Record consent' }).click();
  await dialog.getByLabel('Version of the text').fill('2026-02');
  await dialog.getByRole('button', { name: 'Record' }).click();
  const consent = card.getByRole('listitem').filter({ hasText: 'version 2026-02' });
  await consent.getByText('Granted').waitFor();
  t.equal(await status(), 'granted');
  await screenshot(page, 'user-consent');
  await consent.getByRole('button', { name: 'Withdraw' }).click();
  await dialog.getByRole('button', { name: 'Withdraw' }).click();
  await consent.getByText('Withdrawn').waitFor();
  await consent.getByRole('button', { name: 'Withdraw' }).waitFor({ state: 'detached' });
  t.equal(await status(), 'withdrawn');
}

t.test('somebody is suspended, reactivated and erased with a receipt', async (t) => {
  const user = await tenant.enrol(till.scanner, 8);
  await place('/users').click();
  await page.getByRole('searchbox').fill('person-8');
  await page.getByRole('link', { name: 'person-8' }).click();
  await page.getByText('Right palm').waitFor();
  await page.getByRole('button', { name: 'Suspend' }).click();
  await dialog.getByRole('button', { name: 'Suspend' }).click();
  await page.getByRole('button', { name: 'Reactivate' }).click();
  await page.getByRole('button', { name: 'Suspend' }).waitFor();
  // Not `check`, which looks at once: it is checked when it was saved.
  await page.getByRole('radio', { name: 'Right only' }).click();
  await page.getByText('Saved').waitFor();
  t.equal((await tenant.must('GET', `/v1/users/${user.user_id}`)).palm_restriction, 'right');
  await agreesAndWithdraws(t, user.user_id);
  await page.getByRole('button', { name: 'Erase' }).click();
  await dialog.getByRole('button', { name: 'Erase' }).click();
  await page.getByText('Nothing holds the palms any more.').waitFor();
  await screenshot(page, 'user-erased');
  t.notOk(await unmarked());
});
