/** An engine as a process of its own, so that it can be killed like one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { assetPath } from '../../engine/asset.ts';

/** The one line that `serve` prints when it is ready. */
export interface Ready {
  readonly public: string;
  readonly device: string;
  readonly ops: string;
  readonly ca_file: string;
  readonly bootstrap_file: string;
}

export interface EngineProcess {
  readonly ready: Ready;
  readonly process: ChildProcess;
  /** SIGKILL: no goodbye, no last write. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code after the drain. */
  stop(): Promise<number | null>;
}

/** What `npm start` gives Node, the program and its command, so that what is measured is what is run. */
function startArguments(): string[] {
  const { scripts } = JSON.parse(readFileSync(assetPath('package.json'), 'utf8')) as {
    readonly scripts: { readonly start: string };
  };
  const [, ...all] = scripts.start.split(' ');
  return all.map((word) => (word.startsWith('dist/') ? assetPath(...word.split('/')) : word));
}

/**
 * Starts the engine as `npm start` does.
 * @param environment settings over those of this process
 * @param signal kills it (SIGKILL) wherever it is
 * @throws Error with the engine's own words when it ends before it is ready
 */
export async function startEngineProcess(
  environment: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<EngineProcess> {
  const child = spawn(process.execPath, startArguments(), {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  signal?.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-4_000);
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  // Whoever started it may fail; the engine must not be left behind.
  const killed = (): void => void child.kill('SIGKILL');
  process.once('exit', killed);
  child.once('exit', () => process.off('exit', killed));
  const ready = await Promise.race([readyLine(child), exited.then(() => null)]);
  if (ready === null) throw new Error(`the engine did not start:\n${words.trim()}`);
  return {
    ready,
    process: child,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
  };
}

async function readyLine(child: ChildProcess): Promise<Ready | null> {
  if (child.stdout === null) return null;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"ready"')) return JSON.parse(line) as Ready;
  }
  return null;
}
