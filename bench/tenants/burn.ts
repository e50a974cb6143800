/** Keeps processor threads busy with nothing, so that what a full machine alone does to a tenant can be seen. */

import { pbkdf2 } from 'node:crypto';
import { servePeer } from '../harness/peer.ts';

export interface BurnSettings {
  /** Threads that are kept busy; libuv has four. */
  readonly threads: number;
}

/** Some tens of milliseconds of hashing each. */
const ITERATIONS = 100_000;

function burn(): void {
  pbkdf2('nothing', 'in particular', ITERATIONS, 32, 'sha256', burn);
}

servePeer(async ({ threads }: BurnSettings): Promise<'burning'> => {
  for (let thread = 0; thread < threads; thread += 1) burn();
  return 'burning';
});
