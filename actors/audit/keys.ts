import { type AuditKey, createAuditKey, openAuditKey } from '../../engine/audit/key.ts';
import { type Clock, PLATFORM_TENANT, type Sealer, type Store } from '../../engine/ports.ts';
import type { JsonObject } from '../../engine/records.ts';

/** Keys that checkpoints may be signed with, by `kid`; the newest signs. */
export interface AuditKeys {
  readonly signer: AuditKey;
  readonly all: ReadonlyMap<string, AuditKey>;
}

interface KeyPorts {
  readonly store: Store;
  readonly sealer: Sealer;
}

/** Takes up the deployment's audit keys, and makes the first one. */
export async function openAuditKeys(ports: KeyPorts & { readonly clock: Clock }): Promise<AuditKeys> {
  const { store, sealer, clock } = ports;
  const all = await readAuditKeys(ports);
  const newest = [...all.values()].at(-1);
  if (newest !== undefined) return { signer: newest, all };
  const record = await createAuditKey(sealer, clock.now());
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [{ insert: 'auditKeys', row: record }],
    audit: [
      { eventType: 'audit_key_created', severity: 'high', actor: 'engine', details: { kid: record.kid } },
    ],
  });
  const signer = openAuditKey(record, sealer);
  return { signer, all: new Map([[signer.kid, signer]]) };
}

/** By age. A row that does not open under the master key is none of ours: what it signed does not stand. */
export async function readAuditKeys({ store, sealer }: KeyPorts): Promise<Map<string, AuditKey>> {
  const keys = new Map<string, AuditKey>();
  for (const record of await store.list('auditKeys', { order: [['createdAt', 'asc']] })) {
    try {
      const key = openAuditKey(record, sealer);
      keys.set(key.kid, key);
    } catch {}
  }
  return keys;
}

/** Public halves, for whoever checks a checkpoint outside of here. */
export function auditJwks({ auditKeys }: { readonly auditKeys: AuditKeys }): JsonObject[] {
  return [...auditKeys.all.values()].map((key) => key.publicJwk);
}
