/** One node on its storage: matcher, actors, listeners and interrupted work, in order; stopped in reverse. */
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, startEngine } from '../../actors/engine.ts';
import { Admission } from '../../engine/admission/admission.ts';
import { CallLimit } from '../../engine/admission/limit.ts';
import type { Config } from '../../engine/config.ts';
import { openFaceVendors } from '../../engine/face/vendors.ts';
import { limits } from '../../engine/limits.ts';
import type { Meter } from '../../engine/meter.ts';
import { DevelopmentOutbox } from '../../engine/outbound/development.ts';
import { smtpMailer } from '../../engine/outbound/mail.ts';
import { createHttpSender, type HttpSender } from '../../engine/outbound/send.ts';
import { httpSmsSender } from '../../engine/outbound/sms.ts';
import type { Phases } from '../../engine/phases.ts';
import type { PoolMatcher } from '../../engine/pool/matcher.ts';
import type { Clock, Log } from '../../engine/ports.ts';
import type { SteadyClock } from '../../engine/steady-clock.ts';
import { systemRandom as random } from '../../engine/system.ts';
import { compileWaiting } from '../http/compile.ts';
import type { Tracing } from '../tracing/open.ts';
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

/** What a node is started with beside its storage. */
export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  readonly clock: SteadyClock;
  readonly phases: Phases;
  readonly meter: Meter;
  readonly tracing: Tracing;
  /** Of this program. */
  readonly version: string;
}

/** @throws ThenarError or an error of the operating system; the matcher is closed then, and storage stays open */
export async function assemble(
  storage: Storage,
  matcher: PoolMatcher,
  around: Surroundings,
): Promise<RunningNode> {
  const { config, clock, tracing } = around;
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
    await Promise.all([storage.close(), tracing.close()]);
  };
  try {
    const node = await startOn({ storage, matcher, sender, operatorSender, serviceSender, closeAll }, around);
    storage.started();
    return node;
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

async function startOn(parts: Parts, around: Surroundings): Promise<RunningNode> {
  const { config, log, clock, phases, version } = around;
  const { storage, matcher, sender, operatorSender, serviceSender } = parts;
  const bootstrapFile = join(config.dataDir, 'bootstrap.json');
  const engine = await startEngine({
    ...storage,
    ...around,
    tracer: around.tracing.tracer,
    random,
    matcher,
    faceVendors: openFaceVendors(config.face, { reader: matcher, sender: operatorSender, clock }),
    sender,
    operatorSender,
    serviceSender,
    ...messaging(config, clock, operatorSender),
    announceAdministrator(credentials) {
      writePrivate(bootstrapFile, credentials);
    },
  });
  const { tls } = engine.context;
  const caFile = join(config.dataDir, 'ca.pem');
  const writeCa = (): void => writeWhole(caFile, tls.authorities.pem, 0o644);
  writeCa();
  const waitedMs = (): number =>
    storage.waitedMs() + Math.max(...matcher.workers().map((worker) => worker.waitedMs));
  const admission = new Admission(clock, new CallLimit(clock, { waitedMs }), (name, begins) => {
    const refused = admission.counts.refused;
    if (begins) log.warn({ of: name, refused }, 'more is asked for than can be done: calls are refused');
    else log.info({ of: name, refused }, 'calls are no longer refused');
  });
  // Shards still load in their workers while this thread puts the listeners up; until one is there its callers wait.
  const [listeners] = await Promise.all([
    phases.time('listeners', () => openListeners(engine, admission, log, version)),
    phases.time('interrupted work and shards', () => engine.resume()),
  ]);
  compileWaiting(clock).catch((error: unknown) => log.error({ error }, 'a schema does not compile'));
  const { deviceUrl, opsUrl } = listeners;
  // Links lead to where the listener is, never to what a request says that its host is.
  const linkHere = (): void => {
    engine.context.deployment.publicUrl = config.publicUrl ?? listeners.publicUrl;
  };
  linkHere();
  const nodeFile = join(config.dataDir, 'node.json');
  const writeNode = (): void =>
    writePrivate(nodeFile, {
      pid: process.pid,
      public: listeners.publicUrl,
      // So that commands on this machine know the engine again, whatever name its certificate is for.
      public_fingerprint: tls.serverCertificate?.facts.fingerprint ?? null,
      device: deviceUrl,
      ops: opsUrl,
    });
  writeNode();
  tls.listeners = {
    get secure() {
      return listeners.tls.secure;
    },
    async useServerCertificate(certificate) {
      await listeners.tls.useServerCertificate(certificate);
      linkHere();
      writeNode();
    },
    async useAuthorities() {
      await listeners.tls.useAuthorities();
      writeCa();
    },
  };
  return {
    engine,
    get publicUrl() {
      return listeners.publicUrl;
    },
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

/** What is configured sends; what is not stays in the outbox of the ops listener. */
function messaging(config: Config, clock: Clock, sender: HttpSender) {
  const { smtpUrl, mailFrom, smsUrl, smsToken } = config;
  const developmentOutbox = new DevelopmentOutbox(clock);
  return {
    developmentOutbox,
    mailer:
      smtpUrl === null || mailFrom === null
        ? developmentOutbox.mailer
        : smtpMailer({ url: smtpUrl, from: mailFrom }),
    smsSender:
      smsUrl === null ? developmentOutbox.smsSender : httpSmsSender({ url: smsUrl, token: smsToken, sender }),
  };
}

/** For its owner only. */
function writePrivate(file: string, content: object): void {
  writeWhole(file, `${JSON.stringify(content, null, 2)}\n`, 0o600);
}

/** Never half written: whoever reads it meanwhile gets what was there before. */
function writeWhole(file: string, content: string, mode: number): void {
  const temporary = `${file}.new`;
  writeFileSync(temporary, content, { mode });
  chmodSync(temporary, mode);
  renameSync(temporary, file);
}
