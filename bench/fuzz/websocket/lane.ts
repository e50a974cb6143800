/** One scanner that sends what no scanner should, and connects again whenever that ended its connection. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import type { Draw } from '../draw.ts';
import type { Findings } from '../finding.ts';
import { type FrameInput, frame, frameInput, opcode } from './frames.ts';
import { LinkError, WebSocketLink } from './link.ts';

/** Longer than any call may take: after it a connection has been left hanging. */
const PATIENCE_MS = 20_000;

/** Codes with which a bad input may end its connection; null: cut without a close frame. */
const endings: ReadonlySet<number | null> = new Set([
  null,
  1_000,
  1_002,
  1_005,
  1_006,
  1_007,
  1_008,
  1_009,
  4_400,
  4_429,
]);
/** What no answer has: its connection can only end. */
const unanswerable = Symbol('unanswerable');
/** A client's own close is answered with its own code. */
const echoed = (code: number | null): boolean =>
  code !== null && ((code >= 1_000 && code <= 1_014) || (code >= 3_000 && code <= 4_999));

/** Inputs whose connection should survive them go out together, up to so many: below what one scanner may have under way. */
const GROUP = 16;

interface Sent extends FrameInput {
  readonly number: number;
}

export class ScannerLane {
  readonly #connect: () => Promise<TLSSocket>;
  readonly #findings: Findings;
  readonly #surface: string;
  readonly counts: Record<string, number> = {};
  #link: WebSocketLink | null = null;
  #group: Sent[] = [];
  #probes = 0;

  /** @param connect over mutual TLS, with the certificate of a scanner that nobody else uses */
  constructor(connect: () => Promise<TLSSocket>, findings: Findings, surface = 'websocket') {
    this.#connect = connect;
    this.#findings = findings;
    this.#surface = surface;
  }

  /**
   * Takes one input, and judges it with others or by itself.
   * @throws Error when the listener takes no connection any more
   */
  async run(draw: Draw, number: number): Promise<void> {
    const input = { ...frameInput(draw), number };
    if (input.survivable) {
      if (this.#group.some(({ call }) => call !== null && call === input.call)) await this.settle();
      this.#group.push(input);
      if (this.#group.length === GROUP) await this.settle();
      return;
    }
    await this.settle();
    // What is wrong with a frame must end its connection before a session is open as well as afterwards.
    this.#link ??= draw.chance(0.5) ? await this.#opened() : await WebSocketLink.open(await this.#connect());
    await this.#alone(input);
  }

  /** Judges what was taken and has not been judged. */
  async settle(): Promise<void> {
    const group = this.#group;
    this.#group = [];
    if (group.length === 0) return;
    const left = await this.#together(group);
    // Which of them ended the connection is seen when each is sent by itself.
    for (const input of left) {
      this.#link ??= await this.#opened();
      await this.#alone(input);
    }
  }

  close(): void {
    this.#link?.socket.destroy();
    this.#link = null;
  }

  /** Sends inputs and a probe in one write. @returns those that a lost connection leaves without a judgement */
  async #together(group: readonly Sent[]): Promise<readonly Sent[]> {
    this.#link ??= await this.#opened();
    const link = this.#link;
    const probe = this.#probe();
    link.socket.write(Buffer.concat([...group.map(({ bytes }) => bytes), call(probe, 'challenge.list')]));
    const awaited = new Map<unknown, Sent | null>([[probe, null]]);
    for (const input of group) if (input.call !== null) awaited.set(input.call, input);
    const found = (what: string): void =>
      this.#found(group[0] ?? null, `a group of ${group.length}: ${what}`);
    if (await this.#answered(link, awaited, found)) {
      this.#count('open', group.length);
      return [];
    }
    this.#ended(link);
    this.#count('groups ended');
    if (!endings.has(link.closeCode)) found(`closed with ${link.closeCode}`);
    // Before the probe's answer it is not known whether those that ask nothing were read.
    return group.filter(({ call }) => call === null || awaited.has(call));
  }

  async #alone(input: Sent): Promise<void> {
    const { name, bytes, open } = input;
    const link = this.#link;
    if (link === null) throw new LinkError('there is no connection');
    const found = (what: string): void => this.#found(input, `${name}: ${what}`);
    const probe = this.#probe();
    link.socket.write(open ? bytes : Buffer.concat([bytes, call(probe, 'challenge.list')]));
    if (open) link.socket.end();
    // With nothing awaited, an open end must end the connection.
    const awaited = new Map<unknown, Sent | null>(open ? [[unanswerable, null]] : [[probe, null]]);
    if (!open && input.call !== null) awaited.set(input.call, input);
    if (await this.#answered(link, awaited, found)) return this.#count('open');
    this.#ended(link);
    this.#count(link.closeCode === null ? 'cut' : String(link.closeCode));
    const own = name === 'close' || name === 'noise' || name === 'mutated';
    if (!endings.has(link.closeCode) && !(own && echoed(link.closeCode)))
      found(`closed with ${link.closeCode}`);
  }

  #ended(link: WebSocketLink): void {
    this.#link = null;
    link.socket.destroy();
  }

