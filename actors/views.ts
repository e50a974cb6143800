/**
 * Read-only views that actors and commands publish, so that hot paths read memory. A view may be behind by the
 * time a commit takes; every final decision checks again inside its commit.
 */
import { ThenarError } from '../engine/errors.ts';
import type { Eventually } from '../engine/eventually.ts';
import { assertTenantActive } from '../engine/identity/tenant.ts';
import { limits } from '../engine/limits.ts';
import type { Store } from '../engine/ports.ts';
import { RecentMap } from '../engine/recent.ts';
import type {
  ChallengeRecord,
  ClientRecord,
  DeviceRecord,
  IdentityProviderRecord,
  LinkedServiceRecord,
  PalmRecord,
  TenantRecord,
  UserRecord,
  WebhookEventRecord,
  WebhookRecord,
} from '../engine/records.ts';
import type { Breaker } from '../engine/services/breaker.ts';
import type { Health } from '../engine/services/health.ts';
import type { DeviceReference, UserReference } from './api.ts';
import type { Changes } from './changes.ts';
import { Connections } from './connections.ts';

/** A user with the palms that a verification needs. */
export interface UserEntry {
  readonly user: UserRecord;
  readonly palms: readonly PalmRecord[];
}

export class Views {
  readonly tenants = new Map<string, TenantRecord>();
  /** Subscriptions by tenant; small (`limits.webhooks_per_tenant_max`). */
  readonly webhooks = new Map<string, readonly WebhookRecord[]>();
  /** Linked services by tenant; small (`limits.services_per_tenant_max`). */
  readonly linkedServices = new Map<string, readonly LinkedServiceRecord[]>();
  /** Issuers of wallets' tokens, by tenant. */
  readonly identityProviders = new Map<string, IdentityProviderRecord>();
  /** Whose tokens carry that issuer and audience, as {@link audienceKey} writes them. */
  readonly #audiences = new Map<string, string>();
  /** How those services are whose actor is or was in memory. */
  readonly serviceHealth = new Map<string, { readonly health: Health; readonly breaker: Breaker }>();
  /** Challenges whose actor is in memory. */
  readonly challenges = new Map<string, ChallengeRecord>();
  /** Scanners connected to this node. */
  readonly connections: Connections;
  /** Devices whose actor is in memory. */
  readonly devices = new Map<string, DeviceRecord>();
  /** Events that were committed a moment ago, for the attempts that follow; nobody else reads them. */
  readonly webhookEvents = new RecentMap<string, WebhookEventRecord>(limits.webhook_events_cached_max);
  readonly #users = new RecentMap<string, UserEntry>(limits.tenant_users_cached_max);
  readonly #userIds = new RecentMap<string, string>(limits.tenant_users_cached_max);
  readonly #deviceIds = new RecentMap<string, string>(limits.tenant_users_cached_max);
  readonly #clients = new RecentMap<string, ClientRecord>(limits.clients_per_tenant_max * 10);
  readonly #store: Store;
  #forgets = 0;
  #clientForgets = 0;
  #webhookChanges = 0;
  #serviceChanges = 0;

  constructor(store: Store, changes: Changes) {
    this.#store = store;
    this.connections = new Connections(changes);
  }

  /** @throws ThenarError tenant_not_found */
  tenant(tenantId: string): TenantRecord {
    const tenant = this.tenants.get(tenantId);
    if (tenant === undefined) throw new ThenarError('tenant_not_found', 'There is no such tenant.');
    return tenant;
  }

  /** @throws ThenarError tenant_not_found, tenant_suspended */
  activeTenant(tenantId: string): TenantRecord {
    const tenant = this.tenant(tenantId);
    assertTenantActive(tenant);
    return tenant;
  }

  /** The user with its palms, deleted ones excepted. @throws ThenarError user_not_found */
  user(tenantId: string, reference: UserReference): Eventually<UserEntry> {
    const byId = 'userId' in reference;
    const userId = byId ? reference.userId : this.#userIds.get(`${tenantId}/${reference.externalUserId}`);
    const cached = userId === undefined ? undefined : this.#users.get(`${tenantId}/${userId}`);
    // The identifier may have become another user's since this one was cached.
    if (cached !== undefined && (byId || cached.user.externalUserId === reference.externalUserId))
      return cached;
    return this.#readUser(tenantId, reference);
  }

