import { ThenarError } from '../../engine/errors.ts';
import type { TenantKeys } from './tenant-keys.ts';

/**
 * Keys for a store that opens beside the key file. A store looks at its schema without them; nobody reads or writes a
 * row before they came.
 */
export function keysToCome(): { readonly keys: TenantKeys; come(keys: TenantKeys): void } {
  let here: TenantKeys | null = null;
  const present = (): TenantKeys => {
    if (here === null) throw new ThenarError('internal', 'A row was sealed before there were keys.');
    return here;
  };
  return {
    keys: {
      tenant: (tenantId) => present().tenant(tenantId),
      known: (tenantId) => present().known(tenantId),
      settled: () => present().settled(),
    },
    come(keys) {
      here = keys;
    },
  };
}
