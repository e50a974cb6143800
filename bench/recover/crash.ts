/** What a machine does to a database when its power goes, short of losing what the kernel has not written yet. */
import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { EngineProcess } from '../demo/engine.ts';

/** Processes whose working directory is the cluster: a server and its backends, and nobody else. */
function serversOf(cluster: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === cluster ? [Number(name)] : [];
    } catch {
      return []; // It ended while we looked.
    }
  });
}

/** SIGKILL to every process of the cluster; resolves when all are gone. */
export async function killServers(cluster: string): Promise<void> {
  for (let pids = serversOf(cluster); pids.length > 0; pids = serversOf(cluster)) {
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
    await pause(2);
  }
}

/**
 * Kills the engine and its PostgreSQL at one moment: the engine is stopped first, so that it neither starts its
 * server again nor has its watchdog end it in order.
 */
export async function crash(engine: EngineProcess, cluster: string): Promise<void> {
  engine.process.kill('SIGSTOP');
  await killServers(cluster);
  await engine.kill();
}
