/** Tells who is looking at a tenant what changed of it: which thing, and the state it is in now, never its content. */
import type { Commit, Store, Write } from '../engine/ports.ts';
import type { TableName } from '../engine/records.ts';
import type { Change, ChangeKind } from './api/changes.ts';

type Told = (change: Change) => void;

/** What a row of a table is to somebody who looks on, and the column that names it. */
const kinds: { readonly [T in TableName]?: readonly [kind: ChangeKind, column: string] } = {
  users: ['user', 'userId'],
  palms: ['user', 'userId'],
  consents: ['user', 'userId'],
  identities: ['user', 'userId'],
  kycSessions: ['user', 'userId'],
  erasures: ['erasure', 'erasureId'],
  devices: ['device', 'deviceId'],
  pairingCodes: ['device', 'deviceId'],
  challenges: ['challenge', 'challengeId'],
  transactions: ['transaction', 'transactionId'],
  webhooks: ['webhook', 'webhookId'],
  deliveries: ['delivery', 'webhookId'],
  linkedServices: ['service', 'serviceId'],
  clients: ['client', 'clientId'],
  consoleUsers: ['person', 'consoleUserId'],
  tenants: ['tenant', 'tenantId'],
  palmThresholds: ['model', ''],
  palmMigrations: ['model', ''],
  serverCertificates: ['tls', ''],
  certificateAuthorities: ['tls', ''],
};

/** Bookkeeping of every push and heartbeat: nothing that anybody looks at. */
const unseen: ReadonlySet<string> = new Set(['seq', 'version', 'lastSeenAt']);

export class Changes {
  readonly #watchers = new Map<string, Set<Told>>();

  /** @returns how to stop */
  watch(tenantId: string, told: Told): () => void {
    const watchers = this.#watchers.get(tenantId) ?? new Set();
    this.#watchers.set(tenantId, watchers.add(told));
    return () => {
      watchers.delete(told);
      if (watchers.size === 0 && this.#watchers.get(tenantId) === watchers) this.#watchers.delete(tenantId);
    };
  }

  /** Costs one look-up where nobody watches, as nearly always. */
  tell(tenantId: string, kind: ChangeKind, id: string | null, state: string | null = null): void {
    for (const told of this.#watchers.get(tenantId) ?? []) told({ kind, id, state });
  }

  committed({ tenantId, writes, audit = [] }: Commit): void {
    // Whose session ended is for each watcher to find out about its own: it happens a few times a day.
    if (this.#watchers.size > 0 && writes.some(endsSessions))
      this.#tellAll({ kind: 'session', id: null, state: null });
    if (!this.#watchers.has(tenantId)) return;
    for (const write of writes) {
      const change = changeOf(write);
      if (change !== null) this.tell(tenantId, change.kind, change.id, change.state);
    }
    if (audit.length > 0) this.tell(tenantId, 'audit', null);
  }

  #tellAll(change: Change): void {
    for (const watchers of this.#watchers.values()) for (const told of watchers) told(change);
  }
}

/** The store as everybody has it: what was committed is told. */
export function watchedStore(store: Store, changes: Changes): Store {
  return {
    ...store,
    async commit(commit) {
      const result = await store.commit(commit);
      changes.committed(commit);
      return result;
    },
  };
}

function endsSessions(write: Write): boolean {
  const table = 'delete' in write ? write.delete : 'update' in write ? write.update : null;
  return table === 'consoleSessions' || table === 'consoleUsers';
}

function changeOf(write: Write): Change | null {
  if ('check' in write) return null;
  const table =
    'insert' in write
      ? write.insert
      : 'upsert' in write
        ? write.upsert
        : 'update' in write
          ? write.update
          : write.delete;
  const [kind, column = ''] = kinds[table] ?? [];
  if (kind === undefined) return null;
  if ('update' in write && Object.keys(write.set).every((name) => unseen.has(name))) return null;
  const named = ('row' in write ? write.row : write.where) as Readonly<Record<string, unknown>>;
  const now = ('row' in write ? write.row : 'set' in write ? write.set : {}) as { readonly status?: unknown };
  const id = named[column];
  return {
    kind,
    id: typeof id === 'string' ? id : null,
    state: typeof now.status === 'string' ? now.status : null,
  };
}
