/**
 * Palms that a verification server holds, one file each in one folder. Templates are sealed under a key of the
 * folder, bound to tenant and name, so that a file that is moved or renamed does not open.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openTemplate, sealTemplate } from '../../engine/palm/protect.ts';
import type { Hand } from '../../engine/palm/types.ts';
import type { Random } from '../../engine/ports.ts';

export interface Feature {
  readonly tenantId: string;
  readonly featureId: string;
  readonly hand: Hand;
  readonly templates: readonly Uint8Array[];
}
export type FeatureName = Pick<Feature, 'tenantId' | 'featureId' | 'hand'>;

interface FeatureFile {
  readonly tenant_id: string;
  readonly feature_id: string;
  readonly palm_type: Hand;
  /** Sealed, in base64. */
  readonly templates: readonly string[];
}

export class Features {
  readonly #folder: string;
  readonly #key: Uint8Array;
  readonly #random: Random;

  /** @param key 32 bytes */
  constructor(folder: string, key: Uint8Array, random: Random) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#folder = folder;
    this.#key = key;
    this.#random = random;
  }

  /** Durable once it resolves; takes the place of what went by that name. */
  async put(feature: Feature): Promise<void> {
    const content: FeatureFile = {
      tenant_id: feature.tenantId,
      feature_id: feature.featureId,
      palm_type: feature.hand,
      templates: feature.templates.map((plain, sample) =>
        Buffer.from(sealTemplate(plain, this.#key, place(feature, sample), this.#random)).toString('base64'),
      ),
    };
    const path = this.#path(feature);
    const temporary = `${path}.${this.#random.uuid()}.new`;
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(JSON.stringify(content));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await this.#sync();
  }

  async find(name: FeatureName): Promise<Feature | null> {
    const path = this.#path(name);
    const text = await readFile(path, 'utf8').catch(missing);
    if (text === null) return null;
    const { templates } = JSON.parse(text) as FeatureFile;
    return {
      ...name,
      templates: templates.map((sealed, sample) =>
        openTemplate(Buffer.from(sealed, 'base64'), this.#key, place(name, sample)),
      ),
    };
  }

  /** @returns whether there was one */
  async remove(name: FeatureName): Promise<boolean> {
    const found = await rm(this.#path(name)).then(() => true, missing);
    if (found === null) return false;
    await this.#sync();
    return true;
  }

  /** A name may hold anything, so the file's is its digest. */
  #path({ tenantId, featureId, hand }: FeatureName): string {
    const digest = createHash('sha256')
      .update(JSON.stringify([tenantId, featureId, hand]))
      .digest('hex');
    return join(this.#folder, `${digest}.json`);
  }

  async #sync(): Promise<void> {
    const folder = await open(this.#folder, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

/** The key of a folder, made when there is none. 32 bytes. */
export async function featureKey(path: string, random: Random): Promise<Uint8Array> {
  const file = await open(path, 'wx', 0o600).catch(() => null);
  if (file !== null) {
    try {
      await file.writeFile(random.bytes(32));
      await file.sync();
    } finally {
      await file.close();
    }
  }
  const key = readFileSync(path);
  if (key.length !== 32) throw new Error(`${path} does not hold a key of 32 bytes.`);
  return key;
}

function place({ tenantId, featureId, hand }: FeatureName, sample: number) {
  return { tenantId, userId: hand, palmId: featureId, sample };
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
