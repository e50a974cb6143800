/** A tenant's requests over as many connections as it takes, answered by their status alone. */
import { connect } from 'node:net';
import { Line } from './line.ts';

type Answered = (status: string) => void;

export class Asker {
  readonly #host: string;
  readonly #port: number;
  readonly #most: number;
  #open = 0;
  /** The one that was used last comes first, so that few stay warm and the others are let go by the server. */
  readonly #idle: Line[] = [];
  readonly #told = new Map<Line, Answered>();
  readonly #waiting: { readonly request: string; readonly answered: Answered }[] = [];

  /** @param most connections at once; what is asked beyond them waits here */
  constructor(url: string, most: number) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
    this.#most = most;
  }

  /** @returns the status, or `lost` when the connection ended before it */
  ask(request: string): Promise<string> {
    return new Promise((answered) => {
      const line = this.#idle.pop() ?? this.#connect();
      if (line === null) this.#waiting.push({ request, answered });
      else this.#send(line, request, answered);
    });
  }

  #send(line: Line, request: string, answered: Answered): void {
    this.#told.set(line, answered);
    line.socket.write(request);
  }

  #connect(): Line | null {
    if (this.#open === this.#most) return null;
    this.#open += 1;
    const socket = connect({ host: this.#host, port: this.#port });
    const line = new Line(socket, (own, status) => this.#answered(own, status));
    socket.on('error', () => socket.destroy());
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#lost(line));
    return line;
  }

  #answered(line: Line, status: string): void {
    const answered = this.#told.get(line);
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#told.delete(line);
      this.#idle.push(line);
    } else this.#send(line, next.request, next.answered);
    answered?.(status);
  }

  #lost(line: Line): void {
    this.#open -= 1;
    const at = this.#idle.indexOf(line);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#told.get(line)?.('lost');
    this.#told.delete(line);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#send(this.#connect()!, next.request, next.answered);
  }
}
