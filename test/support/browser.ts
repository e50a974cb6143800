/** Headless Chromium of this machine, for tests of pages. */
import { existsSync, mkdirSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import tap from 'tap';
import { assetPath } from '../../engine/asset.ts';

/** Debian's; another is named by the environment. */
const executablePath = process.env.THENAR_CHROMIUM ?? '/usr/bin/chromium';

export const hasChromium = existsSync(executablePath);

/** Longer than any page takes on a machine that is busy with other tests. */
const PATIENCE_MS = 30_000;

/** One browser a file; it is closed when the file's tests are over. */
export async function openBrowser(): Promise<Browser> {
  // Chromium refuses its sandbox to root, as whom tests run in containers; all it visits is ours.
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  tap.teardown(() => browser.close());
  return browser;
}

/** A context whose pages may not complain: errors, and whatever the policy kept from them. */
export async function openContext(
  browser: Browser,
  options: BrowserContextOptions,
): Promise<{ readonly context: BrowserContext; readonly complaints: readonly string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    // Refusals that a test asked for are said by the browser too.
    const asked = /Failed to load resource/.test(message.text());
    if (message.type() === 'error' && !asked) complaints.push(message.text());
  });
  return { context, complaints };
}

/** What axe-core finds that keeps people out: violations that are serious or critical, each with where it is. */
export async function seriousViolations(page: Page): Promise<string[]> {
  const builder = new AxeBuilder({ page }).setLegacyMode(true).options({ resultTypes: ['violations'] });
  const { violations } = await builder.analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
    );
}

/** Into a folder that git ignores, for people to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = assetPath('test', 'screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true, animations: 'disabled' });
}
