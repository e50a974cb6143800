/** Every page of a tenant, light and dark, English and Arabic. */
import t from 'tap';
import { screenshot } from '../../support/browser.ts';
import { type Look, lookAt } from './looks.ts';
import { page, place, unmarked } from './world.ts';

const pages: readonly Look[] = [
  ['overview', () => place('/'), '.plot canvas'],
  ['users', () => place('/users'), 'tbody tr'],
  ['user', () => page.getByRole('link', { name: /Noura/ }), '.things li'],
  ['devices', () => place('/devices'), 'tbody tr'],
  ['device', () => page.getByRole('link', { name: 'Till 3' }), '.facts'],
  ['challenges', () => place('/challenges'), 'tbody tr'],
  ['challenge', () => page.locator('tbody a').first(), '.scores'],
  ['clients', () => place('/clients'), 'tbody tr'],
  ['webhooks', () => place('/webhooks'), 'tbody tr'],
  ['webhook', () => page.getByRole('link', { name: 'Loyalty points' }), 'tbody tr'],
  ['services', () => place('/services'), 'tbody tr'],
  ['audit', () => place('/audit'), 'tbody tr'],
  ['people', () => place('/people'), 'tbody tr'],
  ['settings', () => place('/settings'), 'form'],
  ['account', () => page.locator('.person a'), 'form'],
];

t.test('nobody is kept out of a page, light or dark, English or Arabic', async (t) => {
  await lookAt(t, pages);
  t.notOk(await unmarked());
});

t.test('on a small screen nothing is cut off, and the pages are behind a button', async (t) => {
  await page.setViewportSize({ width: 390, height: 780 });
  await page.getByRole('button', { name: 'Menu' }).click();
  await place('/').click();
  await page.locator('.plot canvas').waitFor();
  const [inner, outer] = await page.evaluate<[number, number]>(
    '[innerWidth, document.documentElement.scrollWidth]',
  );
  t.ok(outer <= inner, `${outer} in ${inner}`);
  await screenshot(page, 'overview-small');
  await page.setViewportSize({ width: 1280, height: 860 });
});
