/**
 * A data directory with thousands of tenants, each with palms and a paired scanner, kept between runs. Their rows are
 * written through the storage ports while no engine runs; an hour of REST calls would write the same.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuthority } from '../../actors/boot/authority.ts';
import { rotationPlace } from '../../actors/tenant/rotation.ts';
import { readConfig } from '../../engine/config.ts';
import { tenantDefaults } from '../../engine/identity/tenant.ts';
import { makeRotation, RotationArena } from '../../engine/index/rotation.ts';
import { limits } from '../../engine/limits.ts';
import { palmModel } from '../../engine/palm/model.ts';
import { sealTemplate } from '../../engine/palm/protect.ts';
import { protectionOf, storedForm } from '../../engine/palm/protection.ts';
import type { PalmTemplate } from '../../engine/palm/types.ts';
import type { Authority } from '../../engine/pki/authority.ts';
import { issueDeviceCertificate } from '../../engine/pki/certificate.ts';
import { readCsr } from '../../engine/pki/csr.ts';
import { type Commit, PLATFORM_TENANT, type Write } from '../../engine/ports.ts';
import { systemRandom } from '../../engine/system.ts';
import { openStorage, type Storage } from '../../transport/node/storage.ts';
import type { Progress } from '../harness/bench.ts';
import { galleryHand, userWrite } from '../load/gallery.ts';
import { benchEnvironment, startEngineProcess } from '../load/stage.ts';
import { storedVersion } from '../load/stored_version.ts';
import { generateTemplate } from '../palms/templates.ts';
import { makeScannerKey, type ScannerKey } from '../scanner/keys.ts';
import type { Credentials } from '../scanner/pair.ts';

export interface EstateOptions {
  readonly seed: number;
  /** Palms of each tenant, by its number. */
  readonly palms: readonly number[];
  /** Scanners of each tenant, by its number. */
  readonly scanners: readonly number[];
  readonly progress: (title: string, total: number) => Progress;
}

export interface Estate {
  readonly dataDir: string;
  /** Of each tenant, by its number. */
  readonly scanners: readonly (readonly Credentials[])[];
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** One key pair for all scanners and one rotation for all tenants: neither is what is measured. */
interface Shared {
  readonly storage: Storage;
  readonly authority: Authority;
  readonly key: ScannerKey;
  readonly publicKey: Uint8Array;
  readonly rotationKey: Uint8Array;
  readonly templates: readonly PalmTemplate[];
}

function uuid(group: number, tenant: number, number: number): string {
  return `${tenant.toString(16).padStart(8, '0')}-0000-4000-${(0x8000 + group).toString(16)}-${number.toString(16).padStart(12, '0')}`;
}

/** Prepares the directory, or finds the one of an earlier run with the same options. */
export async function prepareEstate(options: EstateOptions): Promise<Estate> {
  const { palms, scanners, seed, progress } = options;
  const most = Math.max(...palms);
  const sum = palms.reduce((a, b) => a + b);
  const each = palms.map((_, number) => scanners[number] ?? 1);
  const halls = each.reduce((all, one) => all + one, 0);
  const name = ['tenants', storedVersion(), palms.length, sum, most, halls, seed].join('-');
  const folder = join(tmpdir(), 'thenar-bench-galleries', name);
  const dataDir = join(folder, 'engine');
  const castFile = join(folder, 'cast.json');
  if (existsSync(castFile)) return { dataDir, scanners: JSON.parse(readFileSync(castFile, 'utf8')) };
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o711);
  const environment = benchEnvironment(dataDir);
  // The engine's own first start makes keys, CA and schema.
  await (await startEngineProcess(environment)).stop();
  const storage = await openStorage(readConfig(environment), silent);
  const cast: Credentials[][] = [];
  const writing = progress('writing tenants', palms.length);
  try {
    const shared = await share(storage, seed, most);
    for (const [number, count] of palms.entries()) {
      cast.push(await writeTenant(shared, number, count, each[number]!));
      writing.tick();
    }
  } finally {
    writing.done();
    await storage.close();
  }
  writeFileSync(castFile, JSON.stringify(cast), { mode: 0o600 });
  return { dataDir, scanners: cast };
}

async function share(storage: Storage, seed: number, palms: number): Promise<Shared> {
  const [row] = await storage.store.list('certificateAuthorities', { where: { retiredAt: null } });
  if (row === undefined) throw new Error('the engine made no CA');
  const key = await makeScannerKey('bench');
  const rotationKey = systemRandom.bytes(32);
  const rotations = new RotationArena();
  const rotation = rotations.hold(makeRotation(rotationKey));
  const templates = Array.from({ length: palms }, (_, identity) => {
    const { vector, code } = generateTemplate({ seed, identity, hand: galleryHand, sample: 0 });
    return { vector: rotations.rotate(rotation, vector), code };
  });
  const { publicKey } = readCsr(key.csrPem);
  const authority = await openAuthority(storage.sealer, row);
  return { storage, authority, key, publicKey, rotationKey, templates };
}

