/** Tenants that leave: with people, palms and a scanner, deactivated, and erased while the engine is being killed. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { verifyChains } from '../../actors/audit/verify.ts';
import { readConfig } from '../../engine/config.ts';
import type { PostgresStore } from '../../storage/postgres/store.ts';
import { link } from '../../transport/apis/link/facade.ts';
import { ApiClient } from '../../transport/client/client.ts';
import { consoleSession } from '../../transport/client/credentials.ts';
import { openStorage, type Storage } from '../../transport/node/storage.ts';
import { connected, newTenant, pairScanners } from '../harness/target.ts';
import { benchEnvironment } from '../load/stage.ts';
import type { SentScan } from '../scanner/wire.ts';
import { persist } from './cut.ts';
import type { MortalEngine } from './engine.ts';
import type { Ledger } from './ledger.ts';

interface Leaver {
  readonly tenantId: string;
  readonly users: readonly string[];
}

const PEOPLE = 3;
/** Palms of leavers come after those of every lane. */
const FIRST_PALM = 900_000_000;
const LOOK_MS = 20;
/** Longer than any erasure of so few; what is not erased by then is not being erased. */
const ERASED_MS = 60_000;

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export class Leavers {
  readonly #engine: MortalEngine;
  readonly #ledger: Ledger;
  readonly #scanOf: (palm: number) => SentScan;
  readonly #platform: ApiClient<typeof link>;
  readonly #all: Leaver[] = [];

  constructor(engine: MortalEngine, ledger: Ledger, scanOf: (palm: number) => SentScan) {
    this.#engine = engine;
    this.#ledger = ledger;
    this.#scanOf = scanOf;
    const { public: baseUrl, administrator } = engine.target;
    this.#platform = new ApiClient(link, { baseUrl, credentials: consoleSession(baseUrl, administrator) });
  }

  /** A tenant that has a little of everything, and is told to go. Nobody is killed meanwhile. */
  async come(): Promise<void> {
    const { target } = this.#engine;
    const tenant = await newTenant(target, `Leaver ${this.#all.length + 1}`);
    const { link: api } = tenant.integrator;
    const [credentials] = await pairScanners(tenant, 1, { hardware: 'leaver' });
    const scanner = await connected(target, credentials!);
    const users: string[] = [];
    for (let person = 0; person < PEOPLE; person += 1) {
      const { user_id } = await api.call('createUser', { body: { external_user_id: `leaver-${person}` } });
      await scanner.enrol(user_id, [this.#scanOf(FIRST_PALM + this.#all.length * PEOPLE + person)]);
      await api.call('recordConsent', { body: { user_id, consent_type: 'newsletter', version: '1' } });
      users.push(user_id);
    }
    const asked = { user_id: users[0]!, hardware_id: credentials!.hardwareId };
    await api.call('createVerification', { body: asked });
    await scanner.close();
    const { tenantId } = tenant;
    await this.#platform.call('deactivateTenant', { params: { id: tenantId } });
    this.#ledger.acknowledge('tenants deactivated');
    this.#all.push({ tenantId, users });
  }

  /** The grace of all who were told to go is over. Only while no engine runs. */
  async timePasses(): Promise<void> {
    await this.#withStorage(async ({ store }) => {
      for (const { tenantId } of this.#all) {
        const row = await store.get('tenants', { tenantId, status: 'deactivating' });
        if (row === null) continue;
        // A version of its own: a snapshot of the row as it was must not stand for it.
        const set = { eraseAt: Date.now(), version: row.version + 1 };
        await store.commit({ tenantId, writes: [{ update: 'tenants', where: { tenantId }, set }] });
      }
    });
  }

  /** Resolves once the engine says that the last of them is deleted. */
  async areGone(): Promise<void> {
    const last = this.#all[this.#all.length - 1];
    if (last === undefined) return;
    const end = performance.now() + ERASED_MS;
    while ((await this.#statusOf(last)) !== 'deleted') {
      if (performance.now() > end) return this.#ledger.finding(`tenant ${last.tenantId} is not erased`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    this.#ledger.acknowledge('tenants erased');
  }

  async #statusOf({ tenantId }: Leaver): Promise<string> {
    const look = () => this.#platform.call('getTenant', { params: { id: tenantId } });
    return (await persist(() => this.#engine.up(), look)).status;
  }

  /** Nothing of them is left, and every audit chain stands. Only when the engine has ended. */
  async check(): Promise<void> {
    await this.#withStorage(async (storage) => {
      for (const leaver of this.#all) await this.#checkGone(storage, leaver);
      for await (const step of verifyChains(storage)) {
        if ('report' in step && !step.report.ok)
          this.#ledger.finding(`the audit chain of ${step.report.tenantId}: ${step.report.reason}`);
      }
    });
  }

  async #checkGone({ store, subjectKeys }: Storage, { tenantId, users }: Leaver): Promise<void> {
    const says = (what: string): void => this.#ledger.finding(`erased tenant ${tenantId}: ${what}`);
    for (const table of await tablesWith(store as PostgresStore, tenantId)) says(`rows in ${table}`);
    for (const user of users) if (subjectKeys.find(user) !== null) says(`the key of ${user} is there`);
    const shards = join(this.#engine.dataDir, 'shards');
    if (existsSync(shards) && readdirSync(shards).some((name) => name.includes(tenantId)))
      says('a shard file');
    // Of the platform's chain; the tenant's own is gone with it.
    const ends = await store.list('audit', { where: { eventType: 'tenant_deleted' }, limit: 500 });
    const count = ends.filter(({ details }) => details.tenant_id === tenantId).length;
    if (count !== 1) says(`its end is on record ${count} times`);
  }

  async #withStorage(work: (storage: Storage) => Promise<void>): Promise<void> {
    const environment = { ...benchEnvironment(this.#engine.dataDir), ...this.#engine.environment };
    const storage = await openStorage(readConfig(environment), silent);
    try {
      await work(storage);
    } finally {
      await storage.close();
    }
  }
}

/** What proves that there was one. */
const kept = ['audit_checkpoints', 'tenant_heads', 'tenants', 'commit_marks'];

/** Every table that has a row of this tenant, but for what is kept on purpose. */
async function tablesWith({ client }: PostgresStore, tenantId: string): Promise<string[]> {
  const named =
    "SELECT table_name FROM information_schema.columns WHERE column_name = 'tenant_id' AND table_schema = 'public'";
  const tables = (await client.unsafe(named)) as unknown as readonly { readonly table_name: string }[];
  const found: string[] = [];
  for (const { table_name: name } of tables) {
    if (kept.includes(name)) continue;
    const rows = await client.unsafe(`SELECT 1 FROM "${name}" WHERE tenant_id = $1 LIMIT 1`, [tenantId]);
    if (rows.length > 0) found.push(name);
  }
  return found;
}
