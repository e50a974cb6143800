import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Admission } from '../../engine/admission/admission.ts';
import { limits } from '../../engine/limits.ts';
import type { HandshakeOutcome, Meter } from '../../engine/meter.ts';
import type { Clock, Log, Random, Tracer } from '../../engine/ports.ts';
import { nodeServerOptions, refuseOthers } from '../http/drivers/node.ts';
import { plainAddress } from '../http/drivers/server.ts';
import { ScannerConnection } from './connection.ts';
import { HandshakeGate } from './handshake-gate.ts';
import { TimerWheel } from './heartbeat.ts';
import { admit, fingerprintOf } from './peer.ts';
import type { ScannerApi, ScannerServices } from './services.ts';
import { type DeviceTls, defaultContext, namedContexts, serverOptions } from './tls.ts';
import { refuseUpgrade, scannerSockets, upgradeRefusal } from './upgrade.ts';

export interface DeviceListenerOptions {
  readonly api: ScannerApi;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meter: Meter;
  readonly tracer: Tracer;
  readonly tls: DeviceTls;
  /** The door of all callers of the node. */
  readonly admission: Admission;
  /**
   * REST of the device plane.
   * @param fingerprint of the certificate that this connection was admitted with
   * @param asks whether the client waits to be told to send its body (`Expect: 100-continue`)
   */
  readonly handleRequest: (
    request: IncomingMessage,
    response: ServerResponse,
    fingerprint: string,
    asks: boolean,
  ) => void;
}

export interface DeviceListener {
  /** Resolves to the port, which matters when it was 0. @throws Error as `net.Server` reports it (EADDRINUSE, …) */
  listen(host: string, port: number): Promise<number>;
  address(): AddressInfo | null;
  /** Takes up other certificates for connections to come; live ones stay. @throws Error on an unusable pair */
  updateTls(tls: DeviceTls): void;
  /**
   * Takes no more connections; running calls end or are answered `unavailable`, then every socket is closed 1012.
   * @param deadline `Clock.monotonic()` milliseconds; resolves by then, or a moment later.
   */
  drain(deadline: number): Promise<void>;
  connections(): readonly {
    readonly tenantId: string;
    readonly deviceId: string;
    readonly address: string;
    /** Epoch milliseconds. */
    readonly since: number;
  }[];
  handshakes(): { readonly running: number; readonly waiting: number; readonly refused: number };
}

