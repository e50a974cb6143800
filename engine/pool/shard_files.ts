import { chmodSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { peekShardHeader, type ShardHeader } from '../index/file.ts';
import type { SubjectKeys } from '../ports.ts';

/** A shard file whose key is at hand. */
export interface UsableFile {
  readonly header: ShardHeader;
  readonly key: Uint8Array;
  readonly savedAt: number;
}

/**
 * Shard files of this node and their keys. Each file has a generation of its own with a key of its own, held apart
 * under `shard/<tenant>/<generation>`: destroying the key makes every remaining copy of an old file unreadable.
 */
export class ShardFiles {
  readonly #folder: string;
  readonly #keys: SubjectKeys;

  constructor(dataDir: string, keys: SubjectKeys) {
    this.#folder = join(dataDir, 'shards');
    this.#keys = keys;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    chmodSync(this.#folder, 0o700);
  }

  path(tenantId: string): string {
    return join(this.#folder, `${tenantId}.shard`);
  }

  /** Tenants that have a file. */
  tenants(): string[] {
    const names = readdirSync(this.#folder).map((name) => /^([^.]+)\.shard$/.exec(name)?.[1]);
    return names.filter((name) => name !== undefined);
  }

  /** Where the next file of a tenant is written before it takes the place of the present one. */
  temporaryPath(tenantId: string, generation: string): string {
    return join(this.#folder, `${tenantId}.${generation}.tmp`);
  }

  /** Removes files, and keys, of saves that a crash cut off. */
  sweep(): Promise<void> {
    return this.#sweep(() => true);
  }

  async #sweep(of: (tenantId: string) => boolean): Promise<void> {
    for (const name of readdirSync(this.#folder)) {
      const match = /^([^.]+)\.([^.]+)\.tmp$/.exec(name);
      if (match === null || !of(match[1]!)) continue;
      rmSync(join(this.#folder, name), { force: true });
      await this.#keys.destroy(subject(match[1]!, match[2]!));
    }
  }

  /**
   * The tenant's file when it can be read. One without a key is removed. A crash may have come between a file and
   * the destruction of its predecessor's key; the file names its predecessor, so that is made good here.
   */
  async find(tenantId: string): Promise<UsableFile | null> {
    const path = this.path(tenantId);
    const header = peekShardHeader(path);
    const key = header === null ? null : this.#keys.find(subject(tenantId, header.generation));
    if (header === null || key === null) {
      rmSync(path, { force: true });
      return null;
    }
    if (header.replaces !== null && this.#keys.find(subject(tenantId, header.replaces)) !== null) {
      await this.#keys.destroy(subject(tenantId, header.replaces));
    }
    return { header, key, savedAt: statSync(path).mtimeMs };
  }

  /** Removes a file that cannot be used, and its key. */
  async discard(tenantId: string, generation: string): Promise<void> {
    rmSync(this.path(tenantId), { force: true });
    await this.#keys.destroy(subject(tenantId, generation));
  }

  /** Removes whatever there is of a tenant: keys first, for a file without its key is nothing. */
  async erase(tenantId: string): Promise<void> {
    const header = peekShardHeader(this.path(tenantId));
    for (const generation of [header?.generation, header?.replaces]) {
      if (generation != null) await this.#keys.destroy(subject(tenantId, generation));
    }
    rmSync(this.path(tenantId), { force: true });
    await this.#sweep((owner) => owner === tenantId);
    await sync(this.#folder, 'r');
  }

  newKey(tenantId: string, generation: string): Promise<Uint8Array> {
    return this.#keys.ensure(subject(tenantId, generation), tenantId);
  }

  /** Removes what a failed save left. */
  async abandon(tenantId: string, generation: string): Promise<void> {
    rmSync(this.temporaryPath(tenantId, generation), { force: true });
    await this.#keys.destroy(subject(tenantId, generation));
  }

  /** Makes a written file the tenant's file, durably, then destroys the key of the one it replaced. */
  async promote(tenantId: string, generation: string, replaces: string | null): Promise<void> {
    const temporary = this.temporaryPath(tenantId, generation);
    await sync(temporary, 'r+');
    await rename(temporary, this.path(tenantId));
    await sync(this.#folder, 'r');
    if (replaces !== null) await this.#keys.destroy(subject(tenantId, replaces));
  }
}

async function sync(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function subject(tenantId: string, generation: string): string {
  return `shard/${tenantId}/${generation}`;
}
