/** The inspector at the ops listener's root: on a real engine, then on ten thousand actors. */
import t from 'tap';
import { systemClock } from '../../../engine/system.ts';
import { createOpsListener } from '../../../transport/ops/listener.ts';
import { screenshot, seriousViolations } from '../../support/browser.ts';
import { fakeApi } from '../../support/fake-api.ts';
import { id } from '../../support/fake-records.ts';
import { listenerOptions, unmetered } from '../../support/http.ts';
import { capture, enrolmentScans, type TestScanner } from '../../support/tenant.ts';
import { thorough } from './looks.ts';
import { complaints, context, node, tenant } from './world.ts';

const page = await context.newPage();
const tree = page.getByRole('treegrid', { name: 'Actors' });
const rows = tree.locator('tbody tr');
const search = page.getByRole('searchbox');
const detail = page.getByRole('complementary');
const dialog = page.getByRole('dialog');
let scanner: TestScanner;

t.test('a challenge that begins is seen to come and to end', async (t) => {
  scanner = await tenant.scanner({ device_name: 'Gate 9' });
  const user = await tenant.must('POST', '/v1/users', { external_user_id: 'gate-person' });
  await scanner.client.enrol(user.user_id, enrolmentScans(19));
  await page.goto(node.node.opsUrl);
  await page.getByText('Live', { exact: true }).waitFor();
  await rows.filter({ hasText: 'Devices' }).first().waitFor();
  await page.evaluate(() => Object.assign(globalThis, { kept: true }));
  await scanner.askVerification(user);
  const { challenge_id: challengeId } = scanner.presented.at(-1)!;
  await search.fill(challengeId);
  await rows.filter({ hasText: challengeId }).click();
  await detail.getByText('presented').first().waitFor();
  await scanner.client.complete(challengeId, [capture(19)]);
  await detail.getByText('completed').or(detail.getByText('not in memory')).first().waitFor();
  await page.keyboard.press('Escape');
  await detail.waitFor({ state: 'detached' });
  t.notOk(await page.evaluate(() => !('kept' in globalThis)), 'and nothing was loaded anew');
});

t.test('a device is looked into, written, and sent out of memory when it is confirmed', async (t) => {
  const { deviceId } = scanner.credentials;
  const key = `${tenant.tenantId}/${deviceId}`;
  await scanner.client.close();
  await page.getByLabel('Kind').selectOption('Devices');
  await search.fill(deviceId);
  await rows.filter({ hasText: 'paired' }).waitFor();
  // With keys alone: to the last row, which is the device's, and into it.
  await tree.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await detail.getByText('owes_configuration').waitFor();
  await detail.getByText('session_id').waitFor();
  await screenshot(page, 'inspector-actor');
  await detail.getByRole('button', { name: 'Snapshot' }).click();
  await dialog.getByRole('button', { name: 'Snapshot' }).click();
  await page.getByText('Its snapshot is written').waitFor();
  const restarts = () => node.engine.api.ops.actor('device', key)?.restarts;
  const restarted = restarts() ?? 0;
  await detail.getByRole('button', { name: 'Restart' }).click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  t.equal(restarts(), restarted, 'nothing is done that was not confirmed');
  await detail.getByRole('button', { name: 'Restart' }).click();
  await dialog.getByRole('button', { name: 'Restart' }).click();
  await page.getByText('It started again').waitFor();
  t.equal(restarts(), restarted + 1);
  await detail.getByRole('button', { name: 'Passivate' }).click();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  t.ok(node.engine.api.ops.actor('device', key), 'nothing is done that was not confirmed');
  await detail.getByRole('button', { name: 'Passivate' }).click();
  await dialog.getByRole('button', { name: 'Passivate' }).click();
  await page.getByText('It left memory').waitFor();
  await detail.getByText('This actor is not in memory').waitFor();
  await page.getByText('No actor fits').waitFor();
  t.equal(node.engine.api.ops.actor('device', key), null);
});

