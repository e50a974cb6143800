/** The console in a browser. Its stories are told in order: each begins where the last one ended. */
import t from 'tap';
import { hasChromium } from '../support/browser.ts';
import { available } from '../support/require.ts';

if (available(t, 'chromium', hasChromium)) {
  await import('./browser/daily.ts');
  await import('./browser/administration.ts');
  await import('./browser/pages.ts');
  await import('./browser/leaving.ts');
}
