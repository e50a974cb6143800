/** A platform administrator: tenants and their lives, thresholds, certificates. */
import { once } from 'node:events';
import { TestAuthority } from '../../support/certificates.ts';
import { secureRest } from '../../support/tls.ts';
import type { Story } from './stage.ts';

export const platformAdministrator: Story = {
  who: 'a platform administrator',
  async tell(t, stage) {
    const { platform } = stage;
    const { tenantId, api } = await stage.tenant();
    const params = { id: tenantId };

    t.comment('the tenant among all');
    const rows = [];
    for await (const tenant of platform.all('listTenants', { query: { page_size: 2 } })) rows.push(tenant);
    t.match(
      rows.find(({ tenant_id }) => tenant_id === tenantId),
      { status: 'active', identity_count: 0 },
    );
    const renamed = await platform.call('updateTenant', {
      params,
      body: { name: 'Renamed', region: 'me-central1' },
    });
    t.match(renamed, { name: 'Renamed', region: 'me-central1' });

    t.comment('suspended: its clients are refused and its scanners cut off; reactivated: all is well');
    const device = await api.call('registerDevice', { body: { device_name: 'S', location: 'L' } });
    const scanner = await stage.scanner(device.pairing_code);
    const closed = once(scanner.socket, 'closed');
    t.equal((await platform.call('suspendTenant', { params })).status, 'suspended');
    await t.rejects(api.call('listDevices'), { status: 403, code: 'tenant_suspended' });
    t.match((await closed)[0], { code: 4403 });
    t.equal((await platform.call('reactivateTenant', { params })).status, 'active');
    t.equal((await api.call('listDevices')).length, 1);

    t.comment('thresholds: ten of them, versioned');
    const before = await platform.call('getPalmThresholds');
    await t.rejects(platform.call('setPalmThresholds', { body: { thresholds: [0.5, 0.5, 0.5, 0.5] } }), {
      code: 'validation_failed',
    });
    const after = await platform.call('setPalmThresholds', { body: { thresholds: before.thresholds } });
    t.equal(after.version, before.version + 1);
    t.match(await platform.call('getPalmModel'), { migration_status: 'none' });
    t.match(await platform.call('getPalmHealth'), { vendor: String });

    t.comment('deactivated, with thirty days to think again');
    t.equal((await platform.call('deactivateTenant', { params })).status, 'deactivating');
    await t.rejects(api.call('listDevices'), { code: 'tenant_suspended' });
    t.equal((await platform.call('reactivateTenant', { params })).status, 'active');

    await scanner.socket.connect();

    t.comment('a server certificate: the public listener speaks HTTPS from here on');
    t.match(await platform.call('getTlsStatus'), { server_cert_configured: false });
    const outside = await TestAuthority.make();
    const { certPem, keyPem } = await outside.server('localhost');
    const address = stage.baseUrl;
    const uploaded = await platform.call('uploadServerCertificate', {
      body: { certificate: certPem, private_key: keyPem, chain: outside.caPem },
    });
    t.match(uploaded.names, ['localhost']);
    const secure = await secureRest(address, outside.caPem, 'GET', '/.well-known/jwks.json', {});
    t.equal(secure.status, 200);
    t.ok(scanner.socket.session, 'the scanner is still connected');
  },
};