t.test('shards, connections and dead letters have their lists', async (t) => {
  const scanned = async (name: string, look: 'light' | 'dark'): Promise<void> => {
    await page.emulateMedia({ colorScheme: look });
    t.same(await seriousViolations(page), [], `${name}, ${look}`);
    await screenshot(page, `inspector-${name}-${look}`);
  };
  // One way or the other in turn, as the console's pages are.
  const look = async (name: string, usual: 'light' | 'dark'): Promise<void> => {
    for (const each of thorough ? (['dark', 'light'] as const) : [usual]) await scanned(name, each);
  };
  const views = page.getByRole('navigation');
  await views.getByRole('link', { name: 'Shards' }).click();
  await page.getByRole('row', { name: /flat|hnsw/ }).waitFor();
  await look('shards', 'light');
  await views.getByRole('link', { name: 'Connections' }).click();
  await page.getByText('Scanners with an open socket').waitFor();
  await look('connections', 'dark');
  await views.getByRole('link', { name: 'Dead letters' }).click();
  await page.getByText('since the start').waitFor();
  await look('dead-letters', 'light');
  await page.emulateMedia({ colorScheme: 'light' });
});

/** Ten thousand actors of one tenant, some of which are always busy. */
function manyActors() {
  const { api } = fakeApi();
  let asked = 0;
  const actors = async () => {
    asked += 1;
    const [one] = await api.ops.actors({ limit: 1 });
    return Array.from({ length: 10_000 }, (_, i) => ({
      ...one!,
      key: `${id.tenant}/${String(i).padStart(6, '0')}`,
      kind: i % 4 === 0 ? 'challenge' : 'device',
      mailboxDepth: i === 7_777 ? 40 + asked : 0,
      failed: i === 4_321 ? 2 : 0,
      handled: i % 100 === 0 ? asked : 1,
      lastActiveAt: Date.now(),
    }));
  };
  return { ...api, ops: { ...api.ops, actors, counts: () => ({ live: 10_000, handled: 100 * asked }) } };
}

t.test(
  'ten thousand actors are sorted, searched and walked through, and only those in sight are drawn',
  async (t) => {
    const { anonymousRate: _, ...options } = listenerOptions;
    const listener = { ...options, clock: systemClock, host: '127.0.0.1', port: 0, token: 'only-operators' };
    const server = await createOpsListener(manyActors(), { ...listener, metered: unmetered() });
    t.teardown(() => server.close(0));
    await page.goto(`http://127.0.0.1:${server.port}/`);
    await page.getByLabel('Token').fill('not-this-one');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('alert').waitFor();
    t.same(await seriousViolations(page), []);
    await page.getByLabel('Token').fill('only-operators');
    await page.getByRole('button', { name: 'Open' }).click();
    await rows.filter({ hasText: 'Acme' }).waitFor();
    await screenshot(page, 'inspector-tree-light');
    t.same(await seriousViolations(page), [], 'light');
    await page.getByRole('button', { name: 'List' }).click();
    await tree
      .locator('[aria-rowcount="10001"]')
      .or(page.locator('[aria-rowcount="10001"]'))
      .first()
      .waitFor();
    t.ok((await rows.count()) < 100, `${await rows.count()} rows are drawn`);
    await tree.getByRole('button', { name: 'Waiting' }).click();
    await rows.first().getByText('007777').waitFor();
    await tree.getByRole('button', { name: 'Failed' }).click();
    await rows.first().getByText('004321').waitFor();
    await tree.getByRole('button', { name: 'Actor' }).click();
    await tree.focus();
    await page.keyboard.press('End');
    await rows.last().getByText('009999').waitFor();
    t.ok((await rows.count()) < 100);
    await search.fill('001234');
    await page.locator('[aria-rowcount="2"]').waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.getByRole('button', { name: 'العربية' }).click();
    await page.locator('html[dir=rtl]').waitFor();
    t.same(await seriousViolations(page), [], 'dark, Arabic');
    await screenshot(page, 'inspector-list-dark-arabic');
    await page.getByRole('button', { name: 'English' }).click();
    await page.setViewportSize({ width: 390, height: 780 });
    const [inner, outer] = await page.evaluate<[number, number]>(
      '[innerWidth, document.documentElement.scrollWidth]',
    );
    t.ok(outer <= inner, `${outer} in ${inner}`);
    await screenshot(page, 'inspector-small');
    await page.close();
    t.same(complaints, []);
  },
);
