/** A tenant administrator: configuration, clients, webhooks, services, and a user who is suspended. */
import { Receiver } from '../../support/receiver.ts';
import type { Story } from './stage.ts';

export const tenantAdministrator: Story = {
  who: 'a tenant administrator',
  async tell(t, stage) {
    const { administrator, tenantId } = await stage.tenant();

    t.comment('logged in');
    t.match(await administrator.call('getMe'), { role: 'tenant_admin', tenant_id: tenantId });

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
    await t.rejects(tillApi.call('createUser', { body: {} }), { status: 403, code: 'insufficient_scope' });

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

    t.comment('what was done is on record');
    const records = await administrator.call('listAuditLogs');
    t.ok(records.some(({ event_type }) => event_type === 'linked_service_created'));
  },
};
