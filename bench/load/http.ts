/** HTTP with as little of its own as Node allows: one kept-alive connection, used by our side and the baselines alike. */
import { Agent, request } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** One client on one connection; calls are made one at a time. */
export class HttpClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #baseUrl: string;
  readonly #token: string;

  constructor(baseUrl: string, token: string) {
    this.#baseUrl = baseUrl;
    this.#token = token;
  }

  /** @throws Error of the connection; any status is an answer */
  post(path: string, body: object): Promise<HttpAnswer> {
    const bytes = Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const call = request(
        new URL(path, this.#baseUrl),
        {
          method: 'POST',
          agent: this.#agent,
          headers: {
            authorization: `Bearer ${this.#token}`,
            'content-type': 'application/json',
            'content-length': bytes.length,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
          });
        },
      );
      call.on('error', reject);
      call.end(bytes);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
