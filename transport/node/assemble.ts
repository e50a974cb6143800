/** One node on its storage: matcher, actors, listeners and interrupted work, in order; stopped in reverse. */
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rotationPlace } from '../../actors/commands/tenants.ts';
import { type Engine, startEngine } from '../../actors/engine.ts';
import { palmLogAfter } from '../../actors/palms/log.ts';
import { assetPath } from '../../engine/asset.ts';
import type { Config } from '../../engine/config.ts';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { createHttpSender, type HttpSender } from '../../engine/outbound/send.ts';
import { PoolMatcher } from '../../engine/pool/matcher.ts';
import type { Clock, Log } from '../../engine/ports.ts';
import { systemRandom as random } from '../../engine/system.ts';
import { compileWaiting } from '../http/compile.ts';
import { openListeners } from './listeners.ts';
import type { Storage } from './storage.ts';

export interface RunningNode {
  readonly engine: Engine;
  readonly publicUrl: string;
  readonly deviceUrl: string;
  readonly opsUrl: string;
  readonly caFile: string;
  /** Where the first administrator's credentials are, when the engine made them. */
  readonly bootstrapFile: string;
  /** Drains: sockets get 1012, work under way finishes, snapshots are written. Within `limits.drain_ms`. */
  stop(): Promise<void>;
}

/** @throws ThenarError or an error of the operating system; storage stays open then */
export async function assemble(
  storage: Storage,
  config: Config,
  log: Log,
  clock: Clock,
): Promise<RunningNode> {
  const matcher = createMatcher(storage, config, clock);
  const sender = createHttpSender({ clock, allowPrivate: config.webhookAllowPrivate });
  const operatorSender = createHttpSender({ clock, allowPrivate: true });
  const serviceSender = createHttpSender({
    clock,
    allowPrivate: config.webhookAllowPrivate,
    // One more than questions at once: the health check.
    sockets: { perEndpoint: limits.service_in_flight_max + 1, total: limits.service_sockets_max },
  });
  const close = async (): Promise<void> => {
    await matcher.close();
    sender.close();
    operatorSender.close();
    serviceSender.close();
  };
  const closeAll = async (): Promise<void> => {
    await close();
    await storage.close();
  };
  try {
    return await startOn(
      { storage, matcher, sender, operatorSender, serviceSender, closeAll },
      config,
      log,
      clock,
    );
  } catch (error) {
    await close();
    throw error;
  }
}

interface Parts {
  readonly storage: Storage;
  readonly matcher: PoolMatcher;
  readonly sender: HttpSender;
  readonly operatorSender: HttpSender;
  readonly serviceSender: HttpSender;
  readonly closeAll: () => Promise<void>;
}

async function startOn(parts: Parts, config: Config, log: Log, clock: Clock): Promise<RunningNode> {
  const { storage, matcher, sender, operatorSender, serviceSender } = parts;
  const bootstrapFile = join(config.dataDir, 'bootstrap.json');
  const engine = await startEngine({
    ...storage,
    config,
    clock,
    random,
    log,
    matcher,
    sender,
    operatorSender,
    serviceSender,
    announceAdministrator: (credentials) => writePrivate(bootstrapFile, credentials),
  });
  const caFile = join(config.dataDir, 'ca.pem');
  writeFileSync(caFile, engine.context.authority.certificatePem, { mode: 0o644 });
  const { version } = JSON.parse(readFileSync(assetPath('package.json'), 'utf8')) as { version: string };
  // Shards load in their workers while this thread puts the listeners up; until one is there its callers wait.
  const [listeners] = await Promise.all([openListeners(engine, log, version), engine.resume()]);
  compileWaiting(clock).catch((error: unknown) => log.error({ error }, 'a schema does not compile'));
  const { publicUrl, deviceUrl, opsUrl } = listeners;
  const nodeFile = join(config.dataDir, 'node.json');
  writePrivate(nodeFile, { pid: process.pid, public: publicUrl, device: deviceUrl, ops: opsUrl });
  return {
    engine,
    publicUrl,
    deviceUrl,
    opsUrl,
    caFile,
    bootstrapFile,
    async stop() {
      const deadline = clock.monotonic() + limits.drain_ms;
      rmSync(nodeFile, { force: true });
      await listeners.drain(deadline);
      await engine.stop(deadline);
      await parts.closeAll();
    },
  };
}

function createMatcher({ store, sealer, subjectKeys }: Storage, config: Config, clock: Clock): PoolMatcher {
  return new PoolMatcher({
    clock,
    random,
    subjectKeys,
    dataDir: config.dataDir,
    palmLogAfter: (tenantId, position, limit) => palmLogAfter(store, subjectKeys, tenantId, position, limit),
    async tenantRotationKey(tenantId) {
      const tenant = await store.get('tenants', { tenantId });
      if (tenant === null) throw new ThenarError('tenant_not_found', 'There is no such tenant.');
      return sealer.open(tenant.rotationKey, rotationPlace(tenantId));
    },
    ...(config.workers === null ? {} : { workers: config.workers }),
  });
}

/** For its owner only, and never half written. */
function writePrivate(file: string, content: object): void {
  const temporary = `${file}.new`;
  writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, file);
}
