/** How pages are looked at: by a scan for what keeps people out, and in pictures for whoever opens them. */

import type { Locator } from 'playwright-core';
import type { Test } from 'tap';
import { screenshot, seriousViolations } from '../../support/browser.ts';
import { page } from './world.ts';

/** All of both; otherwise each page is seen one way or the other in turn, for looking takes most of these files' time. */
export const thorough = process.env.THENAR_AXE === 'all';

/** A page, by how it is reached from the one before it, and what is there once it is read. */
export type Look = readonly [name: string, link: () => Locator, there: string];

/** Light and English, or dark and Arabic: colours do not depend on the language, so two looks show all four. */
export async function lookAt(t: Test, pages: readonly Look[]): Promise<void> {
  for (const [number, [name, link, there]] of pages.entries()) {
    await link().click();
    await page.locator(there).first().waitFor();
    if (thorough || number % 2 === 0) {
      t.same(await seriousViolations(page), [], `${name}, light, English`);
      await screenshot(page, `${name}-light`);
    }
    if (thorough || number % 2 === 1) {
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.getByRole('button', { name: 'العربية' }).click();
      await page.locator('html[dir=rtl]').waitFor();
      t.same(await seriousViolations(page), [], `${name}, dark, Arabic`);
      await screenshot(page, `${name}-dark-arabic`);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.getByRole('button', { name: 'English' }).click();
    }
  }
}
