import { limits } from '../limits.ts';
import type { SavedFile } from './saver.ts';
import type { ShardFiles } from './shard_files.ts';
import type { StepReport } from './tasks.ts';

export interface LoaderOptions {
  readonly tenantId: string;
  readonly files: ShardFiles;
  /** Has the worker fill its empty shard from the file. */
  readonly read: (path: string, key: Uint8Array) => Promise<StepReport>;
  /** Changes when the worker's copy is gone. */
  readonly epoch: () => number;
}

export interface Loaded {
  /** The tenant's file, when it has a usable one. */
  readonly file: SavedFile | null;
  /** Log position that the shard has; what follows is read from the log. */
  readonly position: number;
}

/** Fills a worker's empty shard from the tenant's file, as far as there is one and it can be used. */
export class Loader {
  readonly #options: LoaderOptions;
  /** Times in a row that the worker was lost over the file. */
  #died = 0;

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  async load(): Promise<Loaded> {
    const { tenantId, files } = this.#options;
    const found = await files.find(tenantId);
    if (found === null) return { file: null, position: 0 };
    const { header, key, savedAt } = found;
    const { state, position } = await this.#read(key);
    if (state === 'damaged') {
      await files.discard(tenantId, header.generation);
      return { file: null, position: 0 };
    }
    const file = { generation: header.generation, position: header.position, savedAt };
    // Without room to load it the shard is made from the log, and the file waits for the next start.
    return { file, position: state === 'done' ? position : 0 };
  }

  /** A file that takes its worker along time after time counts as damaged: other tenants live in that worker. */
  async #read(key: Uint8Array): Promise<Pick<StepReport, 'state' | 'position'>> {
    const { tenantId, files, read, epoch } = this.#options;
    if (this.#died >= limits.shard_load_attempts) {
      this.#died = 0;
      return { state: 'damaged', position: 0 };
    }
    const before = epoch();
    try {
      const report = await read(files.path(tenantId), key);
      this.#died = 0;
      return report;
    } catch (error) {
      if (epoch() !== before) this.#died += 1;
      throw error;
    }
  }
}
