/** `fetch` as a device does it: over mutual TLS, which Node's own cannot. */
import { Agent, request } from 'node:https';

export interface DeviceIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly caChainPem: string;
}

/** Connections are of their own and close with their answer, so that each is checked like a first one. */
export function deviceFetch(identity: DeviceIdentity): typeof fetch {
  const agent = new Agent({
    cert: identity.certificatePem,
    key: identity.keyPem,
    ca: identity.caChainPem,
    keepAlive: false,
    maxCachedSessions: 0,
  });
  return (target, init = {}) =>
    new Promise((resolve, reject) => {
      const { method = 'GET', headers, body } = init;
      const text = typeof body === 'string' ? body : '';
      const sent = request(new URL(String(target)), {
        method,
        agent,
        headers: { ...(headers as Record<string, string>), 'content-length': Buffer.byteLength(text) },
      });
      sent.on('error', reject).on('response', (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject).on('end', () => {
          const fields = answer.headers as Record<string, string>;
          const content = Buffer.concat(parts);
          // A Response of a status without content refuses even an empty body.
          const shown = content.length === 0 ? null : content;
          resolve(new Response(shown, { status: answer.statusCode ?? 0, headers: fields }));
        });
      });
      sent.end(text);
    });
}