  async #readUser(tenantId: string, reference: UserReference): Promise<UserEntry> {
    const forgets = this.#forgets;
    const user = await this.#store.get('users', {
      tenantId,
      ...('userId' in reference
        ? { userId: reference.userId }
        : { externalUserId: reference.externalUserId }),
      status: { not: 'deleted' },
    });
    if (user === null) throw new ThenarError('user_not_found', 'There is no such user.');
    const palms = await this.#store.list('palms', { where: { tenantId, userId: user.userId } });
    const entry = { user, palms };
    // Something was forgotten while we read: what we hold may be from before it, so it serves this call only.
    if (forgets === this.#forgets) this.#keepUser(entry);
    return entry;
  }

  /**
   * Runs the commit that makes a user, and keeps what it made: whoever makes one soon asks for it, to enrol it.
   * Nobody has palms before they exist.
   */
  async newUser<T>(user: UserRecord, commit: () => Promise<T>): Promise<T> {
    const forgets = this.#forgets;
    const committed = await commit();
    if (forgets === this.#forgets) this.#keepUser({ user, palms: [] });
    return committed;
  }

  #keepUser(entry: UserEntry): void {
    const { tenantId, userId, externalUserId } = entry.user;
    this.#users.set(`${tenantId}/${userId}`, entry);
    if (externalUserId !== null) this.#userIds.set(`${tenantId}/${externalUserId}`, userId);
  }

  /** After a commit that changed the user or its palms. */
  forgetUser(tenantId: string, userId: string): void {
    this.#forgets += 1;
    const entry = this.#users.get(`${tenantId}/${userId}`);
    this.#users.delete(`${tenantId}/${userId}`);
    const external = entry?.user.externalUserId;
    if (external !== undefined && external !== null) this.#userIds.delete(`${tenantId}/${external}`);
  }

  /** After everything of a tenant was erased. The caches of people forget all of theirs: such a day is rare. */
  forgetTenant(tenantId: string): void {
    this.#forgets += 1;
    this.webhooks.delete(tenantId);
    this.removeIdentityProvider(tenantId);
    this.webhookEvents.clear();
    for (const cache of [this.#users, this.#userIds, this.#deviceIds, this.#clients]) cache.clear();
  }

  /** The device's identifier. @throws ThenarError device_not_found */
  async deviceId(tenantId: string, reference: DeviceReference): Promise<string> {
    if ('deviceId' in reference) {
      const live = this.devices.get(reference.deviceId);
      if (live?.tenantId === tenantId) return live.deviceId;
    } else {
      const known = this.#deviceIds.get(`${tenantId}/${reference.hardwareId}`);
      if (known !== undefined && this.devices.get(known)?.hardwareId === reference.hardwareId) return known;
    }
    const device = await this.#store.get('devices', {
      tenantId,
      ...('deviceId' in reference
        ? { deviceId: reference.deviceId }
        : { hardwareId: reference.hardwareId, status: { not: 'revoked' } }),
    });
    if (device === null) throw new ThenarError('device_not_found', 'There is no such device.');
    if (device.hardwareId !== null) this.#deviceIds.set(`${tenantId}/${device.hardwareId}`, device.deviceId);
    return device.deviceId;
  }

  webhook(tenantId: string, webhookId: string): WebhookRecord | null {
    return this.webhooks.get(tenantId)?.find((webhook) => webhook.webhookId === webhookId) ?? null;
  }

  addWebhook(webhook: WebhookRecord): void {
    this.removeWebhook(webhook);
    this.webhooks.set(webhook.tenantId, [...(this.webhooks.get(webhook.tenantId) ?? []), webhook]);
  }

  removeWebhook({ tenantId, webhookId }: Pick<WebhookRecord, 'tenantId' | 'webhookId'>): void {
    this.#webhookChanges += 1;
    const left = (this.webhooks.get(tenantId) ?? []).filter((webhook) => webhook.webhookId !== webhookId);
    this.webhooks.set(tenantId, left);
  }

  /** The tenant's webhooks as their rows are; what was changed while they were read stands. */
  async readWebhooks(tenantId: string): Promise<void> {
    for (;;) {
      const changes = this.#webhookChanges;
      const rows = await this.#store.list('webhooks', { where: { tenantId } });
      if (changes !== this.#webhookChanges) continue;
      this.webhooks.set(tenantId, rows);
      return;
    }
  }

  /** After a commit that changed it; commits that ended in another order than they are told here do no harm. */
  setWebhook(changed: WebhookRecord): void {
    this.#webhookChanges += 1;
    const webhooks = this.webhooks.get(changed.tenantId) ?? [];
    const newer = (webhook: WebhookRecord): boolean =>
      webhook.webhookId === changed.webhookId && webhook.version < changed.version;
    this.webhooks.set(
      changed.tenantId,
      webhooks.map((webhook) => (newer(webhook) ? changed : webhook)),
    );
  }

  /** The service that decides for a product, or null: there is none. */
  serviceOf(tenantId: string, productKey: string): LinkedServiceRecord | null {
    return this.linkedServices.get(tenantId)?.find((service) => service.productKey === productKey) ?? null;
  }

  /** As {@link readWebhooks}, for linked services. */
  async readLinkedServices(tenantId: string): Promise<void> {
    for (;;) {
      const changes = this.#serviceChanges;
      const rows = await this.#store.list('linkedServices', { where: { tenantId } });
      if (changes !== this.#serviceChanges) continue;
      this.linkedServices.set(tenantId, rows);
      return;
    }
  }

  /** Takes up a committed service; an older one that comes late changes nothing. */
  setLinkedService(record: LinkedServiceRecord): void {
    this.#serviceChanges += 1;
    const all = this.linkedServices.get(record.tenantId) ?? [];
    const known = all.find((service) => service.serviceId === record.serviceId);
    if (known === undefined) this.linkedServices.set(record.tenantId, [...all, record]);
    else if (known.version < record.version) {
      const next = all.map((service) => (service === known ? record : service));
      this.linkedServices.set(record.tenantId, next);
    }
  }

  removeLinkedService(tenantId: string, serviceId: string): void {
    this.#serviceChanges += 1;
    const all = this.linkedServices.get(tenantId) ?? [];
    this.linkedServices.set(
      tenantId,
      all.filter((service) => service.serviceId !== serviceId),
    );
    this.serviceHealth.delete(serviceId);
  }

  /** The provider whose tokens are issued by `issuer` for `audience`; null when no tenant has it. */
  identityProviderOf(issuer: string, audience: string): IdentityProviderRecord | null {
    const tenantId = this.#audiences.get(audienceKey(issuer, audience));
    return (tenantId === undefined ? undefined : this.identityProviders.get(tenantId)) ?? null;
  }

  /** Takes up a committed provider; an older one that comes late changes nothing. */
  setIdentityProvider(record: IdentityProviderRecord): void {
    const known = this.identityProviders.get(record.tenantId);
    if (known !== undefined && known.version >= record.version) return;
    this.removeIdentityProvider(record.tenantId);
    this.identityProviders.set(record.tenantId, record);
    this.#audiences.set(audienceKey(record.issuer, record.audience), record.tenantId);
  }

  removeIdentityProvider(tenantId: string): void {
    const known = this.identityProviders.get(tenantId);
    if (known === undefined) return;
    this.identityProviders.delete(tenantId);
    const key = audienceKey(known.issuer, known.audience);
    // Another tenant may have taken it up already.
    if (this.#audiences.get(key) === tenantId) this.#audiences.delete(key);
  }

  /** The OAuth client, deleted ones excepted; null when there is none. */
  async client(clientId: string): Promise<ClientRecord | null> {
    const cached = this.#clients.get(clientId);
    if (cached !== undefined) return cached;
    const forgets = this.#clientForgets;
    const client = await this.#store.get('clients', { clientId, status: 'active' });
    // One was deleted or got another secret while we read: this may be from before it.
    if (client !== null && forgets === this.#clientForgets) this.#clients.set(clientId, client);
    return client;
  }

  /** After a commit that changed or deleted the client. */
  forgetClient(clientId: string): void {
    this.#clientForgets += 1;
    this.#clients.delete(clientId);
  }
}

function audienceKey(issuer: string, audience: string): string {
  return JSON.stringify([issuer, audience]);
}
