/**
 * A scanner with as little of its own as Node allows, so that thousands of them in one process cost less than the
 * server they connect to: TLS with a context made beforehand, the upgrade and the frames written as bytes. It does
 * not check the server's certificate, which is the client's work and no part of what is measured.
 */
import { isIP } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export function addressOf(deviceUrl: string): Address {
  const { hostname, port } = new URL(deviceUrl);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) };
}

export interface Opened {
  /** Whether TLS was resumed. */
  readonly tlsResumed: boolean;
}

/** What a scanner keeps of one server between connections. */
interface Memory {
  tls: Buffer | null;
  epoch: string | null;
  lastSeq: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');
/** A client masks every frame; with zeros the bytes stay as they are (RFC 6455 §5.3). */
const MASK = Buffer.alloc(4);
const PONG = Buffer.concat([Buffer.from([0x8a, 0x80]), MASK]);

const opcodes = { text: 1, close: 8, ping: 9 } as const;

export class LeanScanner {
  readonly #context: SecureContext;
  readonly #memories = new Map<string, Memory>();
  #socket: TLSSocket | null = null;
  /** Connections that ended though nobody dropped them. */
  lost = 0;
  /** Told the code of a close frame in the moment in which it was read. */
  closed: (code: number) => void = () => {};

  constructor(context: SecureContext) {
    this.#context = context;
  }

  get connected(): boolean {
    return this.#socket !== null;
  }

  /**
   * Connects, upgrades and opens the session.
   * @param resume whether to offer the TLS session and the epoch of the last connection there
   * @throws Error whose message is the code that it failed with
   */
  open(address: Address, resume: boolean): Promise<Opened> {
    const { host, port } = address;
    const memory = this.#memory(`${host}:${port}`);
    return new Promise((resolve, reject) => {
      const socket = connectTls({
        host,
        port,
        servername: isIP(host) === 0 ? host : '',
        secureContext: this.#context,
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
        ...(resume && memory.tls !== null ? { session: memory.tls } : {}),
      });
      this.#socket = socket;
      let failure = 'closed';
      let opened = false;
      let upgraded = false;
      let rest: Buffer | null = null;
      socket.setNoDelay(true);
      socket.on('session', (session) => {
        memory.tls = session;
      });
      socket.once('secureConnect', () => socket.write(upgradeRequest(host)));
      socket.on('error', (error: NodeJS.ErrnoException) => {
        failure = error.code ?? error.message;
      });
      socket.once('close', () => {
        if (!opened) reject(new Error(failure));
        else if (this.#socket === socket) this.lost += 1;
        if (this.#socket === socket) this.#socket = null;
      });
      const frame = (opcode: number, payload: Buffer): void => {
        if (opcode === opcodes.ping) socket.write(PONG);
        if (opcode === opcodes.close) {
          const code = payload.length < 2 ? 0 : payload.readUInt16BE(0);
          failure = `closed ${code === 0 ? '' : code}`.trim();
          socket.destroy();
          this.closed(code);
        }
        if (opcode !== opcodes.text || opened) return;
        const { result, error } = JSON.parse(payload.toString());
        if (result === undefined) {
          failure = String(error?.data?.code ?? 'refused');
          socket.destroy();
          return;
        }
        memory.epoch = result.epoch;
        memory.lastSeq = result.last_seq;
        opened = true;
        resolve({ tlsResumed: socket.isSessionReused() });
      };
      socket.on('data', (chunk: Buffer) => {
        rest = rest === null ? chunk : Buffer.concat([rest, chunk]);
        if (!upgraded) {
          const end = rest.indexOf(HEAD_END);
          if (end < 0) return;
          if (!rest.subarray(0, 12).equals(SWITCHING)) {
            failure = rest.subarray(9, 12).toString();
            socket.destroy();
            return;
          }
          upgraded = true;
          rest = rest.subarray(end + HEAD_END.length);
          socket.write(sessionOpen(resume ? memory : null));
        }
        rest = readFrames(rest, frame);
      });
    });
  }

  /** Cuts the connection as a lost network does. Resolves when the socket is closed. */
  drop(): Promise<void> {
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once('close', () => resolve());
      socket.destroy();
    });
  }

  #memory(server: string): Memory {
    let memory = this.#memories.get(server);
    if (memory === undefined) {
      memory = { tls: null, epoch: null, lastSeq: 0 };
      this.#memories.set(server, memory);
    }
    return memory;
  }
}

const SWITCHING = Buffer.from('HTTP/1.1 101');

function upgradeRequest(host: string): string {
  return [
    'GET /v1/scanner HTTP/1.1',
    `Host: ${host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: thenar.scanner.v1',
    '\r\n',
  ].join('\r\n');
}

function sessionOpen(memory: Memory | null): Buffer {
  const params =
    memory === null || memory.epoch === null ? {} : { epoch: memory.epoch, last_seq: memory.lastSeq };
  const text = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'session.open', params }));
  const { length } = text;
  const head = length < 126 ? [0x81, 0x80 | length] : [0x81, 0xfe, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), MASK, text]);
}

/** Hands every whole frame on; returns what is left of one that is not. */
function readFrames(bytes: Buffer, frame: (opcode: number, payload: Buffer) => void): Buffer | null {
  let at = 0;
  while (bytes.length - at >= 2) {
    const short = bytes[at + 1]! & 0x7f;
    const wide = short === 126 ? 2 : short === 127 ? 8 : 0;
    const from = at + 2 + wide;
    if (bytes.length < from) break;
    const length = wide === 2 ? bytes.readUInt16BE(at + 2) : wide === 8 ? bytes.readUInt32BE(at + 6) : short;
    if (bytes.length < from + length) break;
    frame(bytes[at]! & 0x0f, bytes.subarray(from, from + length));
    at = from + length;
  }
  return at === bytes.length ? null : bytes.subarray(at);
}
