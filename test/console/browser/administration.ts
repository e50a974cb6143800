/** What a tenant's administrator sets up: clients, webhooks, linked services, people; and the log of all of it. */
import { generateKeyPairSync } from 'node:crypto';
import type { Locator } from 'playwright-core';
import t from 'tap';
import { screenshot } from '../../support/browser.ts';
import { Receiver } from '../../support/receiver.ts';
import { Shops } from '../../support/shop.ts';
import { capture } from '../../support/tenant.ts';
import { dialog, node, page, place, row, tenant, unmarked } from './world.ts';

t.test('an OAuth client is made with a secret that works until it is deleted', async (t) => {
  await place('/clients').click();
  await page.getByRole('button', { name: 'New client' }).first().click();
  await dialog.getByLabel('Name').fill('Cash desk');
  await dialog.getByLabel('kyc:write').uncheck();
  await screenshot(page, 'clients-create');
  await dialog.getByRole('button', { name: 'Create client' }).click();
  await dialog.getByRole('heading', { name: 'Secret of Cash desk' }).waitFor();
  await screenshot(page, 'clients-secret');
  const [client_id = '', client_secret = ''] = await dialog.locator('code').allInnerTexts();
  const token = () =>
    node.rest('POST', '/v1/auth/token', {
      body: { grant_type: 'client_credentials', client_id, client_secret },
    });
  t.equal((await token()).status, 200);
  await dialog.getByRole('button', { name: 'I have kept it' }).click();
  await row(/Cash desk/)
    .getByText('11 scopes')
    .waitFor();
  await row(/Cash desk/)
    .getByRole('button', { name: 'Delete' })
    .click();
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await row(/Cash desk/).waitFor({ state: 'detached' });
  t.equal((await token()).status, 401);
});

t.test('a webhook is tested, and what it was sent is replayed', async (t) => {
  const receiver = await Receiver.open();
  await place('/webhooks').click();
  await page.getByRole('button', { name: 'New webhook' }).first().click();
  await dialog.getByLabel('Name').fill('Loyalty points');
  await dialog.getByLabel('Address').fill(receiver.url);
  await screenshot(page, 'webhooks-create');
  await dialog.getByRole('button', { name: 'Create webhook' }).click();
  await dialog.getByText(/^whsec_/).waitFor();
  await dialog.getByRole('button', { name: 'I have kept it' }).click();
  await page.getByRole('link', { name: 'Loyalty points' }).click();
  await page.getByText('Nothing was sent yet').waitFor();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await row(/^Test/).getByText('Delivered').waitFor();
  await row(/^Test/).getByRole('button', { name: 'Replay' }).click();
  const tests = await receiver.until(2, ({ event }) => event.event_type === 'webhook.test');
  t.equal(tests[0]?.text, tests[1]?.text, 'the same event');
  await row(/^Test/).nth(1).getByText('Delivered').waitFor();
  t.notOk(await unmarked());

  const user = await tenant.user('replayed');
  await node.rest('POST', `/v1/users/${user.user_id}/suspend`, { headers: tenant.admin, body: {} });
  await row(/^User suspended/)
    .getByText('Delivered')
    .waitFor();
  await page.getByRole('button', { name: 'Replay a time' }).click();
  await dialog.getByLabel('From').fill('2020-01-01T00:00');
  await dialog.getByLabel('To').fill('2099-01-01T00:00');
  await dialog.getByRole('button', { name: 'Send again' }).click();
  await page.getByText('1 event is sent again').waitFor();
  await receiver.until(2, ({ event }) => event.event_type === 'user.suspended');
  await row(/^User suspended/)
    .nth(1)
    .getByText('Delivered')
    .waitFor();
});

t.test('the breaker of a linked service opens before the reader’s eyes', async (t) => {
  const backend = await new Shops(node, tenant).product();
  await place('/services').click();
  await page.getByRole('button', { name: 'Link a service' }).first().click();
  await dialog.getByLabel('Product').fill('coffee');
  await dialog.getByLabel('Address').fill(backend.url);
  await screenshot(page, 'services-create');
  await dialog.getByRole('button', { name: 'Link', exact: true }).click();
  backend.secret = await dialog.getByText(/^whsec_/).innerText();
  await dialog.getByRole('button', { name: 'I have kept it' }).click();
  await row(/coffee/)
    .getByText('Closed: asks')
    .waitFor();
  const bar = await tenant.scanner({ device_class: 'pos', bound_product: 'coffee', bound_action: 'charge' });
  backend.behaviour = 'fail';
  for (let asked = 0; asked < 5; asked += 1)
    await bar.client.transaction(capture(7), { amount: 12, currency: 'SAR' });
  await row(/coffee/)
    .getByText('Open: does not ask')
    .waitFor();
  await row(/coffee/)
    .getByText(/^tries/)
    .waitFor();
  t.notOk(await unmarked());
});

