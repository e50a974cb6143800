/** Scanners: paired, revoked, and given a new certificate. */
import { setTimeout as pause } from 'node:timers/promises';
import { ScannerClient } from '../../scanner/client.ts';
import { makeScannerKey } from '../../scanner/keys.ts';
import { type Credentials, pair, ScannerError } from '../../scanner/pair.ts';
import { wasCut } from '../cut.ts';
import type { Doing } from '../deeds.ts';
import type { Desk } from '../desk.ts';

export const revoke: Doing = {
  async run(desk, _person, step) {
    const credentials = await spare(desk, step.salt);
    if (credentials === null) return;
    const { deviceId, hardwareId } = credentials;
    const params = { id: deviceId };
    const { link } = desk.integrator;
    await desk.once(
      async () => {
        await link.call('revokeDevice', { params });
        return true;
      },
      async () => ((await link.call('getDevice', { params })).status === 'revoked' ? true : null),
    );
    desk.ledger.revoked.push({ deviceId, hardwareId, credentials });
    desk.ledger.acknowledge('revocations');
  },
};

export const renew: Doing = {
  async run(desk, _person, step) {
    const old = await spare(desk, step.salt);
    if (old === null) return;
    const key = await makeScannerKey(old.hardwareId);
    const credentials = await onceLetIn(desk, old, (client) => client.renew(key));
    // The first use is what ends the one before: at once in memory, and on disk with the next that is acknowledged.
    await onceLetIn(desk, credentials, (client) => client.report({ firmware: '2.0' }));
    const { deviceId, hardwareId } = old;
    desk.ledger.renewed.push({ deviceId, hardwareId, old, credentials });
    desk.ledger.acknowledge('renewals');
  },
};

/** A scanner that is paired and not connected; null when a kill took the answer with it: nobody has its certificate. */
async function spare(desk: Desk, salt: number): Promise<Credentials | null> {
  const { integrator, ledger } = desk;
  const hardwareId = `spare-${desk.newKey()}-${salt}`;
  const body = { device_name: hardwareId, location: 'Chaos' };
  const { pairing_code } = await desk.once(
    () => integrator.link.call('registerDevice', { body }),
    async () => null,
  );
  try {
    const info = { hardwareId, model: 'simulated' };
    const credentials = await desk.rest(() => pair(integrator.baseUrl, pairing_code, info));
    ledger.acknowledge('pairings');
    return credentials;
  } catch (error) {
    if (error instanceof ScannerError && /^pairing_code/.test(error.code)) return null;
    throw error;
  }
}

/** Longer than any recovery. */
const LET_IN_MS = 60_000;
const AGAIN_MS = 50;

/** Does something in a session of its own, again until no kill comes in between. @throws Error when it is never let in */
async function onceLetIn<T>(
  desk: Desk,
  credentials: Credentials,
  work: (client: ScannerClient) => Promise<T>,
): Promise<T> {
  const end = performance.now() + LET_IN_MS;
  for (;;) {
    await desk.engine.up();
    try {
      return await inSession(desk, credentials, work);
    } catch (error) {
      // A handshake that a kill cut off and one that was refused look alike.
      if (error instanceof ScannerError && !wasCut(error)) throw error;
      if (performance.now() > end)
        throw new Error(`${credentials.hardwareId} is not let in`, { cause: error });
      await pause(AGAIN_MS);
    }
  }
}

/** Whether a certificate opens a session. Nobody is killed meanwhile. @throws ScannerError when the engine is busy */
export async function isLetIn(desk: Desk, credentials: Credentials): Promise<boolean> {
  try {
    await inSession(desk, credentials, async () => {});
    return true;
  } catch (error) {
    if (error instanceof ScannerError && error.code !== 'closed' && wasCut(error)) throw error;
    return false;
  }
}

async function inSession<T>(
  { deviceUrl }: Desk,
  credentials: Credentials,
  work: (client: ScannerClient) => Promise<T>,
): Promise<T> {
  const client = new ScannerClient({ deviceUrl, credentials, reconnect: false });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.close();
  }
}