/** The mutual-TLS listener: scanner sockets on `/v1/scanner`, everything else to the device plane (CONTRACT). */
export function createDeviceListener(options: DeviceListenerOptions): DeviceListener {
  const { api, clock, random, log, meter, tracer, admission } = options;
  const wheel = new TimerWheel(clock);
  const services: ScannerServices = {
    api,
    clock,
    random,
    log,
    meter,
    tracer,
    wheel,
    admission,
    connections: new Set(),
  };
  const sockets = scannerSockets();
  const tcpSockets = new Set<Socket>();
  let named = namedContexts(options.tls);

  const server = createServer({
    ...serverOptions(() => named),
    ...defaultContext(options.tls),
    noDelay: true,
    keepAlive: true,
    ...nodeServerOptions,
  });

  // The server's own listener starts the handshake; the gate calls it when it is this connection's turn.
  const startHandshake = server.listeners('connection')[0] as (socket: Socket) => void;
  server.removeAllListeners('connection');
  const gate = new HandshakeGate(clock, (socket) => startHandshake.call(server, socket));
  const handshakeEnded = (socket: Socket, outcome: HandshakeOutcome): void => {
    const tookMs = gate.leave(socket);
    if (tookMs === null) return;
    meter.handshakes.of(outcome).value += 1;
    if (outcome !== 'failed') meter.handshakeSeconds.observe(tookMs / 1000);
  };
  // One function for all connections, told apart by `this`: thousands of idle ones share it.
  function onTcpClose(this: Socket): void {
    tcpSockets.delete(this);
    // Nothing when the handshake ended before.
    handshakeEnded(this, 'failed');
  }
  server.on('connection', (socket: Socket) => {
    tcpSockets.add(socket);
    socket.once('close', onTcpClose);
    gate.enter(socket);
  });
  server.prependListener('secureConnection', (socket) => {
    const admission = admit(socket, api.auth);
    handshakeEnded(tcpSocketOf(socket), admission.ok ? 'done' : 'refused');
    if (admission.ok) return;
    const { reason, fingerprint } = admission;
    log.info({ reason, fingerprint, address: socket.remoteAddress }, 'device connection refused');
    socket.destroy();
  });
  server.on('tlsClientError', (error, socket) => {
    handshakeEnded(tcpSocketOf(socket), 'failed');
    log.info({ reason: (error as NodeJS.ErrnoException).code ?? error.message }, 'device handshake failed');
    socket.destroy();
  });
  refuseOthers(server);

  const take = (asks: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const fingerprint = fingerprintOf(request.socket);
    if (fingerprint === null) request.socket.destroy();
    else options.handleRequest(request, response, fingerprint, asks);
  };
  server.on('request', take(false));
  // A body is asked for only once the pipeline wants it.
  server.on('checkContinue', take(true));

  sockets.on('wsClientError', (error, socket) => {
    const refusal = { status: 400, code: 'protocol_violation', message: `${error.message}.` } as const;
    refuseUpgrade(socket, refusal, random.uuid());
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const fingerprint = fingerprintOf(request.socket);
    const standing = fingerprint === null ? null : api.auth.authenticateDevice(fingerprint);
    if (fingerprint === null || standing === null) {
      socket.destroy();
      return;
    }
    socket.on('error', ignore);
    const refusal = upgradeRefusal(request);
    if (refusal !== null) {
      refuseUpgrade(socket, refusal, random.uuid());
      return;
    }
    const address = plainAddress(request.socket.remoteAddress ?? '');
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      socket.removeListener('error', ignore);
      const { tenantId, deviceId } = standing.ok ? standing : { tenantId: '', deviceId: '' };
      const peer = { tenantId, deviceId, fingerprint, address };
      const connection = new ScannerConnection(services, webSocket, peer);
      // A suspended scanner gets its socket so that the close code can say why (CONTRACT: close codes).
      connection.checkStanding();
    });
  });

  return {
    async listen(host, port) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.removeListener('error', reject);
          server.on('error', (error) => log.error({ error }, 'device listener failed'));
          resolve();
        });
      });
      return (server.address() as AddressInfo).port;
    },
    address: () => server.address() as AddressInfo | null,
    updateTls(tls) {
      const contexts = namedContexts(tls);
      server.setSecureContext(defaultContext(tls));
      named = contexts;
    },
    async drain(deadline) {
      gate.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      for (const connection of [...services.connections]) connection.drain();
      // Scanners get the last part of the time to answer their close frames.
      const left = deadline - clock.monotonic();
      const grace = Math.min(limits.scanner_drain_grace_ms, left / 2);
      await Promise.race([closed, elapsed(clock, left - grace)]);
      for (const connection of [...services.connections]) connection.abandon();
      await Promise.race([closed, elapsed(clock, grace)]);
      for (const connection of [...services.connections]) connection.terminate();
      for (const socket of tcpSockets) socket.destroy();
      await closed;
      wheel.stop();
    },
    connections: () =>
      [...services.connections].map(({ peer, since }) => ({
        tenantId: peer.tenantId,
        deviceId: peer.deviceId,
        address: peer.address,
        since,
      })),
    handshakes: () => gate.counts,
  };
}

/** The raw connection under a TLS one, which the gate knows it by. */
function tcpSocketOf(socket: TLSSocket): Socket {
  return (socket as TLSSocket & { readonly _parent?: Socket })._parent ?? socket;
}

function ignore(): void {
  // The connection ended while it was being upgraded; its 'close' is what matters.
}

function elapsed(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms > 0) clock.after(ms, resolve);
    else resolve();
  });
}
