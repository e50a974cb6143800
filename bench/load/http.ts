/** HTTP with as little of its own as Node allows: kept-alive connections, used by our side and the baselines alike. */
import { Agent, request } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export class HttpClient {
  readonly #agent: Agent;
  readonly #baseUrl: string;
  readonly #token: string;

  /** @param connections at most; with one, calls are made one after the other */
  constructor(baseUrl: string, token: string, connections = 1) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#baseUrl = baseUrl;
    this.#token = token;
  }

  /** @throws Error of the connection; any status is an answer */
  post(path: string, body: object): Promise<HttpAnswer> {
    return this.#call('POST', path, Buffer.from(JSON.stringify(body)));
  }

  get(path: string): Promise<HttpAnswer> {
    return this.#call('GET', path, null);
  }

  delete(path: string): Promise<HttpAnswer> {
    return this.#call('DELETE', path, null);
  }

  close(): void {
    this.#agent.destroy();
  }

  #call(method: string, path: string, bytes: Buffer | null): Promise<HttpAnswer> {
    const content =
      bytes === null ? {} : { 'content-type': 'application/json', 'content-length': bytes.length };
    const headers = { authorization: `Bearer ${this.#token}`, ...content };
    return new Promise((resolve, reject) => {
      const call = request(
        new URL(path, this.#baseUrl),
        { method, agent: this.#agent, headers },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: response.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) });
          });
        },
      );
      call.on('error', reject);
      if (bytes === null) call.end();
      else call.end(bytes);
    });
  }
}
