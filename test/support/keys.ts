import { createHash } from 'node:crypto';
import type { SubjectKeys } from '../../engine/ports.ts';
import type { TenantKeys } from '../../storage/keys/tenant-keys.ts';

/** The same keys for the same tenants every time, for stores whose key file is not what is looked at. */
export const fixedKeys = keysOf('one deployment');

/** Those of another deployment. */
export const otherKeys = keysOf('another deployment');

function keysOf(deployment: string): TenantKeys {
  const kept = new Map<string, Uint8Array>();
  const keyOf = (tenantId: string): Uint8Array => {
    const key = kept.get(tenantId) ?? createHash('sha256').update(`${deployment}/${tenantId}`).digest();
    kept.set(tenantId, key);
    return key;
  };
  return { tenant: keyOf, known: keyOf, settled: () => null };
}

/** Subject keys in memory, with what happened to each. */
export class MemoryKeys implements SubjectKeys {
  readonly keys = new Map<string, Uint8Array>();
  readonly destroyed: string[] = [];

  async ensure(subject: string): Promise<Uint8Array> {
    const known = this.keys.get(subject);
    if (known !== undefined) return known;
    const key = crypto.getRandomValues(new Uint8Array(32));
    this.keys.set(subject, key);
    return key;
  }
  find(subject: string): Uint8Array | null {
    return this.keys.get(subject) ?? null;
  }
  async destroy(subject: string): Promise<void> {
    this.keys.delete(subject);
    this.destroyed.push(subject);
  }
  async destroyTenant(): Promise<void> {}
  async close(): Promise<void> {}
}
