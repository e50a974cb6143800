import type { ConsoleCaller } from '../../actors/calls.ts';
import { ThenarError } from '../../engine/errors.ts';
import { type Eventually, then } from '../../engine/eventually.ts';
import { canonicalUuid, isUuid } from '../../engine/uuid.ts';
import type { Exchange } from '../http/exchange.ts';
import type { HttpRequest } from '../http/message.ts';

/** What X-Tenant-Id names, which may be no tenant at all. */
export function namedTenant(headers: HttpRequest['headers']): string | undefined {
  const named = headers['x-tenant-id'];
  return named === undefined ? undefined : canonicalUuid(named);
}

/**
 * The tenant a console session acts on: its own, or for a platform administrator the one that X-Tenant-Id names.
 * @throws ThenarError forbidden, tenant_required, tenant_not_found
 */
export function actingTenant({ request, listener }: Exchange, caller: ConsoleCaller): Eventually<string> {
  const named = namedTenant(request.headers);
  if (caller.tenantId !== null) {
    if (named !== undefined && named !== caller.tenantId) {
      throw new ThenarError('forbidden', 'Only a platform administrator may name a tenant.');
    }
    return caller.tenantId;
  }
  if (named === undefined) {
    throw new ThenarError('tenant_required', 'A platform administrator names the tenant in X-Tenant-Id.');
  }
  if (!isUuid(named)) throw new ThenarError('tenant_not_found', 'There is no such tenant.');
  return then(listener.api.tenants.get(named), ({ tenantId, status }) => {
    if (status === 'deleted') throw new ThenarError('tenant_not_found', 'This tenant is deleted.');
    return tenantId;
  });
}
