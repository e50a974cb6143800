import type { Clock, Random } from '../../engine/ports.ts';
import { systemClock, systemRandom } from '../../engine/system.ts';
import { type Behaviour, chooseReaction, goodBehaviour, People, type Reaction } from './behaviour.ts';
import { ScannerClient } from './client.ts';
import type { ImageSource } from './images.ts';
import { makeScannerKey } from './keys.ts';
import { type Credentials, ScannerError } from './pair.ts';
import type { ChallengeShown, CompletionShown, SentScan } from './wire.ts';

export interface ScannerFleetOptions {
  /** Base of the device listener, `https://127.0.0.1:8443`. */
  readonly deviceUrl: string;
  /** One scanner each. */
  readonly credentials: readonly Credentials[];
  readonly images: ImageSource;
  readonly behaviour?: Partial<Behaviour>;
  /** Ends the run; scanners say goodbye. */
  readonly signal: AbortSignal;
  /** Scanners connecting at once at the start. Default 32. */
  readonly connectingMax?: number;
  /** Waits between attempts to connect; default as in the client. */
  readonly backoffMs?: { readonly first: number; readonly longest: number };
  readonly clock?: Clock;
  readonly random?: Random;
  /** Everything that happens, for a display or a log. */
  readonly onEvent?: (event: FleetEvent) => void;
  /** New credentials after a renewal; the caller keeps them. */
  readonly onRenewed?: (credentials: Credentials) => void;
}

export type FleetEvent = { readonly hardwareId: string } & (
  | { readonly kind: 'connected'; readonly resumed: boolean }
  | { readonly kind: 'presented'; readonly challenge: ChallengeShown; readonly reaction: Reaction }
  | { readonly kind: 'cancelled'; readonly challengeId: string; readonly reason: string }
  | { readonly kind: 'completed'; readonly completion: CompletionShown; readonly latencyMs: number }
  | { readonly kind: 'failed'; readonly doing: string; readonly code: string; readonly message: string }
  | { readonly kind: 'renewed'; readonly expiresAt: string }
  | {
      readonly kind: 'closed';
      readonly code: number;
      readonly reason: string;
      readonly willReconnect: boolean;
    }
);

export interface FleetReport {
  readonly scanners: number;
  readonly connects: number;
  readonly presented: number;
  readonly completed: number;
  readonly matched: number;
  readonly failed: number;
}

/** Many simulated scanners in one process, until the signal aborts. Resolves when all have disconnected. */
export async function runScannerFleet(options: ScannerFleetOptions): Promise<FleetReport> {
  const counts = { connects: 0, presented: 0, completed: 0, matched: 0, failed: 0 };
  const onEvent = (event: FleetEvent): void => {
    if (event.kind === 'connected') counts.connects += 1;
    if (event.kind === 'presented') counts.presented += 1;
    if (event.kind === 'failed') counts.failed += 1;
    if (event.kind === 'completed') {
      counts.completed += 1;
      if (event.completion.matched === true) counts.matched += 1;
    }
    options.onEvent?.(event);
  };
  const people = new People(options.images);
  const scanners = options.credentials.map(
    (credentials) => new SimulatedScanner({ ...options, onEvent }, credentials, people),
  );
  const waiting = [...scanners];
  const connecting = Array.from({ length: options.connectingMax ?? 32 }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (options.signal.aborted) return;
      await next.start();
    }
  });
  await Promise.all(connecting);
  if (!options.signal.aborted) {
    await new Promise<void>((resolve) =>
      options.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
  }
  await Promise.all(scanners.map((scanner) => scanner.stop()));
  return { scanners: scanners.length, ...counts };
}

/** One scanner that serves every challenge it is shown, as its behaviour says. */
export class SimulatedScanner {
  readonly client: ScannerClient;
  readonly #hardwareId: string;
  readonly #behaviour: Behaviour;
  readonly #people: People;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #options: Pick<ScannerFleetOptions, 'onEvent' | 'onRenewed'>;
  /** Challenges it has decided about, with the way to give each up. */
  readonly #pending = new Map<string, () => void>();
  /** Answers that a broken connection cut short; they are sent again, the same, once there is a new one. */
  readonly #interrupted = new Map<string, () => Promise<void>>();

