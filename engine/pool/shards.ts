import { ThenarError } from '../errors.ts';
import type { Lane } from './lane.ts';
import { LoadedShards } from './loaded.ts';
import type { ShardPorts } from './shard_ports.ts';
import { shareOf } from './spread.ts';
import { TenantShard } from './tenant_shard.ts';

/**
 * The shards of a matcher's tenants, found by tenant. While a tenant's templates are re-issued there is a second one
 * beside the one that answers: it is loaded under the coming protection and follows the log, so that it takes over with
 * nobody waiting.
 */
export class TenantShards {
  readonly #ports: ShardPorts;
  readonly #lanes: readonly Lane[];
  readonly #loaded: readonly LoadedShards[];
  readonly #serving = new Map<string, TenantShard>();
  readonly #coming = new Map<string, TenantShard>();
  /** The last exchange of each tenant that is under way: one after the other. */
  readonly #renewing = new Map<string, Promise<void>>();
  #copies = 0;

  /** @param memoryMax bytes for loaded shards, of all workers together */
  constructor(ports: ShardPorts, lanes: readonly Lane[], memoryMax: number) {
    this.#ports = ports;
    this.#lanes = lanes;
    const unloaded = (shard: unknown, tenantId: string): void => {
      if (this.#serving.get(tenantId) === shard) this.#serving.delete(tenantId);
    };
    this.#loaded = lanes.map(
      () => new LoadedShards(memoryMax / lanes.length, (shard) => unloaded(shard, shard.tenantId)),
    );
  }

  /** Which worker a tenant is pinned to. */
  workerOf(tenantId: string): number {
    return shareOf(tenantId, this.#lanes.length);
  }

  /** Those that answer. */
  all(): TenantShard[] {
    return [...this.#serving.values()];
  }

  /** The shard that answers for a tenant; made when there is none. */
  of(tenantId: string): TenantShard {
    const known = this.#serving.get(tenantId);
    if (known !== undefined) {
      this.#loaded[this.workerOf(tenantId)]!.used(known);
      return known;
    }
    const made = this.#make(tenantId, 0, null);
    this.#serving.set(tenantId, made);
    return made;
  }

  /** The one that is to take over, if there is one. */
  coming(tenantId: string): TenantShard | null {
    return this.#coming.get(tenantId) ?? null;
  }

  /** Whether the loaded shards of a tenant's worker fill their memory. */
  isFullFor(tenantId: string): boolean {
    return this.#loaded[this.workerOf(tenantId)]!.isFull;
  }

  /** Has a shard under `protection` beside the one that answers, loaded and its graph built. */
  async prepare(tenantId: string, protection: string): Promise<void> {
    const coming = await this.#comingUnder(tenantId, protection);
    await coming.complete();
  }

  /** See `Matcher.renew`. */
  renew(tenantId: string, protection: string, position: number): Promise<void> {
    const before = this.#renewing.get(tenantId) ?? Promise.resolve();
    const renewed = before.catch(() => {}).then(() => this.#renew(tenantId, protection, position));
    this.#renewing.set(tenantId, renewed);
    const over = (): void => {
      if (this.#renewing.get(tenantId) === renewed) this.#renewing.delete(tenantId);
    };
    renewed.then(over, over);
    return renewed;
  }

  /**
   * A kill anywhere in between leaves a file of the shard before, or none: the next start cannot open it, see
   * `shardFileKey`, removes it, and reads the log.
   */
  async #renew(tenantId: string, protection: string, position: number): Promise<void> {
    const before = this.of(tenantId);
    if (before.protection === protection) return;
    const coming = await this.#comingUnder(tenantId, protection);
    await coming.reach(Math.max(position, before.known), Number.POSITIVE_INFINITY);
    this.#serving.set(tenantId, coming);
    this.#coming.delete(tenantId);
    try {
      await before.retire();
      await this.#ports.files.erase(tenantId);
    } finally {
      coming.takeOver();
    }
  }

  async #comingUnder(tenantId: string, protection: string): Promise<TenantShard> {
    const known = this.#coming.get(tenantId);
    if (known?.wanted === protection) return known;
    const made = this.#make(tenantId, ++this.#copies, protection);
    this.#coming.set(tenantId, made);
    await known?.retire();
    return made;
  }

  /** Takes a tenant's shards out of memory. */
  async forget(tenantId: string): Promise<void> {
    const shards = [this.of(tenantId), this.#coming.get(tenantId)];
    this.#serving.delete(tenantId);
    this.#coming.delete(tenantId);
    for (const shard of shards) await shard?.close();
  }

  /** A worker was replaced: the shards it had are loaded again at once, so that requests find them. */
  reload(worker: number): void {
    for (const shard of [...this.#serving.values(), ...this.#coming.values()]) {
      if (this.workerOf(shard.tenantId) !== worker || shard.isClosed) continue;
      shard.lost();
      // A failure here is met again by the next request, which then reports it.
      shard.ready(Number.POSITIVE_INFINITY).catch(() => {});
    }
  }

  #make(tenantId: string, copy: number, wanted: string | null): TenantShard {
    // The identifier names a file.
    if (!/^[0-9A-Za-z_-]{1,64}$/.test(tenantId)) {
      throw new ThenarError('tenant_not_found', 'There is no such tenant.');
    }
    const worker = this.workerOf(tenantId);
    const loaded = this.#loaded[worker]!;
    return new TenantShard({
      tenantId,
      copy,
      wanted,
      worker,
      lane: this.#lanes[worker]!,
      ports: this.#ports,
      sized: (shard, bytes) => loaded.sized(shard, bytes),
    });
  }
}
