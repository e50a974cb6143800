/** The list of a tenant's devices: filters, order, and what only memory knows. */
import type { Condition, Where } from '../../engine/ports.ts';
import type { DeviceRecord } from '../../engine/records.ts';
import type { DeviceQuery, DeviceShown, Page } from '../api.ts';
import type { TenantCall } from '../calls.ts';
import type { Context } from '../context.ts';

export async function listDevices(
  context: Context,
  call: TenantCall,
  query: DeviceQuery,
): Promise<Page<DeviceShown>> {
  const { rows, total } = await context.store.page('devices', {
    where: whereOf(context, call.tenantId, query),
    // The identifier last, so that pages neither repeat nor miss devices that are equal in the rest.
    order: [
      [query.sort ?? 'createdAt', query.order ?? 'desc'],
      ['deviceId', 'asc'],
    ],
    limit: query.pageSize,
    offset: (query.page - 1) * query.pageSize,
  });
  return {
    rows: rows.map((row) => showDevice(context, context.views.devices.get(row.deviceId) ?? row)),
    total,
  };
}

/** A connected scanner is seen now: it would have missed its heartbeats otherwise. */
export function showDevice(context: Context, device: DeviceRecord): DeviceShown {
  const online = context.views.connections.has(device.deviceId);
  return { ...device, online, ...(online ? { lastSeenAt: context.clock.now() } : {}) };
}

function whereOf(context: Context, tenantId: string, query: DeviceQuery): Where<'devices'> {
  const { status, deviceClass, online, boundProduct, hardwareId, certificateExpiresBefore } = query;
  return {
    tenantId,
    ...(status === undefined ? {} : { status }),
    ...(deviceClass === undefined ? {} : { deviceClass }),
    ...(boundProduct === undefined ? {} : { boundProduct }),
    ...(hardwareId === undefined ? {} : { hardwareId }),
    ...(certificateExpiresBefore === undefined
      ? {}
      : { certificateExpiresAt: { lt: certificateExpiresBefore } }),
    ...(online === undefined ? {} : { deviceId: onlineCondition(context, tenantId, online) }),
  };
}

function onlineCondition(context: Context, tenantId: string, online: boolean): Condition<string> {
  const connected = [...context.views.connections.values()]
    .filter((connection) => connection.tenantId === tenantId)
    .map((connection) => connection.deviceId);
  return online ? { in: connected } : { notIn: connected };
}
