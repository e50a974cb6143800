/** `thenar verification-server`: the reference implementation of a remote matcher. */
import { mkdirSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigError } from '../../engine/config.ts';
import { limits } from '../../engine/limits.ts';
import { systemClock as clock, systemRandom as random } from '../../engine/system.ts';
import { createLog } from './log.ts';

interface Options {
  readonly host: string;
  readonly port: string;
  readonly apiKeyFile: string;
  readonly dataDir: string;
}

export function verificationServerCommand(program: Command): void {
  program
    .command('verification-server')
    .description('a remote matcher for other engines, by the protocol of docs/verification-server.md')
    .requiredOption('--api-key-file <FILE>', 'file whose first line is the key that callers must show')
    .option('--host <ADDRESS>', 'address to listen on', '127.0.0.1')
    .option('--port <PORT>', 'port to listen on; 0: any free one', '8090')
    .option('--data-dir <DIR>', 'where palms are kept', 'verification-data')
    .action((options: Options) => serve(options));
}

async function serve(options: Options): Promise<void> {
  const { host, dataDir } = options;
  const log = createLog('info');
  const port = readPort(options.port);
  const apiKey = readApiKey(options.apiKeyFile);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  // Read when it is asked for, as in `describe`.
  const { openVerificationServer } = await import('../verification/server.ts');
  const server = await openVerificationServer({ clock, random, log, host, port, apiKey, dataDir });
  const stop = (): void => {
    server.close(limits.drain_ms).then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`;
  process.stdout.write(`${JSON.stringify({ event: 'ready', url })}\n`);
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new ConfigError(`--port must be a port from 0 to 65535, not ${JSON.stringify(text)}.`);
}

function readApiKey(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new ConfigError(`--api-key-file: ${file} cannot be read.`);
  }
  const key = text.split('\n')[0]?.trim() ?? '';
  if (/^[A-Za-z0-9._~+/=-]{16,512}$/.test(key)) return key;
  throw new ConfigError(
    '--api-key-file must begin with a line of 16 to 512 letters, digits or . _ ~ + / = - (RFC 6750 section 2.1).',
  );
}
