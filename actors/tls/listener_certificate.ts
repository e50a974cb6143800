/**
 * The device listener's own certificate, kept sealed between starts: to issue one takes longer than all else that a
 * start does with keys, and scanners need not see another one after each.
 */
import { X509Certificate } from 'node:crypto';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import type { Context } from '../context.ts';

const NAME = 'device_listener_certificate';

interface Kept {
  /** Of the CA that issued it, and the names it is for: those of another CA or other names are of no use. */
  readonly authority: string;
  readonly names: readonly string[];
  readonly certPem: string;
  /** Base64 of the sealed private key. */
  readonly key: string;
}

interface Made {
  /** The certificate first, then its chain. */
  readonly certPem: string;
  readonly keyPem: string;
}

/** The one that is kept, if it is for these names and of this CA, and the second half of its life has not begun. */
export async function keptCertificate(
  { store, sealer, clock }: Context,
  authority: string,
  names: readonly string[],
): Promise<Made | null> {
  const row = await store.get('settings', { name: NAME });
  if (row === null) return null;
  const kept = row.value as unknown as Kept;
  if (kept.authority !== authority || kept.names.join() !== names.join()) return null;
  const { validFrom, validTo } = new X509Certificate(kept.certPem);
  if (clock.now() > (Date.parse(validFrom) + Date.parse(validTo)) / 2) return null;
  const keyPem = Buffer.from(sealer.open(Buffer.from(kept.key, 'base64'), NAME)).toString();
  return { certPem: kept.certPem, keyPem };
}

export async function keepCertificate(
  { store, sealer }: Context,
  authority: string,
  names: readonly string[],
  { certPem, keyPem }: Made,
): Promise<void> {
  const key = Buffer.from(sealer.seal(Buffer.from(keyPem), NAME)).toString('base64');
  const value = { authority, names, certPem, key };
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [{ upsert: 'settings', row: { name: NAME, value, version: 1 } }],
  });
}
