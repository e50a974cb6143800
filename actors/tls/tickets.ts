/** TLS ticket keys: sealed in the settings, so that clients resume their sessions after a restart. */
import { PLATFORM_TENANT, type Random, type Sealer, type Store, type Write } from '../../engine/ports.ts';

const TICKET_KEY_BYTES = 48;

/** The listeners have keys of their own: a ticket of one is nothing to the other. */
const SETTINGS = { device: 'tls_ticket_keys', public: 'tls_ticket_keys_public' } as const;
export type TicketedListener = keyof typeof SETTINGS;

interface TicketPorts {
  readonly random: Random;
  readonly sealer: Sealer;
  readonly store: Store;
}

/** The listener's keys, made when there are none yet. */
export async function ticketKeys(ports: TicketPorts, listener: TicketedListener): Promise<Uint8Array> {
  const name = SETTINGS[listener];
  const kept = await ports.store.get('settings', { name });
  if (kept !== null) return ports.sealer.open(Buffer.from(String(kept.value), 'base64'), name);
  const { write, keys } = freshTicketKeys(ports, listener);
  await ports.store.commit({ tenantId: PLATFORM_TENANT, writes: [write] });
  return keys;
}

/** New keys, and the write that makes them the listener's: no session of before is resumed with them. */
export function freshTicketKeys(
  { random, sealer }: Omit<TicketPorts, 'store'>,
  listener: TicketedListener,
): { readonly keys: Uint8Array; readonly write: Write } {
  const name = SETTINGS[listener];
  const keys = random.bytes(TICKET_KEY_BYTES);
  const value = Buffer.from(sealer.seal(keys, name)).toString('base64');
  return { keys, write: { upsert: 'settings', row: { name, value, version: 1 } } };
}
