/** `thenar scanner`: simulated scanners against any engine, until Ctrl-C. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runScannerFleet } from './fleet.ts';
import { folderImages, syntheticImages } from './images.ts';
import { type Credentials, loadCredentials, pair, saveCredentials } from './pair.ts';

export interface ScannerCommandOptions {
  readonly public: string;
  readonly device: string;
  readonly code?: readonly string[];
  readonly credentials: string;
  readonly images?: string;
  readonly seed: string;
  readonly delay: string;
  readonly wrongPalm: string;
  readonly poorQuality: string;
  readonly ignore: string;
  readonly disconnect: string;
}

/** Pairs one scanner for each code, takes up those that were paired before, and serves challenges. */
export async function runScannerCommand(options: ScannerCommandOptions): Promise<void> {
  mkdirSync(options.credentials, { recursive: true });
  for (const code of options.code ?? []) await pairOne(options, code);
  const credentials = readdirSync(options.credentials)
    .filter((name) => name.endsWith('.json'))
    .map((name) => loadCredentials(join(options.credentials, name)));
  if (credentials.length === 0) {
    throw new Error(`no scanner is paired yet; register a device and give its code with --code`);
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const report = await runScannerFleet({
    deviceUrl: options.device,
    credentials,
    images:
      options.images === undefined
        ? syntheticImages({ seed: Number(options.seed) })
        : folderImages(options.images),
    behaviour: {
      delayMs: { least: Number(options.delay), most: Number(options.delay) },
      wrongPalm: share('--wrong-palm', options.wrongPalm),
      poorQuality: share('--poor-quality', options.poorQuality),
      noAnswer: share('--ignore', options.ignore),
      disconnect: share('--disconnect', options.disconnect),
    },
    signal: stop.signal,
    onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
    onRenewed: (renewed) => saveCredentials(fileOf(options, renewed), renewed),
  });
  process.stdout.write(`${JSON.stringify({ kind: 'ended', ...report })}\n`);
}

async function pairOne(options: ScannerCommandOptions, code: string): Promise<void> {
  const hardwareId = `simulated-${code}`;
  const file = join(options.credentials, `${hardwareId}.json`);
  if (existsSync(file)) return;
  const credentials = await pair(options.public, code, { hardwareId, model: 'simulated' });
  saveCredentials(file, credentials);
  process.stdout.write(`${JSON.stringify({ kind: 'paired', hardwareId, deviceId: credentials.deviceId })}\n`);
}

function fileOf(options: ScannerCommandOptions, credentials: Credentials): string {
  return join(options.credentials, `${credentials.hardwareId}.json`);
}

function share(option: string, value: string): number {
  const number = Number(value);
  if (!(number >= 0 && number <= 1)) throw new Error(`${option} must be from 0 to 1, not ${value}`);
  return number;
}
