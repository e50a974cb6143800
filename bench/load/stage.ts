/** An engine in a process of its own with one tenant and its scanners, as the load scenarios need it. */
import { readFileSync } from 'node:fs';
import { type EngineProcess, startEngineProcess } from '../demo/engine.ts';
import { createTenant, Integrator } from '../demo/rest.ts';
import { ScannerClient } from '../scanner/client.ts';
import { type Credentials, pair } from '../scanner/pair.ts';

/** What outlives the engine: enough to come back to the same tenant after a restart. */
export interface Cast {
  readonly tenantId: string;
  readonly client: { readonly client_id: string; readonly client_secret: string };
  readonly scanners: readonly Credentials[];
}

/** Settings of an engine that nobody but this bench uses. */
export function benchEnvironment(dataDir: string): Readonly<Record<string, string>> {
  return {
    THENAR_DATA_DIR: dataDir,
    THENAR_PUBLIC_PORT: '0',
    THENAR_DEVICE_PORT: '0',
    THENAR_OPS_PORT: '0',
    THENAR_LOG_LEVEL: 'warn',
  };
}

/** Makes a tenant, its OAuth client and scanners on a fresh engine. */
export async function makeCast(engine: EngineProcess, scannerCount: number): Promise<Cast> {
  const administrator = JSON.parse(readFileSync(engine.ready.bootstrap_file, 'utf8'));
  const { tenantId, integrator } = await createTenant(engine.ready.public, administrator, 'Bench tenant');
  const scanners: Credentials[] = [];
  for (let index = 0; index < scannerCount; index += 1) {
    const registered = await integrator.link.call('registerDevice', {
      body: { device_name: `Bench scanner ${index}`, location: 'Bench' },
    });
    const hardwareId = `bench-${index}`;
    scanners.push(
      await pair(integrator.baseUrl, registered.pairing_code, { hardwareId, model: 'simulated' }),
    );
  }
  return { tenantId, client: integrator.client, scanners };
}

/** The integrator of a cast, who gets a fresh token. */
export function integratorOf(cast: Cast, engine: EngineProcess): Integrator {
  return new Integrator(engine.ready.public, cast.client);
}

/** Connects one scanner; it does not come back by itself, so that a lost connection fails the bench. */
export async function connectScanner(
  engine: EngineProcess,
  credentials: Credentials,
): Promise<ScannerClient> {
  const client = new ScannerClient({ deviceUrl: engine.ready.device, credentials, reconnect: false });
  await client.connect();
  return client;
}

export { type EngineProcess, startEngineProcess };
