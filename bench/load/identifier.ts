/** Identifications over scanners' sockets, as a process asks that does nothing else. */
import { palmScan } from '../enrol/people.ts';
import { ScannerClient } from '../scanner/client.ts';
import { type Credentials, ScannerError } from '../scanner/pair.ts';

export interface IdentifierSettings {
  readonly deviceUrl: string;
  readonly scanners: readonly Credentials[];
  readonly seed: number;
  /** Palms that are shown in turn; scans are made before the first call. */
  readonly palms: number;
}

/** Connects the scanners. @returns one identification by its number: null when it was answered, or why not */
export async function identifier(
  settings: IdentifierSettings,
): Promise<(call: number) => Promise<string | null>> {
  const { deviceUrl, scanners, seed, palms } = settings;
  const scans = Array.from({ length: palms }, (_, palm) => palmScan(seed, palm, 1));
  const clients = scanners.map(
    (credentials) => new ScannerClient({ deviceUrl, credentials, reconnect: false }),
  );
  for (const client of clients) await client.connect();
  return async (call) => {
    try {
      await clients[call % clients.length]!.transaction(scans[call % palms]!, { gate: 'flood' });
      return null;
    } catch (error) {
      if (error instanceof ScannerError) return error.code;
      throw error;
    }
  };
}
