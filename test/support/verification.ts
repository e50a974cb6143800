/** The reference verification server, for tests of engines that use one. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tap from 'tap';
import type { SentScan } from '../../bench/scanner/wire.ts';
import { systemClock as clock, systemRandom as random } from '../../engine/system.ts';
import type { HttpServer } from '../../transport/http/drivers/server.ts';
import { openVerificationServer } from '../../transport/verification/server.ts';
import { type Administered, type RestReply, rest } from './node.ts';
import { quietLog } from './store.ts';
import { eventually, inBody, type TestScanner } from './tenant.ts';

export class TestVerificationServer {
  readonly apiKey = 'a-key-of-this-test';
  readonly dataDir = mkdtempSync(join(tmpdir(), 'thenar-verification-'));
  #server: HttpServer | null = null;
  #port = 0;

  static async open(): Promise<TestVerificationServer> {
    const server = new TestVerificationServer();
    await server.start();
    tap.teardown(() => server.stop());
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const { apiKey, dataDir } = this;
    const shared = { clock, random, log: quietLog, host: '127.0.0.1' };
    this.#server = await openVerificationServer({ ...shared, port: this.#port, apiKey, dataDir });
    this.#port = this.#server.port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    await server?.close(0);
  }

  call(
    method: string,
    path: string,
    body?: unknown,
    apiKey: string | null = this.apiKey,
  ): Promise<RestReply> {
    const headers: Record<string, string> = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
    return rest(this.url, method, path, body === undefined ? { headers } : { headers, body });
  }

  /** Keeps a palm under the name that a device gave it. */
  async keep(tenantId: string, featureId: string, scans: readonly object[]): Promise<void> {
    const query = new URLSearchParams({ tenant_id: tenantId, palm_type: 'right' });
    const reply = await this.call('PUT', `/v1/features/${encodeURIComponent(featureId)}?${query}`, { scans });
    if (reply.status !== 200) throw new Error(`keep: ${JSON.stringify(reply.json)}`);
  }
}

/**
 * Takes a deployment of the small palm model, with somebody whom only this scanner knows, to the large one.
 * @param scans of the palm, as the verification server keeps it under the name that the scanner gave it
 */
export async function migrate(
  node: Administered,
  scanner: TestScanner,
  featureId: string,
  scans: readonly SentScan[],
): Promise<TestVerificationServer> {
  const { tenant } = scanner;
  const server = await TestVerificationServer.open();
  const user = await tenant.user();
  const scores = [1, 1, 1, 1];
  const result = {
    format: 'result',
    matched: true,
    scores,
    palm_type: 'right',
    feature_id: featureId,
  } as const;
  await scanner.client.enrol(user.user_id, [result]);
  await server.keep(tenant.tenantId, featureId, scans.map(inBody));
  const asked = [
    await node.platform('PUT', '/v1/admin/palm/verification-server', {
      url: server.url,
      api_key: server.apiKey,
    }),
    await node.platform('POST', '/v1/admin/palm/migrate', {}),
  ];
  for (const { status, json } of asked) if (status >= 300) throw new Error(JSON.stringify(json));
  await eventually(
    () => node.platform('GET', '/v1/admin/palm/model'),
    ({ data }) => data.model === 'large' && data.migration_status === 'completed',
  );
  // It speaks of scans from now on.
  await scanner.client.close();
  await scanner.client.connect();
  return server;
}
