import { isAlwaysRecorded } from '../engine/audit/policy.ts';
import type { Store } from '../engine/ports.ts';
import type { Views } from './views.ts';

/** The store as actors and commands have it: the one place where a tenant's `auditEnabled` is looked at. */
export function auditedStore(store: Store, views: Views): Store {
  return {
    ...store,
    commit(commit) {
      const enabled = views.tenants.get(commit.tenantId)?.config.auditEnabled ?? true;
      if (enabled || commit.audit === undefined) return store.commit(commit);
      return store.commit({ ...commit, audit: commit.audit.filter(isAlwaysRecorded) });
    },
  };
}
