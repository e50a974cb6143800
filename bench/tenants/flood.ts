/**
 * A tenant that floods the engine from a process of its own, so that the measured tenant's scanner waits for the
 * engine alone and not for the load generator.
 */

import { openLoop } from '../harness/load.ts';
import { servePeer } from '../harness/peer.ts';
import { type IdentifierSettings, identifier } from '../load/identifier.ts';

export interface FloodSettings extends IdentifierSettings {
  /** Identifications a second, whatever becomes of them. */
  readonly rate: number;
}

servePeer(async ({ rate, ...settings }: FloodSettings): Promise<'flooding'> => {
  const identify = await identifier(settings);
  const load = openLoop({ rate, seconds: 3_600, seed: settings.seed, inFlightMax: 1_000_000 }, identify);
  load.catch(() => process.exit(1));
  return 'flooding';
});
