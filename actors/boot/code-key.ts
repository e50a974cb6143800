/** The key under which one-time codes are hashed: made at first start, sealed in the settings. */
import { PLATFORM_TENANT, type Random, type Sealer, type Store } from '../../engine/ports.ts';

const NAME = 'one_time_code_key';

export async function readCodeKey(ports: {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly random: Random;
}): Promise<Uint8Array> {
  const { store, sealer, random } = ports;
  const kept = await store.get('settings', { name: NAME });
  if (kept !== null) return sealer.open(Buffer.from(String(kept.value), 'base64'), NAME);
  const key = random.bytes(32);
  const value = Buffer.from(sealer.seal(key, NAME)).toString('base64');
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [{ insert: 'settings', row: { name: NAME, value, version: 1 } }],
  });
  return key;
}
