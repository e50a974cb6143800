import type { Protection } from '../palm/protection.ts';
import type { Clock, IndexedTemplate, Random } from '../ports.ts';
import type { Lane } from './lane.ts';
import type { Unloadable } from './loaded.ts';
import type { ShardFiles } from './shard_files.ts';

/**
 * Reads a tenant's committed entries after a position, in order, decrypted; fewer than `limit` means that these are all.
 * @param as id of the protection that they are wanted under
 * @throws ThenarError `unavailable` when the tenant's templates are not under it any more
 */
export type PalmLogAfter = (
  tenantId: string,
  position: number,
  limit: number,
  as: string,
) => Promise<IndexedTemplate[]>;

/**
 * The tenant's protection now, or one that it is coming to.
 * @param wanted its id; null: the present one
 * @throws ThenarError `unavailable` when it has no such protection
 */
export type TenantProtection = (
  tenantId: string,
  wanted: string | null,
) => Promise<Pick<Protection, 'id' | 'key'>>;

/** What every shard of a matcher has. */
export interface ShardPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: ShardFiles;
  readonly log: PalmLogAfter;
  readonly protectionOf: TenantProtection;
  readonly saveChanges: number;
  readonly saveIntervalMs: number;
}

export interface TenantShardOptions {
  readonly tenantId: string;
  /** Tells it from others of its tenant, in its worker. */
  readonly copy: number;
  /** Id of the protection that it is made for, ahead of the exchange; null: whichever the tenant has. */
  readonly wanted: string | null;
  readonly worker: number;
  readonly lane: Lane;
  readonly ports: ShardPorts;
  /** Told what it takes. */
  readonly sized: (shard: Unloadable, bytes: number) => void;
}
