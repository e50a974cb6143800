/** Three simulated scanners that show the palms of simulated people. */

import { People } from '../scanner/behaviour.ts';
import { ScannerClient } from '../scanner/client.ts';
import { syntheticImages } from '../scanner/images.ts';
import { pair } from '../scanner/pair.ts';
import type { ChallengeShown, CompletionShown } from '../scanner/wire.ts';
import type { Integrator } from './rest.ts';

export interface DemoScanner {
  readonly hardwareId: string;
  readonly client: ScannerClient;
  /** The palm shown to the next challenge: the person asked for, or an impostor's. */
  show: 'claimed' | 'impostor';
  /** Off: challenges wait. */
  answering: boolean;
}

/** What a challenge led to, by challenge. */
export class Completions {
  readonly #waiting = new Map<string, (completion: CompletionShown) => void>();
  readonly #early = new Map<string, CompletionShown>();

  arrived(completion: CompletionShown): void {
    const waiting = this.#waiting.get(completion.challenge_id);
    this.#waiting.delete(completion.challenge_id);
    if (waiting === undefined) this.#early.set(completion.challenge_id, completion);
    else waiting(completion);
  }

  /** The completion may arrive before the answer to the REST call that asked for it. */
  of(challengeId: string): Promise<CompletionShown> {
    const early = this.#early.get(challengeId);
    if (early !== undefined) {
      this.#early.delete(challengeId);
      return Promise.resolve(early);
    }
    return new Promise((resolve) => this.#waiting.set(challengeId, resolve));
  }
}

/** Registers a scanner over REST and pairs it: its key is made here and never leaves. */
export async function pairScanner(
  integrator: Integrator,
  deviceUrl: string,
  name: string,
  people: People,
  completions: Completions,
): Promise<DemoScanner> {
  const registered = await integrator.link.call('registerDevice', {
    body: { device_name: name, location: 'Demo hall' },
  });
  const hardwareId = `demo-${name.toLowerCase().replace(/\s+/g, '-')}`;
  const credentials = await pair(integrator.baseUrl, registered.pairing_code, {
    hardwareId,
    model: 'simulated',
  });
  const client = new ScannerClient({
    deviceUrl,
    credentials,
    backoffMs: { first: 50, longest: 1_000 },
    restartJitterMs: 200,
  });
  const scanner: DemoScanner = { hardwareId, client, show: 'claimed', answering: true };
  client.on('present', (challenge) => {
    if (scanner.answering) void answer(scanner, challenge, people, completions);
  });
  return scanner;
}

/** Answers what waited while the scanner was not answering. */
export async function answerWaiting(
  scanner: DemoScanner,
  people: People,
  completions: Completions,
): Promise<void> {
  scanner.answering = true;
  for (const challenge of scanner.client.open) await answer(scanner, challenge, people, completions);
}

async function answer(
  scanner: DemoScanner,
  challenge: ChallengeShown,
  people: People,
  completions: Completions,
): Promise<void> {
  const reaction = scanner.show === 'claimed' ? 'answer' : 'wrong_palm';
  const scans = people.scansFor(challenge, reaction, 3);
  completions.arrived(await scanner.client.complete(challenge.challenge_id, scans));
}

export function demoPeople(seed: number): People {
  return new People(syntheticImages({ seed }));
}