async function writeTenant(
  shared: Shared,
  number: number,
  palms: number,
  scanners: number,
): Promise<Credentials[]> {
  const { store, sealer } = shared.storage;
  const tenantId = uuid(0, number, 0);
  const rotationKey = sealer.of(tenantId).seal(shared.rotationKey, rotationPlace(tenantId));
  const tenant = {
    tenantId,
    name: `Tenant ${number}`,
    region: null,
    status: 'active',
    rotationKey,
    nextRotationKey: null,
  } as const;
  const state = { version: 1, createdAt: 0, configuredAt: null, eraseAt: null, erasingSince: null };
  // Scanners of a tenant that floods are not held back one by one: that is the engine's tenants' own choice.
  const config = { ...tenantDefaults, scannerCallsPerSecond: limits.scanner_rate_max };
  const devices = await Promise.all(
    Array.from({ length: scanners }, (_, i) => device(shared, tenantId, number, i)),
  );
  await store.commit({
    tenantId: PLATFORM_TENANT,
    writes: [{ insert: 'tenants', row: { ...tenant, ...state, config } }],
  });
  await store.commit({ tenantId, writes: devices.flatMap(({ writes }) => writes) });
  for (let from = 0; from < palms; from += limits.read_page_max) {
    await store.commit(
      await palmsCommit(shared, tenantId, number, from, Math.min(palms, from + limits.read_page_max)),
    );
  }
  return devices.map(({ credentials }) => credentials);
}

async function device(shared: Shared, tenantId: string, tenant: number, number: number) {
  const { authority, publicKey, key } = shared;
  const deviceId = uuid(1, tenant, number);
  const hardwareId = `tenant-${tenant}-${number}`;
  const now = Date.now();
  const issued = await issueDeviceCertificate(authority, {
    tenantId,
    deviceId,
    publicKey,
    now,
    validityDays: 365,
    random: systemRandom,
  });
  const { fingerprint, serial, generation, notBefore, notAfter } = issued;
  const place = {
    deviceName: hardwareId,
    location: 'Bench',
    deviceClass: 'gate',
    boundProduct: null,
  } as const;
  const made = {
    boundAction: null,
    hardwareId,
    model: null,
    firmware: null,
    serial: null,
    status: 'paired',
  } as const;
  const state = {
    pairedAt: now,
    certificateExpiresAt: notAfter,
    lastSeenAt: null,
    seq: 0,
    version: 1,
  } as const;
  const row = { deviceId, tenantId, ...place, ...made, ...state, createdAt: now };
  const standing = { tenantId, deviceId, generation, notBefore, notAfter, deniedAt: null, denyReason: null };
  const writes: Write[] = [
    { insert: 'devices', row },
    { insert: 'certificates', row: { fingerprint, serial, ...standing } },
  ];
  const credentials: Credentials = {
    deviceId,
    hardwareId,
    certificatePem: issued.pem,
    keyPem: key.keyPem,
    caChainPem: authority.certificatePem,
    expiresAt: new Date(notAfter).toISOString(),
  };
  return { writes, credentials };
}

async function palmsCommit(
  { storage, templates, rotationKey }: Shared,
  tenantId: string,
  tenant: number,
  from: number,
  to: number,
): Promise<Commit> {
  const numbers = Array.from({ length: to - from }, (_, i) => from + i);
  const keys = await Promise.all(
    numbers.map((palm) => storage.subjectKeys.ensure(uuid(2, tenant, palm), tenantId)),
  );
  const protection = protectionOf(rotationKey);
  const placeOf = (palm: number) => ({ userId: uuid(2, tenant, palm), palmId: uuid(3, tenant, palm) });
  return {
    tenantId,
    writes: numbers.flatMap((palm): Write[] => [
      userWrite(tenantId, uuid(2, tenant, palm), `person-${palm}`),
      {
        insert: 'palms',
        row: {
          ...placeOf(palm),
          tenantId,
          hand: galleryHand,
          model: palmModel,
          samples: 1,
          reference: null,
          deviceId: null,
          createdAt: 0,
        },
      },
    ]),
    palmLog: numbers.map((palm, at) => {
      const place = { tenantId, ...placeOf(palm), sample: 0, protection: protection.id };
      const plain = storedForm(templates[palm]!, protection, place);
      const sealed = sealTemplate(plain, keys[at]!, place, systemRandom);
      return {
        operation: 'add',
        ...placeOf(palm),
        hand: galleryHand,
        sample: 0,
        sealed,
        protection: protection.id,
      };
    }),
  };
}
