/** The console of a platform administrator in a browser, on an engine of its own: at its end it speaks HTTPS. */
import t from 'tap';
import { hasChromium } from '../support/browser.ts';
import { available } from '../support/require.ts';

if (available(t, 'chromium', hasChromium)) {
  await import('./browser/platform.ts');
}
