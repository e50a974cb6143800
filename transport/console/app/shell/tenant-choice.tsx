import { useId } from 'preact/hooks';
import { useResource } from '../api/resource.ts';
import { actOn, tenantId } from '../api/session.ts';
import type { TenantRow } from '../api/wire.ts';
import { t } from '../words/words.ts';

/** A platform administrator acts on one tenant at a time; which one stands above every page. */
export function TenantChoice() {
  const id = useId();
  const tenants = useResource<readonly TenantRow[]>(
    '/v1/admin/tenants',
    { page_size: 200, sort: 'name' },
    { watch: ['tenant'] },
  );
  const rows = (tenants.data ?? []).filter(({ status }) => status !== 'deleted');
  return (
    <span class="tenant-choice">
      <label for={id}>{t('tenant')}</label>
      <select
        id={id}
        value={tenantId.value ?? ''}
        onChange={(event) => actOn(event.currentTarget.value === '' ? null : event.currentTarget.value)}
      >
        <option value="">{t('tenant.choose')}</option>
        {rows.map((tenant) => (
          <option key={tenant.tenant_id} value={tenant.tenant_id}>
            {tenant.name}
          </option>
        ))}
      </select>
    </span>
  );
}
