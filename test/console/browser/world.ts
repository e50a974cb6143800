/** One engine, one tenant, one browser and one page for every story of the console. */

import type { Locator } from 'playwright-core';
import t from 'tap';
import { openBrowser, openContext } from '../../support/browser.ts';
import { FILE_TIMEOUT_MS, startTestNode } from '../../support/node.ts';
import { type TestScanner, TestTenant } from '../../support/tenant.ts';

const [started, browser] = await Promise.all([startTestNode(), openBrowser()]);
// Dozens of pages are drawn, scanned and photographed, which on a busy machine takes minutes; the engine's start set
// the timeout of an ordinary file.
t.setTimeout(3 * FILE_TIMEOUT_MS);
export const node = started;
export const tenant = await TestTenant.create(node);
export const { context, complaints } = await openContext(browser, {
  locale: 'en-GB',
  colorScheme: 'light',
  // The certificate that the console itself uploads is signed by nobody.
  ignoreHTTPSErrors: true,
});
export const page = await context.newPage();
export const navigation = page.getByRole('navigation', { name: /^(Pages|الصفحات)$/ });
export const dialog = page.getByRole('dialog');

/** An address of the console. */
export const at = (path: string): string => `${node.urls.publicUrl}/console${path}`;

/** Its place in the navigation, whatever the language. */
export const place = (path: string): Locator => navigation.locator(`a[href="/console${path}"]`);

/** A row of the list that is on screen. */
export const row = (name: string | RegExp): Locator => page.getByRole('row', { name });

/** Whether the page was loaded anew since the first story marked it. */
export const unmarked = (): Promise<boolean> => page.evaluate(() => !('kept' in globalThis));

/** Fills the form for signing in, which stands in place of every page. */
export async function signIn(credentials: Readonly<Record<'email' | 'password', string>>): Promise<void> {
  await page.getByLabel('E-mail').fill(credentials.email);
  await page.getByLabel('Password').fill(credentials.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

let scanner: TestScanner | null = null;
/** The scanner that the first story pairs, and the last but one revokes. */
export const till = {
  paired(by: TestScanner): void {
    scanner = by;
  },
  get scanner(): TestScanner {
    if (scanner === null) throw new Error('no scanner was paired');
    return scanner;
  },
};
