/** The daily pages, on a real engine with a real scanner: nothing is reloaded once somebody signed in. */
import { once } from 'node:events';
import type { Locator } from 'playwright-core';
import t from 'tap';
import { pair } from '../../../bench/scanner/pair.ts';
import { screenshot, seriousViolations } from '../../support/browser.ts';
import { capture, enrolmentScans, TestScanner } from '../../support/tenant.ts';
import { at, complaints, context, navigation, node, page, tenant, unmarked } from './world.ts';

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

let scanner: TestScanner;

t.test('a scanner is registered, paired and seen to come online', async (t) => {
  await page.getByRole('button', { name: 'Register a device' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Till 3');
  await dialog.getByLabel('Location').fill('Riyadh, main hall');
  await dialog.getByRole('button', { name: 'Register' }).click();
  await dialog.getByRole('heading', { name: 'Pair Till 3' }).waitFor();
  await dialog.getByText('Waiting for the scanner').waitFor();
  await screenshot(page, 'devices-pairing');
  t.same(await seriousViolations(page), []);
  const code = await dialog.locator('[data-pairing-code]').innerText();
  scanner = new TestScanner(tenant, await pair(node.urls.publicUrl, code, { hardwareId: 'palm-0001' }));
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
  const user = await tenant.link.call('createUser', {
    body: { external_user_id: 'emp-4421', name: 'Noura Al-Harbi', email: 'noura@example.com' },
  });
  await scanner.client.enrol(user.user_id, enrolmentScans(7, ['left', 'right']));
  await navigation.getByRole('link', { name: 'Challenges' }).click();
  await page.getByRole('button', { name: 'New challenge' }).first().click();
  const dialog = page.getByRole('dialog');
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

t.test('somebody is suspended, reactivated and erased with a receipt', async (t) => {
  const user = await tenant.enrol(scanner, 8);
  await navigation.getByRole('link', { name: 'Users' }).click();
  await page.getByRole('searchbox').fill('person-8');
  await page.getByRole('link', { name: 'person-8' }).click();
  await page.getByText('Right palm').waitFor();
  await page.getByRole('button', { name: 'Suspend' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Suspend' }).click();
  await page.getByRole('button', { name: 'Reactivate' }).click();
  await page.getByRole('button', { name: 'Suspend' }).waitFor();
  // Not `check`, which looks at once: it is checked when it was saved.
  await page.getByRole('radio', { name: 'Right only' }).click();
  await page.getByText('Saved').waitFor();
  t.equal((await tenant.must('GET', `/v1/users/${user.user_id}`)).palm_restriction, 'right');
  await page.getByRole('button', { name: 'Erase' }).click();
  await dialog.getByRole('button', { name: 'Erase' }).click();
  await page.getByText('Nothing holds the palms any more.').waitFor();
  await screenshot(page, 'user-erased');
  t.notOk(await unmarked());
});

/** All scans of all pages; otherwise each page has one of them in turn, for they take most of this file's time. */
const thorough = process.env.THENAR_AXE === 'all';

/** Every page, by how it is reached from the one before it, and what is there once it is read. */
const pages: readonly (readonly [name: string, link: () => Locator, there: string])[] = [
  ['overview', () => navigation.getByRole('link', { name: /Overview|نظرة/ }), '.plot canvas'],
  ['users', () => navigation.getByRole('link', { name: /Users|المستخدمون/ }), 'tbody tr'],
  ['user', () => page.getByRole('link', { name: /Noura/ }), '.things li'],
  ['devices', () => navigation.getByRole('link', { name: /Devices|الأجهزة/ }), 'tbody tr'],
  ['device', () => page.getByRole('link', { name: 'Till 3' }), '.facts'],
  ['challenges', () => navigation.getByRole('link', { name: /Challenges|الطلبات/ }), 'tbody tr'],
  ['challenge', () => page.locator('tbody a').first(), '.scores'],
  ['account', () => page.locator('.person a'), 'form'],
];

t.test('nobody is kept out of a page, light or dark, English or Arabic', async (t) => {
  for (const [number, [name, link, there]] of pages.entries()) {
    await link().click();
    await page.locator(there).first().waitFor();
    if (thorough || number % 2 === 0) t.same(await seriousViolations(page), [], `${name}, light, English`);
    await screenshot(page, `${name}-light`);
    // Colours do not depend on the language, so the other two are seen together.
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.getByRole('button', { name: 'العربية' }).click();
    await page.locator('html[dir=rtl]').waitFor();
    if (thorough || number % 2 === 1) t.same(await seriousViolations(page), [], `${name}, dark, Arabic`);
    await screenshot(page, `${name}-dark-arabic`);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('button', { name: 'English' }).click();
  }
  t.notOk(await unmarked());
});

t.test('on a small screen nothing is cut off, and the pages are behind a button', async (t) => {
  await page.setViewportSize({ width: 390, height: 780 });
  await page.getByRole('button', { name: 'Menu' }).click();
  await navigation.getByRole('link', { name: 'Overview' }).click();
  await page.locator('.plot canvas').waitFor();
  const [inner, outer] = await page.evaluate<[number, number]>(
    '[innerWidth, document.documentElement.scrollWidth]',
  );
  t.ok(outer <= inner, `${outer} in ${inner}`);
  await screenshot(page, 'overview-small');
  await page.setViewportSize({ width: 1280, height: 860 });
});

t.test('a revoked device is seen to go', async (t) => {
  await navigation.getByRole('link', { name: 'Devices' }).click();
  await page
    .getByRole('row', { name: /Till 3/ })
    .getByText('Online')
    .waitFor();
  await page.getByRole('link', { name: 'Till 3' }).click();
  await page.getByRole('button', { name: 'Revoke' }).click();
  const closed = once(scanner.client, 'closed');
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await closed;
  await page.getByRole('main').getByText('Revoked', { exact: true }).waitFor();
  await navigation.getByRole('link', { name: 'Devices' }).click();
  await page
    .getByRole('row', { name: /Till 3/ })
    .getByText('Revoked')
    .waitFor();
  t.equal(
    await page
      .getByRole('row', { name: /Till 3/ })
      .getByText('Online')
      .count(),
    0,
  );
  t.notOk(await unmarked());
});

t.test('signing out elsewhere ends what is on screen here', async (t) => {
  const [other] = await Promise.all([context.newPage()]);
  await other.goto(at('/account'));
  await other.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await other.close();
  t.same(complaints, [], 'and nothing went wrong in the browser on the way');
});
