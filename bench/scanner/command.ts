import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ThenarError } from '../../engine/errors.ts';
import { systemRandom } from '../../engine/system.ts';
import type { Behaviour } from './behaviour.ts';
import { type FleetEvent, runScannerFleet } from './fleet.ts';
import { folderImages, syntheticImages } from './images.ts';
import { type Credentials, loadCredentials, pair, ScannerError, saveCredentials } from './pair.ts';

/** Options of `thenar scanner`, as the command line gives them. */
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

/**
 * Pairs a scanner for each code, then runs these and all that were paired into the folder before, until it is
 * interrupted. One line of readable text for each thing that happens.
 * @throws ThenarError `validation_failed` naming the option that is wrong, or why pairing failed
 */
export async function runScannerCommand(options: ScannerCommandOptions): Promise<void> {
  const behaviour = readBehaviour(options);
  const seed = numberOf('--seed', options.seed, Number.MAX_SAFE_INTEGER);
  const images = options.images === undefined ? syntheticImages({ seed }) : folderImages(options.images);
  mkdirSync(options.credentials, { recursive: true, mode: 0o700 });
  for (const code of options.code ?? []) {
    const hardwareId = `sim-${systemRandom.uuid().slice(0, 8)}`;
    const paired = await pairWith(options.public, code, hardwareId);
    keep(options.credentials, paired);
    print(`${hardwareId}  paired as ${paired.deviceId}, certificate until ${paired.expiresAt}`);
  }
  const credentials = readdirSync(options.credentials)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => loadCredentials(join(options.credentials, name)));
  if (credentials.length === 0) {
    throw new ThenarError('validation_failed', `No scanner in ${options.credentials}; pair one with --code.`);
  }
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    const report = await runScannerFleet({
      deviceUrl: options.device,
      credentials,
      images,
      behaviour,
      signal: stop.signal,
      onEvent: (event) => print(`${event.hardwareId}  ${describe(event)}`),
      onRenewed: (renewed) => keep(options.credentials, renewed),
    });
    print(
      `${report.scanners} scanners, ${report.presented} challenges, ${report.completed} completed, ` +
        `${report.matched} matched, ${report.failed} failed`,
    );
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

async function pairWith(publicUrl: string, code: string, hardwareId: string): Promise<Credentials> {
  try {
    return await pair(publicUrl, code, { hardwareId, model: 'Thenar simulator' });
  } catch (error) {
    const reason = error instanceof ScannerError ? `${error.code}: ${error.message}` : String(error);
    throw new ThenarError('validation_failed', `Pairing with ${publicUrl} failed: ${reason}`, {
      cause: error,
    });
  }
}

function readBehaviour(options: ScannerCommandOptions): Partial<Behaviour> {
  const delay = numberOf('--delay', options.delay, 24 * 3600 * 1000);
  const behaviour = {
    // People differ: half to one and a half times what was asked for.
    delayMs: { least: delay / 2, most: delay * 1.5 },
    wrongPalm: numberOf('--wrong-palm', options.wrongPalm, 1),
    poorQuality: numberOf('--poor-quality', options.poorQuality, 1),
    noAnswer: numberOf('--ignore', options.ignore, 1),
    disconnect: numberOf('--disconnect', options.disconnect, 1),
  };
  const { wrongPalm, poorQuality, noAnswer, disconnect } = behaviour;
  if (wrongPalm + poorQuality + noAnswer + disconnect > 1) {
    const shares = '--wrong-palm, --poor-quality, --ignore and --disconnect';
    throw new ThenarError('validation_failed', `${shares} add up to more than 1.`);
  }
  return behaviour;
}

function numberOf(option: string, value: string, most: number): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (number >= 0 && number <= most) return number;
  throw new ThenarError('validation_failed', `${option} must be a number from 0 to ${most}, not ${value}.`);
}

function keep(folder: string, credentials: Credentials): void {
  saveCredentials(join(folder, `${credentials.hardwareId}.json`), credentials);
}

function describe(event: FleetEvent): string {
  switch (event.kind) {
    case 'connected':
      return event.resumed ? 'connected, session resumed' : 'connected';
    case 'presented': {
      const { challenge, reaction } = event;
      const who = challenge.external_user_id ?? challenge.user_id;
      return `${challenge.type} ${challenge.palm_type ?? 'any hand'} of ${who}: ${reaction.replace('_', ' ')}`;
    }
    case 'cancelled':
      return `challenge ${event.challengeId} cancelled: ${event.reason}`;
    case 'completed': {
      const { matched, status } = event.completion;
      const outcome = matched === undefined ? status : matched ? 'matched' : 'not matched';
      return `${outcome} in ${event.latencyMs.toFixed(1)} ms`;
    }
    case 'failed':
      return `${event.doing} failed: ${event.code} (${event.message})`;
    case 'renewed':
      return `certificate renewed until ${event.expiresAt}`;
    case 'closed':
      return `closed ${event.code} ${event.reason}${event.willReconnect ? ', reconnecting' : ''}`;
    default:
      return event satisfies never;
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
