/** One engine, one tenant, one browser and one page for every story of the console. */
import { openBrowser, openContext } from '../../support/browser.ts';
import { startTestNode } from '../../support/node.ts';
import { TestTenant } from '../../support/tenant.ts';

const [started, browser] = await Promise.all([startTestNode(), openBrowser()]);
export const node = started;
export const tenant = await TestTenant.create(node);
export const { context, complaints } = await openContext(browser, { locale: 'en-GB', colorScheme: 'light' });
export const page = await context.newPage();
export const navigation = page.getByRole('navigation', { name: /^(Pages|الصفحات)$/ });

/** An address of the console. */
export const at = (path: string): string => `${node.urls.publicUrl}/console${path}`;

/** Whether the page was loaded anew since the first story marked it. */
export const unmarked = (): Promise<boolean> => page.evaluate(() => !('kept' in globalThis));
