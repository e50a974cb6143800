import { closeCodes } from '../../actors/device/protocol.ts';
import { limits } from '../../engine/limits.ts';
import { closeCodeOf, closeNameOf, unreadable } from './errors.ts';
import { newBucket, type TokenBucket, takeToken } from './flood.ts';
import { readBinaryFrame, readTextFrame } from './frames.ts';
import { NOT_PLACED, type Timed } from './heartbeat.ts';
import { renderError } from './json-rpc.ts';
import type { Peer } from './peer.ts';
import type { ScannerServices } from './services.ts';
import { ScannerSession } from './session.ts';
import type { ScannerSocket } from './socket.ts';

/**
 * One scanner's WebSocket: who may be heard, heartbeats, bounded sending, and the end; what is said is the
 * session's. An idle scanner costs this object, its session and the socket: methods are on the prototype, the timer
 * is the shared wheel, and whatever only a busy scanner needs is made when it is needed.
 */
export class ScannerConnection implements Timed {
  readonly peer: Peer;
  /** `Clock.now()` when it connected. */
  readonly since: number;
  wheelSlot = NOT_PLACED;
  readonly #services: ScannerServices;
  readonly #socket: ScannerSocket;
  readonly #bucket: TokenBucket;
  readonly #session: ScannerSession;
  #heartbeatsMissed = 0;
  /** The certificate of this connection was replaced by a newer one since. */
  #renewed = false;

  constructor(services: ScannerServices, socket: ScannerSocket, peer: Peer) {
    this.#services = services;
    this.#socket = socket;
    this.peer = peer;
    this.since = services.clock.now();
    this.#bucket = newBucket(services.clock.monotonic());
    this.#session = new ScannerSession(services, this);
    services.connections.add(this);
    socket.attach(this);
    services.wheel.place(this, limits.session_open_timeout_ms);
  }

  /** One frame. Nothing that a scanner sends makes this throw. */
  receive(data: Uint8Array, isBinary: boolean): void {
    if (!this.#mayBeHeard()) return;
    const frame = isBinary ? readBinaryFrame(data) : readTextFrame(data);
    if (frame.ok) {
      this.#session.receive(frame.json, frame.payload, data.length);
    } else {
      this.send(renderError(null, unreadable(frame.message)));
      this.close(closeCodes.protocolViolation, frame.message);
    }
  }

  pinged(data: Uint8Array): void {
    if (this.#mayBeHeard() && !this.#cutIfSlow()) this.#socket.pong(data);
  }

  ponged(): void {
    this.#mayBeHeard();
  }

  /** The WebSocket layer found a broken frame and closes by itself with 1002, 1007 or 1009 (RFC 6455 §7.4). */
  broken(error: Error): void {
    this.log('info', 'scanner sent a broken frame', { error });
  }

  /** Flooding and a certificate that no longer stands end the connection at the next thing it sends. */
  #mayBeHeard(): boolean {
    if (this.#session.closing) return false;
    this.#heartbeatsMissed = 0;
    const { api, clock } = this.#services;
    if (!takeToken(this.#bucket, clock.monotonic(), api.sessions.callsPerSecond(this.peer.tenantId))) {
      this.close(closeCodes.flooding, 'Too many messages.');
      return false;
    }
    return this.checkStanding();
  }

  /**
   * Looks the certificate up in memory; closes 4401 or 4403 and returns false when it does not stand. A scanner that
   * renewed keeps its open session; once the old certificate is forgotten altogether, it is asked to come back.
   */
  checkStanding(): boolean {
    const standing = this.#services.api.auth.authenticateDevice(this.peer.fingerprint);
    if (standing.ok) return true;
    if (standing.superseded === true && this.#session.established) {
      this.#renewed = true;
      return true;
    }
    if (this.#renewed && standing.code === 'device_certificate_invalid') {
      this.close(closeCodes.restarting, 'Connect again with the renewed certificate.');
      return false;
    }
    this.close(closeCodeOf(standing.code) ?? closeCodes.certificateRevoked, standing.code);
    return false;
  }

  // --- Time -----------------------------------------------------------------------------------------------

  due(): void {
    switch (this.#session.state) {
      case 'connected':
        this.close(closeCodes.protocolViolation, 'session.open did not come in time.');
        break;
      case 'opening':
        // The engine answers within the call's deadline; until then the scanner is not to blame.
        this.#services.wheel.place(this, limits.session_open_timeout_ms);
        break;
      case 'open':
      case 'draining':
        this.#beat();
        break;
      case 'closing':
        break;
      default:
        this.#session.state satisfies never;
    }
  }

  /** The first ping comes at a time of its own: scanners that reconnect together are not pinged together. */
  startHeartbeat(): void {
    this.#services.wheel.place(this, this.#services.random.fraction() * limits.heartbeat_s * 1000);
  }

  #beat(): void {
    // While reading is paused the scanner's pongs wait on our side, so their absence says nothing.
    if (this.#socket.isPaused) this.#heartbeatsMissed = 0;
    if (this.#heartbeatsMissed >= limits.heartbeat_missed_max) {
      this.close(closeCodes.heartbeatMissed, 'Heartbeats were not answered.');
    } else if (this.checkStanding() && !this.#cutIfSlow()) {
      this.#heartbeatsMissed += 1;
      this.#socket.ping();
      this.#services.wheel.place(this, limits.heartbeat_s * 1000);
    }
  }

  // --- Sending --------------------------------------------------------------------------------------------

  /** Sends one text frame unless the connection is closing. Never throws and never blocks. */
  send(text: string): void {
    if (this.#session.closing || this.#cutIfSlow()) return;
    this.#socket.send(text);
    this.#cutIfSlow();
  }

  /** Reading stops while the session has too much under way, so that TCP holds the scanner back. */
  setReading(reading: boolean): void {
    if (reading && this.#socket.isPaused) this.#socket.resume();
    if (!reading) this.#socket.pause();
  }

  /** Memory for what a scanner does not read is bounded: it is cut off, for a close frame would not get through. */
  #cutIfSlow(): boolean {
    if (!this.#socket.slow) return false;
    this.log('warn', 'scanner reads too slowly', {});
    this.#session.stop();
    this.#socket.terminate();
    return true;
  }

  // --- The end --------------------------------------------------------------------------------------------

  /** Starts the closing handshake; answers to what is under way are dropped. Codes as in `closeCodes`. */
  close(code: number, reason: string): void {
    if (this.#session.closing) return;
    this.#session.stop();
    this.#services.wheel.remove(this);
    this.#socket.closeFor(code, reason);
    this.log('info', 'scanner closed', { code, reason });
  }

  /** New calls are refused from now on; closes 1012 as soon as nothing is under way. */
  drain(): void {
    this.#session.drain();
  }

  /** The drain has run out of time: what is still under way is answered `unavailable`. */
  abandon(): void {
    this.#session.abandon();
  }

  /** Cuts the connection without a closing handshake. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** The socket is gone, however that came about. */
  closed(code: number): void {
    if (!this.#session.closing) this.log('info', 'scanner gone', { code });
    this.#services.meter.closes.of(closeNameOf(code)).value += 1;
    this.#session.stop();
    this.#services.wheel.remove(this);
    this.#services.connections.delete(this);
    this.#session.ended();
  }

  log(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void {
    const { tenantId, deviceId } = this.peer;
    this.#services.log[level]({ tenantId, deviceId, ...fields }, message);
  }
}
