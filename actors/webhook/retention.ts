/** Deliveries and events past their life leave the database, a page at a time so that no commit is long. */
import { limits } from '../../engine/limits.ts';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { Context } from '../context.ts';

export async function forgetOldDeliveries(context: Context): Promise<void> {
  const { clock, store } = context;
  const now = clock.now();
  for (;;) {
    const where = { createdAt: { lt: now - limits.webhook_delivery_life_ms } };
    const old = await store.list('deliveries', { where, limit: limits.read_page_max });
    if (old.length === 0) break;
    const deliveryId = { in: old.map((delivery) => delivery.deliveryId) };
    await store.commit({
      tenantId: PLATFORM_TENANT,
      writes: [{ delete: 'deliveries', where: { deliveryId } }],
    });
  }
  for (;;) {
    const where = { createdAt: { lt: now - limits.webhook_event_life_ms } };
    const old = await store.list('webhookEvents', { where, limit: limits.read_page_max });
    if (old.length === 0) break;
    const eventId = { in: old.map((event) => event.eventId) };
    await store.commit({
      tenantId: PLATFORM_TENANT,
      writes: [{ delete: 'webhookEvents', where: { eventId } }],
    });
  }
}
