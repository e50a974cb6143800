/** The three listeners of one node, over one engine. */
import type { Engine } from '../../actors/engine.ts';
import type { TlsListeners } from '../../actors/tls/state.ts';
import type { Admission } from '../../engine/admission/admission.ts';
import type { Log } from '../../engine/ports.ts';
import { families } from '../apis/families.ts';
import { createDeviceHttp, createPublicListener } from '../http/listeners.ts';
import { apiInfo } from '../http/openapi.ts';
import { auditRoute } from '../ops/audit.ts';
import { createOpsListener } from '../ops/listener.ts';
import { outboxRoute } from '../ops/outbox.ts';
import { startRoute } from '../ops/start.ts';
import { createDeviceListener } from '../scanner/device-listener.ts';
import { deviceTls, ownCertificate, publicTls } from './tls.ts';

export interface Listeners {
  /** Of http until there is a server certificate, then of https. */
  readonly publicUrl: string;
  readonly deviceUrl: string;
  readonly opsUrl: string;
  /** How new certificates are taken up, without a connection lost. */
  readonly tls: TlsListeners;
  /** Takes nothing new, lets what is under way finish until the deadline (`Clock.monotonic()` milliseconds). */
  drain(deadline: number): Promise<void>;
}

/** @throws Error of the operating system when a port cannot be had */
export async function openListeners(
  engine: Engine,
  admission: Admission,
  log: Log,
  version: string,
): Promise<Listeners> {
  const { api, context } = engine;
  const { clock, config, meter, random, tracer } = context;
  const { serverCertificate } = context.tls;
  const shared = { clock, random, log, tracer, admission, facades: families };
  const deviceHttp = createDeviceHttp(api, { ...shared, metrics: meter.http.device });
  let own = await ownCertificate(context);
  const device = createDeviceListener({
    api,
    clock,
    random,
    log,
    meter,
    tracer,
    admission,
    tls: await deviceTls(context, own),
    handleRequest(request, response, _fingerprint, asks) {
      if (asks) deviceHttp.continueListener(request, response);
      else deviceHttp.listener(request, response);
    },
  });
  const devicePort = await device.listen(config.host, config.devicePort);
  // Without a token nobody off this machine may ask.
  const opsHost = config.opsToken === null ? '127.0.0.1' : config.host;
  const ops = await createOpsListener(api, {
    clock,
    random,
    log,
    host: opsHost,
    port: config.opsPort,
    token: config.opsToken,
    metered: { meter, version, handshakes: () => device.handshakes(), admission },
    routes: [auditRoute, outboxRoute, startRoute],
  });
  const publicListener = await createPublicListener(api, {
    ...shared,
    metrics: meter.http.public,
    host: config.host,
    port: config.publicPort,
    info: apiInfo(version),
    driver: config.httpDriver,
    ...(serverCertificate === null ? {} : { tls: await publicTls(context, serverCertificate) }),
  });
  const tls: TlsListeners = {
    get secure() {
      return publicListener.secure;
    },
    async useServerCertificate(certificate) {
      await publicListener.setCertificate(await publicTls(context, certificate));
      device.updateTls(await deviceTls(context, own));
    },
    async useAuthorities() {
      own = await ownCertificate(context);
      device.updateTls(await deviceTls(context, own));
    },
  };
  return {
    get publicUrl() {
      const scheme = publicListener.secure ? 'https' : 'http';
      return `${scheme}://${urlHost(config.host)}:${publicListener.port}`;
    },
    deviceUrl: `https://${urlHost(config.host)}:${devicePort}`,
    opsUrl: `http://${urlHost(opsHost)}:${ops.port}`,
    tls,
    async drain(deadline) {
      const left = (): number => Math.max(0, deadline - clock.monotonic());
      await Promise.all([device.drain(deadline), deviceHttp.drain(left()), publicListener.close(left())]);
      await ops.close(left());
    },
  };
}

/** An address as a URL names it; one that stands for all of the machine's is reached on loopback. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
