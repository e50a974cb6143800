/** The inspector in a browser, on an engine of its own. */
import t from 'tap';
import { hasChromium } from '../support/browser.ts';
import { available } from '../support/require.ts';

if (available(t, 'chromium', hasChromium)) await import('./browser/inspector.ts');
