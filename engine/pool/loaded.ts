/** What a worker's loaded shards take; beyond its bound the longest unused ones leave memory. */

/** A shard as far as this is concerned. */
export interface Unloadable {
  readonly tenantId: string;
  /**
   * Writes what its file lacks and leaves the worker. False when somebody came to use it meanwhile, or it could not be
   * written: it stays then.
   */
  unload(): Promise<boolean>;
}

/** The loaded shards of one worker in order of use. */
export class LoadedShards {
  readonly #bytesMax: number;
  readonly #unloaded: (shard: Unloadable) => void;
  /** The longest unused one first. */
  readonly #bytes = new Map<Unloadable, number>();
  #total = 0;
  #making: Promise<void> | null = null;

  /** @param unloaded told of each that has left */
  constructor(bytesMax: number, unloaded: (shard: Unloadable) => void) {
    this.#bytesMax = bytesMax;
    this.#unloaded = unloaded;
  }

  get isFull(): boolean {
    return this.#total >= this.#bytesMax;
  }

  /** The shard is used: it is the last to leave. */
  used(shard: Unloadable): void {
    const bytes = this.#bytes.get(shard);
    if (bytes === undefined) return;
    this.#bytes.delete(shard);
    this.#bytes.set(shard, bytes);
  }

  /** The shard takes so much now; 0 when its worker holds it no more. */
  sized(shard: Unloadable, bytes: number): void {
    this.#total += bytes - (this.#bytes.get(shard) ?? 0);
    if (bytes === 0) this.#bytes.delete(shard);
    else this.#bytes.set(shard, bytes);
    if (this.#total > this.#bytesMax) {
      this.#making ??= this.#makeRoom().finally(() => {
        this.#making = null;
      });
    }
  }

  /** One at a time, so that requests find the worker between two; each is tried once. */
  async #makeRoom(): Promise<void> {
    for (const shard of [...this.#bytes.keys()].slice(0, -1)) {
      if (this.#total <= this.#bytesMax) return;
      if (await shard.unload().catch(() => false)) this.#unloaded(shard);
    }
  }
}
