/** A fake of the Nafath service for tests: takes requests as it does, and signs callbacks as its adapter expects. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import tap from 'tap';
import { signatureHeaders } from '../../engine/webhooks/sign.ts';
import type { Json } from './node.ts';

export const callbackKey = Buffer.alloc(32, 7);
export const callbackSecret = `whsec_${callbackKey.toString('base64')}`;

export class FakeNafath {
  readonly url: string;
  readonly requests: { readonly headers: IncomingHttpHeaders; readonly id: string; readonly body: Json }[] =
    [];
  /** Statuses of the next answers; 201 when there are none left. */
  readonly answers: number[] = [];
  /** Called before a request is answered. */
  meanwhile: (requestId: string) => Promise<void> = async () => {};

  private constructor(url: string) {
    this.url = url;
  }

  static async open(): Promise<FakeNafath> {
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', async () => {
        const id = new URL(request.url ?? '', 'http://x').searchParams.get('requestId') ?? '';
        fake.requests.push({
          headers: request.headers,
          id,
          body: JSON.parse(Buffer.concat(parts).toString()),
        });
        await fake.meanwhile(id);
        response.statusCode = fake.answers.shift() ?? 201;
        response.end(JSON.stringify({ transId: `trans-${id}`, random: '42' }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const fake = new FakeNafath(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    tap.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return fake;
  }
}

/** A callback with its signature, to be sent byte for byte. */
export function signedCallback(
  fields: object,
  at: number,
  id = `msg_${Math.floor(at)}_${JSON.stringify(fields).length}`,
  key: Uint8Array = callbackKey,
): { readonly headers: Record<string, string>; readonly body: string } {
  // Spaces that parsing and writing would lose.
  const body = JSON.stringify(fields, null, 3);
  return { body, headers: { 'content-type': 'application/json', ...signatureHeaders(key, id, body, at) } };
}

export async function sendCallback(
  publicUrl: string,
  provider: string,
  callback: { readonly headers: Record<string, string>; readonly body: string },
): Promise<{ readonly status: number; readonly code: string | null; readonly data: Json }> {
  const response = await fetch(new URL(`/v1/kyc/callback/${provider}`, publicUrl), {
    method: 'POST',
    ...callback,
  });
  const json = (await response.json()) as Json;
  return { status: response.status, code: json.error?.code ?? null, data: json.data };
}