  constructor(
    options: Omit<ScannerFleetOptions, 'credentials' | 'images' | 'signal'>,
    credentials: Credentials,
    people: People,
  ) {
    this.#options = options;
    this.#hardwareId = credentials.hardwareId;
    this.#behaviour = { ...goodBehaviour, ...options.behaviour };
    this.#people = people;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.client = new ScannerClient({
      deviceUrl: options.deviceUrl,
      credentials,
      clock: this.#clock,
      random: this.#random,
      ...(options.backoffMs === undefined ? {} : { backoffMs: options.backoffMs }),
    });
    this.client.on('open', ({ resumed }) => {
      this.#tell({ kind: 'connected', resumed });
      const again = [...this.#interrupted.values()];
      this.#interrupted.clear();
      for (const answer of again) void answer();
    });
    this.client.on('closed', (end) => this.#tell({ kind: 'closed', ...end }));
    this.client.on('present', (challenge) => this.#serve(challenge));
    this.client.on('cancel', ({ challenge_id, reason }) => {
      this.#pending.get(challenge_id)?.();
      this.#pending.delete(challenge_id);
      this.#interrupted.delete(challenge_id);
      this.#tell({ kind: 'cancelled', challengeId: challenge_id, reason });
    });
    this.client.on('renewDue', () => void this.#attempt('certificate.renew', () => this.#renew()));
  }

  /** Connects; when that fails it goes on trying in the background. */
  async start(): Promise<void> {
    await this.#attempt('session.open', async () => void (await this.client.connect()));
  }

  async stop(): Promise<void> {
    for (const giveUp of this.#pending.values()) giveUp();
    this.#pending.clear();
    await this.client.close();
  }

  #serve(challenge: ChallengeShown): void {
    const reaction = chooseReaction(this.#behaviour, this.#random);
    this.#tell({ kind: 'presented', challenge, reaction });
    const { least, most } = this.#behaviour.delayMs;
    const wait = least + (most - least) * this.#random.fraction();
    const giveUp = this.#clock.after(wait, () => {
      this.#pending.delete(challenge.challenge_id);
      void this.#react(challenge, reaction);
    });
    this.#pending.set(challenge.challenge_id, giveUp);
  }

  async #react(challenge: ChallengeShown, reaction: Reaction): Promise<void> {
    switch (reaction) {
      case 'disconnect':
        this.#interrupted.set(challenge.challenge_id, () => this.#answer(challenge, 'answer'));
        this.client.drop();
        break;
      case 'no_answer':
        break;
      case 'poor_quality':
        await this.#answer(challenge, 'poor_quality');
        await this.#answer(challenge, 'answer');
        break;
      case 'wrong_palm':
      case 'answer':
        await this.#answer(challenge, reaction);
        break;
      default:
        reaction satisfies never;
    }
  }

  async #answer(challenge: ChallengeShown, reaction: Reaction): Promise<void> {
    const scans = this.#people.scansFor(challenge, reaction, this.#behaviour.samplesPerHand);
    await this.#send(challenge.challenge_id, scans, this.#random.uuid());
  }

  async #send(challengeId: string, scans: readonly SentScan[], idempotencyKey: string): Promise<void> {
    const sentAt = this.#clock.monotonic();
    const code = await this.#attempt('challenge.complete', async () => {
      const completion = await this.client.complete(challengeId, scans, idempotencyKey);
      this.#tell({ kind: 'completed', completion, latencyMs: this.#clock.monotonic() - sentAt });
    });
    // Whether the engine got it is unknown; the same key and the same bytes make sending it again harmless.
    if (code === 'closed') {
      this.#interrupted.set(challengeId, () => this.#send(challengeId, scans, idempotencyKey));
    }
  }

  async #renew(): Promise<void> {
    const credentials = await this.client.renew(await makeScannerKey(this.#hardwareId));
    this.#options.onRenewed?.(credentials);
    this.#tell({ kind: 'renewed', expiresAt: credentials.expiresAt });
  }

  /** Resolves to the code that it failed with, or null. */
  async #attempt(doing: string, run: () => Promise<void>): Promise<string | null> {
    try {
      await run();
      return null;
    } catch (error) {
      const code = error instanceof ScannerError ? error.code : 'connection_failed';
      const message = error instanceof Error ? error.message : String(error);
      this.#tell({ kind: 'failed', doing, code, message });
      return code;
    }
  }

  #tell(event: DistributiveOmit<FleetEvent, 'hardwareId'>): void {
    this.#options.onEvent?.({ hardwareId: this.#hardwareId, ...event } as FleetEvent);
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
