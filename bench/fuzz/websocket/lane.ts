/** One scanner that sends what no scanner should, and connects again whenever that ended its connection. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import type { Draw } from '../draw.ts';
import type { Findings } from '../finding.ts';
import { frame, frameInput, opcode } from './frames.ts';
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
/** A client's own close is answered with its own code. */
const echoed = (code: number | null): boolean =>
  code !== null && ((code >= 1_000 && code <= 1_014) || (code >= 3_000 && code <= 4_999));

export class ScannerLane {
  readonly #connect: () => Promise<TLSSocket>;
  readonly #findings: Findings;
  readonly #surface: string;
  readonly counts: Record<string, number> = {};
  #link: WebSocketLink | null = null;
  #probes = 0;

  /** @param connect over mutual TLS, with the certificate of a scanner that nobody else uses */
  constructor(connect: () => Promise<TLSSocket>, findings: Findings, surface = 'websocket') {
    this.#connect = connect;
    this.#findings = findings;
    this.#surface = surface;
  }

  /** Sends one input and judges what comes of it. @throws Error when the listener takes no connection any more */
  async run(draw: Draw, number: number): Promise<void> {
    const { name, bytes, open } = frameInput(draw);
    const found = (what: string): void =>
      this.#findings.add({ surface: this.#surface, number, what: `${name}: ${what}`, input: bytes });
    this.#link ??= await this.#opened();
    const link = this.#link;
    link.socket.write(bytes);
    if (open) link.socket.end();
    const probe = `probe-${++this.#probes}`;
    if (!open) link.socket.write(call(probe, 'challenge.list'));
    const survived = await this.#outcome(link, open ? null : probe, found);
    if (link.broken !== null) found(link.broken);
    if (survived) return this.#count('open');
    this.#link = null;
    link.socket.destroy();
    this.#count(link.closeCode === null ? 'cut' : String(link.closeCode));
    const own = name === 'close' || name === 'noise' || name === 'mutated';
    if (!endings.has(link.closeCode) && !(own && echoed(link.closeCode)))
      found(`closed with ${link.closeCode}`);
  }

  close(): void {
    this.#link?.socket.destroy();
    this.#link = null;
  }

  /** Reads until the probe is answered (true) or the connection has ended (false). */
  async #outcome(link: WebSocketLink, probe: string | null, found: (what: string) => void): Promise<boolean> {
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
          if (what !== null) found(what);
          if (probe !== null && id === probe) return true;
        }
        if (link.ended) return false;
      }
    } finally {
      late.abort();
    }
  }

  async #opened(): Promise<WebSocketLink> {
    const link = await WebSocketLink.open(await this.#connect());
    const id = `open-${++this.#probes}`;
    link.socket.write(call(id, 'session.open'));
    for (;;) {
      await link.changed();
      for (const message of link.messages.splice(0)) {
        if (judge(message).id === id) return link;
      }
      if (link.ended) throw new LinkError(`session.open ended with ${link.closeCode}`);
    }
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
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
