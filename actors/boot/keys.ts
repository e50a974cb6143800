/** Token signing keys: rotated on schedule, the new one published before it signs. */
import { limits } from '../../engine/limits.ts';
import { type Clock, PLATFORM_TENANT, type Sealer, type Store, type Write } from '../../engine/ports.ts';
import { KeyRing } from '../../engine/tokens/keyRing.ts';
import { createSigningKey, rotationDue } from '../../engine/tokens/signingKey.ts';

/** Makes the key that is due, retires what verifies nothing any more, and returns the ring. */
export async function rotateKeys(ports: {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
}): Promise<{ readonly ring: KeyRing; readonly changed: boolean }> {
  const { store, sealer, clock } = ports;
  const keys = await store.list('signingKeys', {
    order: [['signsFrom', 'asc']],
    limit: limits.read_page_max,
  });
  const plan = rotationDue(keys, clock.now());
  const writes: Write[] = plan.retire.map((kid) => ({ delete: 'signingKeys', where: { kid } }));
  const kept = keys.filter((key) => !plan.retire.includes(key.kid));
  if (plan.create !== null) {
    const created = await createSigningKey({ ...plan.create, now: clock.now(), sealer });
    writes.push({ insert: 'signingKeys', row: created });
    kept.push(created);
  }
  if (writes.length > 0) {
    await store.commit({
      tenantId: PLATFORM_TENANT,
      writes,
      audit: [
        { eventType: 'signing_keys_rotated', actor: 'engine', details: { keys: kept.map((key) => key.kid) } },
      ],
    });
  }
  return { ring: await KeyRing.load(kept, sealer), changed: writes.length > 0 };
}