  #probe(): string {
    this.#probes += 1;
    return `probe-${this.#probes}`;
  }

  /** Reads until all that is awaited was answered (true) or the connection has ended (false); takes answers off. */
  async #answered(
    link: WebSocketLink,
    awaited: Map<unknown, Sent | null>,
    found: (what: string) => void,
  ): Promise<boolean> {
    const late = new AbortController();
    const patience = pause(PATIENCE_MS, 'late' as const, { signal: late.signal }).catch(
      () => 'late' as const,
    );
    try {
      for (;;) {
        if ((await Promise.race([link.changed(), patience])) === 'late') {
          found('the connection was left hanging');
          return false;
        }
        for (const message of link.messages.splice(0)) {
          const { what, id } = judge(message);
          const input = awaited.get(id);
          if (what !== null && input) this.#found(input, `${input.name}: ${what}`);
          else if (what !== null) found(what);
          awaited.delete(id);
        }
        if (link.broken !== null) found(link.broken);
        if (awaited.size === 0) return true;
        if (link.ended || link.broken !== null) return false;
      }
    } finally {
      late.abort();
    }
  }

  async #opened(): Promise<WebSocketLink> {
    const link = await WebSocketLink.open(await this.#connect());
    const id = this.#probe();
    link.socket.write(call(id, 'session.open'));
    for (;;) {
      await link.changed();
      for (const message of link.messages.splice(0)) {
        if (judge(message).id === id) return link;
      }
      if (link.ended) throw new LinkError(`session.open ended with ${link.closeCode}`);
    }
  }

  #count(name: string, more = 1): void {
    this.counts[name] = (this.counts[name] ?? 0) + more;
  }

  #found(input: Sent | null, what: string): void {
    const { number, bytes } = input ?? { number: 0, bytes: new Uint8Array() };
    this.#findings.add({ surface: this.#surface, number, what, input: bytes });
  }
}

function call(id: string, method: string): Buffer {
  return frame(opcode.text, Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params: {} })));
}

function judge(message: string): { readonly what: string | null; readonly id: unknown } {
  try {
    const { jsonrpc, id, error } = JSON.parse(message) as {
      readonly jsonrpc?: unknown;
      readonly id?: unknown;
      readonly error?: { readonly data?: { readonly code?: unknown } };
    };
    const code = error?.data?.code;
    const wrong =
      jsonrpc !== '2.0' ? 'an answer that is no JSON-RPC' : code === 'internal' ? 'code internal' : null;
    return { what: wrong, id };
  } catch {
    return { what: `an answer that is no JSON: ${message.slice(0, 80)}`, id: null };
  }
}
