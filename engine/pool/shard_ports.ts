/** What all shards of a matcher share. */
import type { Clock, Random } from '../ports.ts';
import type { PalmLogAfter } from './feed.ts';
import type { ShardFiles } from './shard_files.ts';
import type { TenantShard } from './tenant_shard.ts';

export interface ShardPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: ShardFiles;
  readonly log: PalmLogAfter;
  readonly tenantRotationKey: (tenantId: string) => Promise<Uint8Array>;
  readonly saveChanges: number;
  readonly saveIntervalMs: number;
}

/** Where a shard says what it takes. */
export type Sized = (shard: TenantShard, bytes: number) => void;
