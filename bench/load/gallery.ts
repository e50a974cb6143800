/**
 * Data directories with a whole gallery in them, kept between runs. Enrolling 100,000 palms over REST takes an hour,
 * so the rows are written straight through the storage ports, sealed as an enrolment seals them, while no engine
 * runs; the engine that starts on them builds its index as after any loss of its shard file.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { protectionsOf } from '../../actors/tenant/rotation.ts';
import { readConfig } from '../../engine/config.ts';
import { makeRotation, RotationArena } from '../../engine/index/rotation.ts';
import { limits } from '../../engine/limits.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { sealTemplate } from '../../engine/palm/protect.ts';
import { storedForm } from '../../engine/palm/protection.ts';
import type { PalmTemplate } from '../../engine/palm/types.ts';
import type { PalmLogEntry, Write } from '../../engine/ports.ts';
import { systemRandom } from '../../engine/system.ts';
import { openStorage, type Storage } from '../../transport/node/storage.ts';
import { awaitIndex, awaitIndexFile } from './ops.ts';
import { benchEnvironment, type Cast, makeCast, startEngineProcess } from './stage.ts';
import { storedVersion } from './stored_version.ts';

/** What a gallery holds; the same for the same options, so that a prepared data directory stands for them. */
export interface GalleryOptions {
  readonly palms: number;
  /** Templates a palm. */
  readonly samples: number;
  readonly seed: number;
  readonly scanners: number;
  /** Users without palms, for enrolments. */
  readonly spareUsers: number;
  /** Changes whenever the same options would give other palms. */
  readonly version: string;
  readonly template: (palm: number, sample: number) => PalmTemplate;
  /** Told how far a new one is. */
  readonly say: (line: string) => void;
}

/** Templates that a stop has the time to write, with room to spare. */
const STOP_WRITES_MAX = 200_000;

export interface PreparedGallery {
  readonly dataDir: string;
  readonly cast: Cast;
}

/** Hand of every palm of a gallery, so that a search is among all of them. */
export const galleryHand = 'right';

/** The user of a palm: the same in every gallery, so that a bench knows who must be recognised. */
export function galleryUser(palm: number): string {
  return `00000000-0000-4000-8000-${palm.toString(16).padStart(12, '0')}`;
}
export function spareUser(number: number): string {
  return `00000000-0000-4000-9000-${number.toString(16).padStart(12, '0')}`;
}
export function galleryPalm(palm: number): string {
  return `00000000-0000-4000-a000-${palm.toString(16).padStart(12, '0')}`;
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Prepares the data directory, or finds the one of an earlier run. It holds the index file as a clean stop left it. */
export async function prepareGallery(options: GalleryOptions): Promise<PreparedGallery> {
  const { palms, samples, seed, scanners, spareUsers, version, say } = options;
  const name = [storedVersion(), version, palms, samples, seed, scanners, spareUsers].join('-');
  const folder = join(tmpdir(), 'thenar-bench-galleries', name);
  const dataDir = join(folder, 'engine');
  const castFile = join(folder, 'cast.json');
  if (existsSync(castFile)) return { dataDir, cast: JSON.parse(readFileSync(castFile, 'utf8')) };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  say(`preparing ${palms} palms with ${samples} template(s) each in ${folder}`);
  const environment = benchEnvironment(dataDir);
  const first = await startEngineProcess(environment);
  const cast = await makeCast(first, scanners);
  await first.stop();

  const started = performance.now();
  const storage = await openStorage(readConfig(environment), silent);
  try {
    await writeUsers(storage, cast.tenantId, spareUsers);
    await writePalms(storage, cast.tenantId, options);
  } finally {
    await storage.close();
  }
  say(`rows written in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const built = performance.now();
  const engine = await startEngineProcess(environment);
  await awaitIndex(engine, palms * samples);
  say(`index built in ${((performance.now() - built) / 1000).toFixed(1)} s`);
  // An engine that stops writes its file if that takes no longer than a drain may.
  if (palms * samples > STOP_WRITES_MAX) await awaitIndexFile(engine, palms * samples);
  await engine.stop();
  writeFileSync(castFile, JSON.stringify(cast), { mode: 0o600 });
  return { dataDir, cast };
}

async function writeUsers({ store }: Storage, tenantId: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += limits.read_page_max) {
    const length = Math.min(limits.read_page_max, count - from);
    const writes = Array.from({ length }, (_, i) =>
      userWrite(tenantId, spareUser(from + i), `spare-${from + i}`),
    );
    await store.commit({ tenantId, writes });
  }
}

async function writePalms(storage: Storage, tenantId: string, options: GalleryOptions): Promise<void> {
  const { store, sealer, subjectKeys } = storage;
  const tenant = await store.get('tenants', { tenantId });
  if (tenant === null) throw new Error('the tenant of the gallery is gone');
  const rotations = new RotationArena();
  const { current } = protectionsOf(sealer, tenant);
  const rotation = rotations.hold(makeRotation(current.key));
  const protection = current.id;
  let pending: Promise<unknown> = Promise.resolve();
  for (let from = 0; from < options.palms; from += limits.read_page_max) {
    const chunk = Array.from(
      { length: Math.min(limits.read_page_max, options.palms - from) },
      (_, i) => from + i,
    );
    const keys = await Promise.all(chunk.map((palm) => subjectKeys.ensure(galleryUser(palm), tenantId)));
    const log = chunk.flatMap((palm, at) =>
      Array.from({ length: options.samples }, (_, sample): PalmLogEntry => {
        const place = { tenantId, userId: galleryUser(palm), palmId: galleryPalm(palm), sample, protection };
        const { vector, code } = options.template(palm, sample);
        const plain = storedForm({ vector: rotations.rotate(rotation, vector), code }, current, place);
        const sealed = sealTemplate(plain, keys[at]!, place, systemRandom);
        return { operation: 'add', ...place, hand: galleryHand, sealed };
      }),
    );
    // The next chunk is computed while PostgreSQL takes this one.
    await pending;
    pending = store.commit({
      tenantId,
      writes: chunk.flatMap((palm) => [
        userWrite(tenantId, galleryUser(palm), `gallery-${palm}`),
        palmWrite(tenantId, palm, options.samples),
      ]),
      palmLog: log.map(({ operation, palmId, userId, hand, sample, sealed, protection }) => ({
        operation,
        palmId,
        userId,
        hand,
        sample,
        sealed,
        protection,
      })),
    });
  }
  await pending;
}

export function userWrite(tenantId: string, userId: string, externalUserId: string): Write {
  return {
    insert: 'users',
    row: {
      userId,
      tenantId,
      externalUserId,
      email: null,
      mobile: null,
      name: null,
      metadata: {},
      status: 'active',
      consentStatus: 'none',
      kycStatus: 'not_started',
      palmRestriction: 'all',
      palmCount: 0,
      version: 1,
      createdAt: 0,
      deletedAt: null,
    },
  };
}

function palmWrite(tenantId: string, palm: number, samples: number): Write {
  return {
    insert: 'palms',
    row: {
      palmId: galleryPalm(palm),
      tenantId,
      userId: galleryUser(palm),
      hand: galleryHand,
      model: palmModel,
      samples,
      reference: null,
      deviceId: null,
      createdAt: 0,
    },
  };
}
