/**
 * Baselines as processes of their own, as the engine is one: a baseline inside the load generator would share its
 * event loop and look slower than it is, or faster where a hop is missing.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Peer<R> {
  /** What it sent when it was ready. */
  readonly ready: R;
  readonly pid: number;
  readonly process: ChildProcess;
  /** Sends a message and gives the next one that comes back; one at a time. @throws Error when the peer ends before */
  ask(message: object): Promise<unknown>;
  stop(): Promise<void>;
}

/**
 * Forks a module that takes its settings with the first message and answers when it is ready ({@link servePeer}).
 * @param module `new URL('./bare-server.js', import.meta.url)`
 * @param environment over that of this process
 * @throws Error when it ends before
 */
export async function startPeer<R>(
  module: URL,
  settings: object,
  environment: Readonly<Record<string, string>> = {},
): Promise<Peer<R>> {
  const child = fork(fileURLToPath(module), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...environment },
  });
  const exited = once(child, 'exit');
  const ask = async (message: object): Promise<unknown> => {
    child.send(message);
    const [answer] = await Promise.race([
      once(child, 'message'),
      exited.then(([code]) => {
        throw new Error(`the baseline ${module.pathname} ended with ${code} before it answered`);
      }),
    ]);
    return answer;
  };
  const ready = (await ask(settings)) as R;
  return {
    ready,
    ask,
    pid: child.pid ?? 0,
    process: child,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * The other end: starts with the settings and says when it is ready; ends with whoever forked it.
 * @param answer to what {@link Peer.ask} sends from then on
 */
export function servePeer<S extends object, R>(
  start: (settings: S) => Promise<R>,
  answer?: (message: unknown) => Promise<object>,
): void {
  const reply = (work: Promise<unknown>): void => {
    work.then(
      (value) => process.send?.(value),
      (error) => {
        process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
        process.exit(1);
      },
    );
  };
  process.once('message', (settings) => {
    if (answer !== undefined) process.on('message', (message) => reply(answer(message)));
    reply(start(settings as S));
  });
  process.once('disconnect', () => process.exit(0));
}
