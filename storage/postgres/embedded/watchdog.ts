import { spawn } from 'node:child_process';
import { ThenarError } from '../../../engine/errors.ts';
import { type Account, runAs } from './account.ts';

/** Stops the server when the engine ends in whatever way. */
export interface Watchdog {
  /** Names the process to stop; a later name replaces it. */
  watch(pid: number): void;
  /** The server is stopped or belongs to somebody else: end without touching it. */
  dismiss(): void;
}

/**
 * Each line read names the process to watch. Reading ends when the engine's end of the pipe closes, which the
 * kernel does however the engine died. A pid is signalled only while it still is a server of this cluster, because
 * the number may have passed to another process of the same account.
 */
const SCRIPT = `
cluster=$1; pid=
while read -r line; do pid=$line; done
[ -n "$pid" ] || exit 0
ours() {
  kill -0 "$pid" 2>/dev/null || return 1
  [ ! -d /proc/self ] || [ "$(readlink "/proc/$pid/cwd")" = "$cluster" ]
}
for name in INT QUIT KILL; do
  ours || exit 0
  kill -s $name "$pid" 2>/dev/null
  tries=0
  while ours && [ $tries -lt 8 ]; do sleep 1; tries=$((tries + 1)); done
done
`;

/** @throws ThenarError `unavailable` when no shell can be started. */
export function startWatchdog(cluster: string, account: Account | null): Watchdog {
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'thenar-watchdog', cluster], {
    ...runAs(account),
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  if (child.pid === undefined) {
    child.on('error', () => {});
    throw new ThenarError(
      'unavailable',
      'The embedded PostgreSQL cannot be watched: /bin/sh does not start.',
    );
  }
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  // Neither the process nor the pipe may keep a finished engine alive.
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return {
    watch: (pid) => void child.stdin.write(`${pid}\n`),
    dismiss: () => {
      child.stdin.write('\n');
      child.stdin.end();
    },
  };
}
