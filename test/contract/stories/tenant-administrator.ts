/** A tenant administrator: configuration, clients, webhooks, services, and a user who is suspended. */

import { firstPassword } from '../../support/accounts.ts';
import { Receiver } from '../../support/receiver.ts';
import type { Story } from './stage.ts';

export const tenantAdministrator: Story = {
  who: 'a tenant administrator',
  async tell(t, stage) {
    const { administrator, tenantId, api } = await stage.tenant();

    t.comment('logged in');
    t.match(await administrator.call('getMe'), { role: 'tenant_admin', tenant_id: tenantId });

    t.comment('a colleague, who may look after users but not the set-up');
    const email = `operator@${stage.name('invited')}.example`;
    await administrator.call('inviteConsoleUser', { body: { email, role: 'operator' } });
    const operator = stage.session({ email, password: await firstPassword(stage.node, email) });
    t.match(await operator.call('getMe'), { role: 'operator', tenant_id: tenantId });
    await t.rejects(operator.call('updateTenantConfig', { body: {} }), { code: 'forbidden' });

    t.comment('the configuration');
    t.equal((await administrator.call('getTenantConfig')).consent_required, false);
    const changed = await administrator.call('updateTenantConfig', { body: { duplicate_policy: 'flag' } });
    t.match(changed, { duplicate_policy: 'flag', consent_required: false });

    t.comment('a client of its own systems');
    const till = await administrator.call('createClient', {
      body: { name: 'till', scopes: ['devices:read'] },
    });
    const tillApi = stage.client(till);
    t.same(await tillApi.call('listDevices'), []);
    await t.rejects(tillApi.call('createUser', { body: {} }), { code: 'insufficient_scope' });
    const params = { id: till.client_id };
    const renewed = await administrator.call('regenerateClientSecret', { params });
    const { client_id } = till;
    await t.rejects(stage.client(till).call('listDevices'), { code: 'invalid_client' });
    const again = stage.client({ client_id, client_secret: renewed.client_secret });
    t.same(await again.call('listDevices'), []);
    await administrator.call('deleteClient', { params });
    await t.rejects(again.call('listDevices'), 'its tokens are dead at once');

    t.comment('a webhook, tried out');
    const receiver = await Receiver.open();
    const webhook = await administrator.call('createWebhook', {
      body: {
        name: 'Events',
        endpoint: receiver.url,
        events: ['user.suspended', 'user.reactivated'],
      },
    });
    await administrator.call('testWebhook', { params: { id: webhook.webhook_id } });
    await receiver.until(1, ({ event }) => event.event_type === 'webhook.test');

    t.comment('a linked service');
    await administrator.call('createLinkedService', {
      body: { product_key: 'gym', base_url: 'http://127.0.0.1:9' },
    });
    t.match(await administrator.call('listLinkedServices'), [{ product_key: 'gym' }]);

    t.comment('a user suspended: no verification, and a webhook says so; then reactivated');
    const user = await operator.call('listUsers', { query: { search: 'nobody-yet' } });
    t.same(user, []);
    const { user_id } = await api.call('createUser', {
      body: { external_user_id: 'emp-1', name: 'A. Person' },
    });
    const found = await administrator.call('listUsers', { query: { search: 'emp-1', status: 'active' } });
    t.match(found, [{ user_id, palm_enrolled: false }]);
    await administrator.call('suspendUser', { params: { id: user_id }, body: { reason: 'Badge lost.' } });
    const [suspended] = await receiver.until(1, ({ event }) => event.event_type === 'user.suspended');
    t.match(suspended?.event.data, { user_id, status: 'suspended', reason: 'Badge lost.' });
    const device = await api.call('registerDevice', { body: { device_name: 'S', location: 'L' } });
    const scanner = await stage.scanner(device.pairing_code);
    const asked = { user_id, hardware_id: scanner.hardwareId, palm_type: 'left' } as const;
    await t.rejects(api.call('createEnrolment', { body: asked }), { code: 'user_suspended' });
    await administrator.call('reactivateUser', { params: { id: user_id }, body: {} });
    await receiver.until(1, ({ event }) => event.event_type === 'user.reactivated');
    t.match(await api.call('createEnrolment', { body: asked }), { status: 'pending' });

    t.comment('numbers');
    t.match(await administrator.call('getTenantStatistics'), {
      total_identities: 1,
      user_status: { active: 1 },
      devices: { online: 1, total: 1 },
    });

    t.comment('what was done is on record');
    const records = await administrator.call('listAuditLogs');
    for (const what of ['linked_service_created', 'user_suspended', 'user_reactivated']) {
      t.ok(
        records.some(({ event_type }) => event_type === what),
        what,
      );
    }
    const ofUser = await administrator.call('listAuditLogs', {
      query: { user_id, event_type: 'user_suspended' },
    });
    t.match(ofUser, [{ user_id, event_type: 'user_suspended' }]);
  },
};