t.test('somebody is invited, given another role and removed', async (t) => {
  await place('/people').click();
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await dialog.getByLabel('E-mail').fill('sara@example.com');
  await dialog.getByLabel('Name').fill('Sara Al-Qahtani');
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  await row(/sara@/).getByText('Viewer').waitFor();
  await row(/sara@/).getByRole('button', { name: 'Change role' }).click();
  await dialog.getByLabel('Role').selectOption('operator');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await row(/sara@/).getByText('Operator').waitFor();
  await row(/sara@/).getByRole('button', { name: 'Change role' }).click();
  t.equal(await dialog.getByLabel('Role').inputValue(), 'operator', 'a choice begins at what is');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await row(/sara@/).getByRole('button', { name: 'Remove' }).click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await row(/sara@/).waitFor({ state: 'detached' });
  t.notOk(await unmarked());
});

t.test('the audit log says what was done', async (t) => {
  await place('/audit').click();
  await page.getByLabel('Event').fill('webhook_replayed');
  await row(/webhook_replayed/)
    .nth(1)
    .waitFor();
  await row(/linked_service_created/).waitFor({ state: 'detached' });
  await row(/webhook_replayed/)
    .first()
    .getByRole('button', { name: 'Show' })
    .click();
  await dialog.getByText('webhook_id').waitFor();
  await screenshot(page, 'audit-record');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Check the chain' }).click();
  await page.getByText(/^All \d+ records stand/).waitFor();
  t.notOk(await unmarked());
});

/** Presses Save there, and waits for the answer: what a page says of an earlier save may still be on screen. */
async function save(card: Locator): Promise<void> {
  const answer = page.waitForResponse(
    (response) => response.request().method() === 'PATCH' && response.url().endsWith('/v1/tenant/config'),
  );
  await card.getByRole('button', { name: 'Save' }).click();
  await answer;
}

t.test('settings hold at once, and an identity provider comes and goes', async (t) => {
  await place('/settings').click();
  const people = page.locator('.card', { hasText: 'How people sign in' });
  await people.getByLabel('Code by text message').check();
  await people.getByLabel('A palm is used only with consent').uncheck();
  await save(people);
  const matching = page.locator('.card', { hasText: 'Lowest quality of a scan' });
  await matching.getByLabel('Lowest quality of a scan').fill('7');
  await save(matching);
  await matching.getByText('Please correct the fields that are marked.').waitFor();
  await matching.getByLabel('Lowest quality of a scan').fill('0.25');
  await matching.getByLabel('A palm that somebody else has').selectOption('flag');
  await save(matching);
  await matching.getByRole('alert').waitFor({ state: 'detached' });
  t.match((await node.rest('GET', '/v1/tenant/config', { headers: tenant.admin })).data, {
    auth_methods: ['password', 'email_otp', 'mobile_otp'],
    consent_required: false,
    quality_min: 0.25,
    duplicate_policy: 'flag',
  });

  const provider = page.locator('.card', { hasText: 'Identity provider' });
  await provider.getByLabel('Issuer').fill('https://id.example');
  await provider.getByLabel('Audience').fill('wallets');
  await provider.getByLabel('Its keys (JSON').fill('{ "keys": ');
  await provider.getByRole('button', { name: 'Save' }).click();
  await provider.getByText('This is no JSON.').waitFor();
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const keys = [{ ...key, kid: 'one', alg: 'ES256', use: 'sig' }];
  await provider.getByLabel('Its keys (JSON').fill(JSON.stringify({ keys }));
  await provider.getByRole('button', { name: 'Save' }).click();
  await provider.getByRole('button', { name: 'Remove' }).click();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await dialog.waitFor({ state: 'detached' });
  await provider.getByRole('button', { name: 'Remove' }).waitFor({ state: 'detached' });
  const none = await node.rest('GET', '/v1/tenant/identity-provider', { headers: tenant.admin });
  t.equal(none.code, 'identity_provider_not_found');
  t.notOk(await unmarked());
});
