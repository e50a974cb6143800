/** AsyncAPI 3 of what is no request and reply over HTTP: the scanner protocol, and webhooks. */
import { limits } from '../../engine/limits.ts';
import { Components } from '../http/openapi/components.ts';
import type { ApiInfo } from '../http/openapi.ts';
import { SCANNER_PATH, SUBPROTOCOL } from '../scanner/upgrade.ts';
import { describeScanner } from './scanner.ts';
import { describeWebhooks } from './webhooks.ts';

export function asyncApi(info: ApiInfo): object {
  const components = new Components(false);
  const scanner = describeScanner(components, '#/channels/scanner');
  const webhooks = describeWebhooks(components, '#/channels/webhooks');
  return {
    asyncapi: '3.0.0',
    info: {
      ...info,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      device: {
        host: '{host}:{port}',
        protocol: 'wss',
        description: 'The device listener, over mutual TLS 1.2 or 1.3.',
        variables: { host: { default: '127.0.0.1' }, port: { default: '8443' } },
        security: [{ $ref: '#/components/securitySchemes/deviceCertificate' }],
      },
      endpoint: {
        host: 'yourapp.example.com',
        protocol: 'https',
        description: 'Your endpoint, as registered by POST /v1/webhooks.',
        security: [{ $ref: '#/components/securitySchemes/webhookSignature' }],
      },
    },
    channels: {
      scanner: {
        address: SCANNER_PATH,
        title: 'Scanner',
        description: scannerDescription,
        servers: [{ $ref: '#/servers/device' }],
        bindings: { ws: { method: 'GET', headers: subprotocolHeader, bindingVersion: '0.1.0' } },
        messages: scanner.messages,
      },
      webhooks: {
        address: null,
        title: 'Webhooks',
        description: webhooksDescription,
        servers: [{ $ref: '#/servers/endpoint' }],
        messages: webhooks.messages,
      },
    },
    operations: { ...scanner.operations, ...prefixed(webhooks.operations) },
    components: { schemas: components.schemas, securitySchemes },
  };
}

/** Names of operations are unique over both channels. */
function prefixed(operations: Readonly<Record<string, object>>): Record<string, object> {
  const named = Object.entries(operations).map(([key, value]) => {
    return [`webhook${key.charAt(0).toUpperCase()}${key.slice(1)}`, value];
  });
  return Object.fromEntries(named);
}

const scannerDescription = `JSON-RPC 2.0, one object per text frame; both sides call. A binary frame is \
"uint32be header length | header JSON | payload": the header is the same object, and "@payload" in a scan's data \
stands for the payload's bytes. Calls of the engine carry params.seq, strictly rising within an epoch; what is not \
acknowledged is sent again after the next session.open. Ping every ${limits.heartbeat_s} s. One live connection per \
device. docs/scanner-protocol.md tells all of it.`;

const webhooksDescription = `POST with a JSON body, signed as Standard Webhooks have it. Any 2xx within \
${limits.webhook_timeout_ms / 1000} s acknowledges, 410 disables the endpoint, everything else is tried again with \
growing delay. An event arrives at least once: tell repeats by webhook-id.`;

const subprotocolHeader = {
  type: 'object',
  properties: { 'Sec-WebSocket-Protocol': { type: 'string', const: SUBPROTOCOL } },
  required: ['Sec-WebSocket-Protocol'],
};

const securitySchemes = {
  deviceCertificate: {
    type: 'X509',
    description: 'A certificate of the platform CA, got by pairing (POST /v1/devices/pair).',
  },
  webhookSignature: {
    type: 'httpApiKey',
    in: 'header',
    name: 'webhook-signature',
    description: 'HMAC-SHA256 with the endpoint’s whsec_ secret over "webhook-id.webhook-timestamp.body".',
  },
};
