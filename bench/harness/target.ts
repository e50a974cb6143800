/** The engine that a scenario measures: one started for it, or somebody's by URL. */
import { readFileSync } from 'node:fs';
import { limits } from '../../engine/limits.ts';
import { link } from '../../transport/apis/link/facade.ts';
import { ApiClient } from '../../transport/client/client.ts';
import { consoleSession } from '../../transport/client/credentials.ts';
import { type EngineProcess, startEngineProcess } from '../demo/engine.ts';
import { createTenant, type Integrator } from '../demo/rest.ts';
import { benchEnvironment } from '../load/stage.ts';
import { ScannerClient } from '../scanner/client.ts';
import { type Credentials, pair } from '../scanner/pair.ts';

/** Where somebody's engine listens, and an administrator of its platform who may create tenants. */
export interface RemoteEngine {
  readonly url: string;
  readonly deviceUrl: string;
  /** Base of its ops listener; without it what the engine itself counts is not in the result. */
  readonly opsUrl?: string;
  readonly opsToken?: string;
  readonly administrator: { readonly email: string; readonly password: string };
}

export interface Target {
  readonly public: string;
  readonly device: string;
  readonly ops: string | null;
  /** null: a remote engine, which can be neither killed nor weighed. */
  readonly own: EngineProcess | null;
  readonly administrator: { readonly email: string; readonly password: string };
  /** One reading of the ops listener. @throws Error when it does not answer 200 or is not known */
  inspect(path: string): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** An engine of one's own on a data directory. @param environment over {@link benchEnvironment} @param signal kills it */
export async function ownEngine(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Target & { readonly own: EngineProcess }> {
  const own = await startEngineProcess({ ...benchEnvironment(dataDir), ...environment }, signal);
  const { ready } = own;
  return {
    public: ready.public,
    device: ready.device,
    ops: ready.ops,
    own,
    administrator: JSON.parse(readFileSync(ready.bootstrap_file, 'utf8')),
    inspect: (path) => inspect(ready.ops, path, environment.THENAR_OPS_TOKEN),
    stop: async () => void (await own.stop()),
  };
}

export function remoteEngine(remote: RemoteEngine): Target {
  const { url, deviceUrl, opsUrl, opsToken, administrator } = remote;
  return {
    public: url,
    device: deviceUrl,
    ops: opsUrl ?? null,
    own: null,
    administrator,
    async inspect(path) {
      if (opsUrl === undefined) throw new Error('this engine was given without --ops-url');
      return inspect(opsUrl, path, opsToken);
    },
    stop: async () => {},
  };
}

async function inspect(ops: string, path: string, token?: string): Promise<Record<string, unknown>> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(new URL(path, ops), { headers });
  if (!response.ok) throw new Error(`${path} of the ops listener answered ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
}

export interface BenchTenant {
  readonly tenantId: string;
  /** The tenant's own administrator, for what only the console may. */
  readonly admin: { readonly email: string; readonly password: string };
  readonly integrator: Integrator;
}

/** A tenant of this run with its OAuth client, made as its first users would make it. */
export function newTenant({ public: url, administrator }: Target, name: string): Promise<BenchTenant> {
  return createTenant(url, administrator, name);
}

/** Raises a tenant's rate so far that it is no limit. */
export async function unlimited(target: Target, tenantId: string): Promise<void> {
  const administrator = new ApiClient(link, {
    baseUrl: target.public,
    credentials: consoleSession(target.public, target.administrator),
    headers: { 'x-tenant-id': tenantId },
  });
  await administrator.call('updateTenantConfig', {
    body: { requests_per_second: limits.tenant_rate_max, requests_burst: limits.tenant_rate_max },
  });
}

/**
 * Registers and pairs scanners, each with a key and a certificate of its own, several at a time.
 * @param hardware prefix of the hardware identifiers: `bench-0`, `bench-1`, …
 */
export async function pairScanners(
  { integrator }: BenchTenant,
  count: number,
  { hardware = 'bench', atOnce = 8, onPaired }: PairOptions = {},
): Promise<Credentials[]> {
  const paired = new Array<Credentials>(count);
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(atOnce, count) }, async () => {
      for (let number = next++; number < count; number = next++) {
        const hardwareId = `${hardware}-${number}`;
        const body = { device_name: `Scanner ${hardwareId}`, location: 'Bench' };
        const { pairing_code } = await integrator.link.call('registerDevice', { body });
        paired[number] = await pair(integrator.baseUrl, pairing_code, { hardwareId, model: 'simulated' });
        onPaired?.();
      }
    }),
  );
  return paired;
}

export interface PairOptions {
  readonly hardware?: string;
  readonly atOnce?: number;
  readonly onPaired?: () => void;
}

/** Connects one scanner; it does not come back by itself, so that a lost connection fails the bench. */
export async function connected({ device }: Target, credentials: Credentials): Promise<ScannerClient> {
  const client = new ScannerClient({ deviceUrl: device, credentials, reconnect: false });
  await client.connect();
  return client;
}
