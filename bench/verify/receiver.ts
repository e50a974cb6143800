/** Where webhooks of a bench go: an endpoint that answers 200 and remembers when each challenge's event came. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Challenges whose events are remembered; the oldest are forgotten, whoever asks for them. */
const REMEMBERED_MAX = 10_000;

export interface Receiver {
  readonly url: string;
  /** Events of verifications that came in. */
  count(): number;
  /** When the event of a challenge came, by `performance.now()`; undefined while it has not. */
  receivedAt(challengeId: string): number | undefined;
  close(): Promise<void>;
}

export async function openReceiver(path = '/hook'): Promise<Receiver> {
  const received = new Map<string, number>();
  let count = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { data } = JSON.parse(Buffer.concat(parts).toString());
      count += 1;
      received.set(String(data?.challenge_id), performance.now());
      const [oldest] = received.keys();
      if (received.size > REMEMBERED_MAX && oldest !== undefined) received.delete(oldest);
      response.statusCode = 200;
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    count: () => count,
    receivedAt: (challengeId) => received.get(challengeId),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
