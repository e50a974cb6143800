/** `thenar serve`: starts a node, says so on one line, drains on SIGTERM or SIGINT. */
import type { Command } from 'commander';
import { ConfigError } from '../../engine/config.ts';
import { isThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import { startNode } from '../node/start.ts';
import { addSettings, readSettings } from './flags.ts';
import { createLog } from './log.ts';

export function serveCommand(program: Command): void {
  addSettings(
    program.command('serve').description('start the engine; settings come from the environment too'),
  ).action((options: Record<string, unknown>) => serve(options));
}

async function serve(options: Readonly<Record<string, unknown>>): Promise<void> {
  const config = readSettings(options, process.env);
  const log = createLog(config.logLevel);
  const node = await startNode(config, log);
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'draining');
    // Whatever hangs, the process is gone in time.
    setTimeout(() => process.exit(1), limits.drain_ms + 1_500).unref();
    node.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ error }, 'the drain failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', () => stop('SIGTERM'));
  process.once('SIGINT', () => stop('SIGINT'));
  // A defect in one request must not take the others down: it is logged, loudly, and the node goes on.
  process.on('uncaughtException', (error) => log.error({ error }, 'uncaught exception'));
  process.on('unhandledRejection', (error) => log.error({ error }, 'unhandled rejection'));
  // Last, so that whoever reads it may send a signal at once.
  process.stdout.write(
    `${JSON.stringify({
      event: 'ready',
      public: node.publicUrl,
      device: node.deviceUrl,
      ops: node.opsUrl,
      ca_file: node.caFile,
      bootstrap_file: node.bootstrapFile,
    })}\n`,
  );
}

/** One clear line for what an operator can mend; a stack only for what they cannot. */
export function explain(error: unknown): string {
  if (error instanceof ConfigError || isThenarError(error)) return `thenar: ${error.message}`;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    const { address, port } = error as { address?: string; port?: number };
    const why = code === 'EACCES' ? 'may not be used by this user' : 'is in use already';
    return `thenar: ${address ?? ''}:${port ?? ''} ${why}.`;
  }
  return `thenar: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
