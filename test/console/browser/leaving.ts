/** How things end: a scanner that is revoked, and a session. */
import { once } from 'node:events';
import t from 'tap';
import { at, context, page, place, row, till, unmarked } from './world.ts';

t.test('a revoked device is seen to go', async (t) => {
  await place('/devices').click();
  await row(/Till 3/)
    .getByText('Online')
    .waitFor();
  await page.getByRole('link', { name: 'Till 3' }).click();
  await page.getByRole('button', { name: 'Revoke' }).click();
  const closed = once(till.scanner.client, 'closed');
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await closed;
  await page.getByRole('main').getByText('Revoked', { exact: true }).waitFor();
  await place('/devices').click();
  await row(/Till 3/)
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
  const other = await context.newPage();
  await other.goto(at('/account'));
  await other.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await other.close();
  t.notOk(await unmarked());
});
