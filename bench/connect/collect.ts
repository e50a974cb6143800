/**
 * Asks a Node process for a garbage collection through its inspector, which a signal opens: memory that nobody holds
 * is then no part of what a connected scanner costs, on either side.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';

const ATTEMPTS_MAX = 100;

/** Where a process to come will open its inspector. */
export interface Inspected {
  readonly port: number;
  /** What it must be started with. */
  readonly environment: Readonly<Record<string, string>>;
}

export async function inspected(): Promise<Inspected> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    port,
    environment: {
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --inspect-port=${port} --inspect-publish-uid=http`,
    },
  };
}

/** Resolves when the process has collected. @throws Error when its inspector does not open */
export async function collect(pid: number, { port }: Inspected): Promise<void> {
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await inspectorUrl(port));
  await once(socket, 'open');
  // Twice: what has a finaliser is only freed by the collection after the one that found it.
  for (const id of [1, 2]) {
    socket.send(JSON.stringify({ id, method: 'HeapProfiler.collectGarbage' }));
    await once(socket, 'message');
  }
  socket.terminate();
}

async function inspectorUrl(port: number): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`);
      const [first] = (await response.json()) as { webSocketDebuggerUrl: string }[];
      if (first !== undefined) return first.webSocketDebuggerUrl;
    } catch (error) {
      if (attempt === ATTEMPTS_MAX) throw error;
    }
    await pause(50);
  }
}
