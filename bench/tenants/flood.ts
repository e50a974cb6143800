/**
 * A tenant that floods the engine from a process of its own, so that the measured tenant's scanner waits for the
 * engine alone and not for the load generator.
 */

import { palmScan } from '../enrol/people.ts';
import { openLoop } from '../harness/load.ts';
import { servePeer } from '../harness/peer.ts';
import { ScannerClient } from '../scanner/client.ts';
import { type Credentials, ScannerError } from '../scanner/pair.ts';

export interface FloodSettings {
  readonly deviceUrl: string;
  readonly scanners: readonly Credentials[];
  readonly seed: number;
  readonly palms: number;
  /** Identifications a second, whatever becomes of them. */
  readonly rate: number;
}

servePeer(async ({ deviceUrl, scanners, seed, palms, rate }: FloodSettings): Promise<'flooding'> => {
  const clients = scanners.map(
    (credentials) => new ScannerClient({ deviceUrl, credentials, reconnect: false }),
  );
  for (const client of clients) await client.connect();
  const scans = Array.from({ length: palms }, (_, palm) => palmScan(seed, palm, 1));
  const load = openLoop({ rate, seconds: 3_600, seed, inFlightMax: 1_000_000 }, async (call) => {
    try {
      await clients[call % clients.length]!.transaction(scans[call % palms]!, { gate: 'flood' });
      return null;
    } catch (error) {
      if (error instanceof ScannerError) return error.code;
      throw error;
    }
  });
  load.catch(() => process.exit(1));
  return 'flooding';
});
