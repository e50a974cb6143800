/** The composition root: opens storage, then puts the node together on it. */
import type { Config } from '../../engine/config.ts';
import type { Clock, Log } from '../../engine/ports.ts';
import { systemClock } from '../../engine/system.ts';
import type { RunningNode } from './assemble.ts';
import { openStorage } from './storage.ts';

export type { RunningNode } from './assemble.ts';

/**
 * @param clock whose time the engine lives in: the system's, unless a test moves it
 * @throws ThenarError or an error of the operating system, each with a message for the operator
 */
export async function startNode(config: Config, log: Log, clock: Clock = systemClock): Promise<RunningNode> {
  // PostgreSQL starts on another core while this one reads the rest of the program, which takes longer.
  const [storage, rest] = await Promise.allSettled([openStorage(config, log), import('./assemble.ts')]);
  if (storage.status === 'rejected') throw storage.reason;
  try {
    if (rest.status === 'rejected') throw rest.reason;
    return await rest.value.assemble(storage.value, config, log, clock);
  } catch (error) {
    await storage.value.close();
    throw error;
  }
}
