/** One sender of HTTP inputs: a connection that is used for as long as it lasts, and others that end with their input. */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Draw } from '../draw.ts';
import type { Findings } from '../finding.ts';
import { AnswerError, AnswerReader, type HttpAnswer, judge } from './answers.ts';
import { rawInput } from './raw.ts';
import { type Callers, type PlaneRoute, routeRequest } from './requests.ts';

export interface HttpTarget {
  /** `http/node`, … */
  readonly surface: string;
  readonly routes: readonly PlaneRoute[];
  readonly callers: Callers;
  /** Whether the listener's library answers by itself, without the engine's headers, what is no HTTP. */
  readonly bare: boolean;
  /** Opens a connection; rejects when the listener is gone. */
  connect(): Promise<Socket>;
}

/** Longer than any request may take: after it a connection has been left hanging. */
const PATIENCE_MS = 20_000;

/** Of ten inputs so many are whole requests to routes; the others are bytes. */
const ROUTE_SHARE = 0.6;

export class HttpLane {
  readonly #target: HttpTarget;
  readonly #findings: Findings;
  /** Answers by status class, and connections that ended without one. */
  readonly counts: Record<string, number> = {};
  #kept: { readonly socket: Socket; readonly reader: AnswerReader } | null = null;

  constructor(target: HttpTarget, findings: Findings) {
    this.#target = target;
    this.#findings = findings;
  }

  /** Sends one input and judges what comes of it. @throws Error when the listener takes no connection any more */
  async run(draw: Draw, number: number): Promise<void> {
    const { routes, callers } = this.#target;
    if (draw.chance(ROUTE_SHARE)) return this.#request(number, routeRequest(draw, routes, callers));
    const paths = routes.map(({ path }) => path);
    const { name, pieces, expects } = rawInput(draw, paths);
    const input = Buffer.concat(pieces);
    const found = (what: string): void => this.#found(number, `${name}: ${what}`, input);
    const answers = await this.#bytes(pieces, found);
    if (answers.length === 0) this.#count('closed');
    for (const answer of answers) this.#judge(answer, found);
    if (expects !== 'refused') return;
    if (answers.length > 1)
      found(`${answers.length} answers: ${answers.map(({ status }) => status).join(' ')}`);
    const accepted = answers.find(({ status }) => status < 400);
    if (accepted !== undefined) found(`answered ${accepted.status}`);
  }

  close(): void {
    this.#kept?.socket.destroy();
    this.#kept = null;
  }

  async #request(number: number, input: Buffer): Promise<void> {
    const found = (what: string): void => this.#found(number, what, input);
    this.#kept ??= await this.#open();
    const { socket, reader } = this.#kept;
    socket.write(input);
    const answer = await firstAnswer(socket, reader, found);
    if (answer === null) {
      this.close();
      this.#count('closed');
      return;
    }
    this.#judge(answer, found);
    const ends = answer.headers.get('connection')?.toLowerCase() === 'close';
    if (ends || socket.destroyed || socket.readableEnded) this.close();
  }

  async #open(): Promise<{ readonly socket: Socket; readonly reader: AnswerReader }> {
    const socket = await this.#target.connect();
    socket.on('error', () => undefined);
    return { socket, reader: new AnswerReader() };
  }

  /** On a connection of its own, until the listener has closed it. */
  async #bytes(pieces: readonly Buffer[], found: (what: string) => void): Promise<HttpAnswer[]> {
    const { socket, reader } = await this.#open();
    const answers: HttpAnswer[] = [];
    let broken: string | null = null;
    let whole = true;
    socket.on('data', (bytes: Buffer) => {
      broken ??= taken(reader, bytes);
      answers.push(...reader.drain());
    });
    socket.on('error', () => {
      whole = false;
    });
    // Not events.once, which a reset before the close would reject.
    const closed = new Promise<void>((resolve) => socket.once('close', resolve));
    for (const piece of pieces) {
      socket.write(piece);
      if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
    }
    socket.end();
    if (!(await within(closed))) found('the connection was left hanging');
    socket.destroy();
    // A reset may cut an answer off: what was sent behind a refused request was never read.
    if (broken === null && whole) broken = ended(reader);
    if (broken !== null) found(broken);
    return [...answers, ...reader.drain()];
  }

  #judge(answer: HttpAnswer, found: (what: string) => void): void {
    this.#count(answer.status === 503 ? '503' : `${Math.floor(answer.status / 100)}xx`);
    const what = judge(answer, this.#target.bare);
    if (what !== null) found(what);
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }

  #found(number: number, what: string, input: Buffer): void {
    this.#findings.add({ surface: this.#target.surface, number, what, input });
  }
}

function taken(reader: AnswerReader, bytes: Buffer): string | null {
  try {
    reader.take(bytes);
    return null;
  } catch (error) {
    if (error instanceof AnswerError) return error.message;
    throw error;
  }
}

function ended(reader: AnswerReader): string | null {
  try {
    reader.end();
    return null;
  } catch (error) {
    if (error instanceof AnswerError) return error.message;
    throw error;
  }
}

/** The next answer on a kept connection; null when it ended before. */
async function firstAnswer(
  socket: Socket,
  reader: AnswerReader,
  found: (what: string) => void,
): Promise<HttpAnswer | null> {
  let answer: HttpAnswer | null = null;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => finish('no answer'), PATIENCE_MS);
    const finish = (what: string | null): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      if (what !== null) {
        found(what);
        socket.destroy();
      }
      resolve();
    };
    const take = (broken: string | null): void => {
      const [first, second] = reader.drain();
      answer = first ?? answer;
      if (broken !== null) finish(broken);
      else if (second !== undefined) finish('two answers to one request');
      else if (answer !== null) finish(null);
    };
    const onData = (bytes: Buffer): void => take(taken(reader, bytes));
    const onClose = (): void => {
      take(ended(reader));
      finish(null);
    };
    if (socket.destroyed) finish(null);
    else socket.on('data', onData).on('close', onClose);
  });
  return answer;
}

/** Whether it happened in time. */
async function within(event: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const late = pause(PATIENCE_MS, false, { signal: timer.signal }).catch(() => false);
  const happened = await Promise.race([event.then(() => true), late]);
  timer.abort();
  return happened;
}
