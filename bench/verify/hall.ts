/** One tenant's hall: scanners, enrolled people, a webhook, and a verification as one operation. */
import { type BenchTenant, connected, newTenant, pairScanners, type Target } from '../harness/target.ts';
import { HttpClient } from '../load/http.ts';
import type { ScannerClient } from '../scanner/client.ts';
import type { Credentials } from '../scanner/pair.ts';
import type { ChallengeShown, CompletionShown, SentScan } from '../scanner/wire.ts';
import { type People, RENDERED, type ScanKind } from './people.ts';

export interface HallOptions {
  readonly target: Target;
  readonly people: People;
  /** Enrolled people, {@link RENDERED} of them by image. */
  readonly enrolled: number;
  readonly scanners: number;
  /** Where its webhook goes; null: it has none. */
  readonly receiver: string | null;
  /** HTTP connections of its integrator. */
  readonly connections: number;
}

/** Nobody stands before a scanner for longer. */
const DECIDED_WITHIN_MS = 60_000;

/** Moments of one verification in ms from its REST call's start. */
export interface Verified {
  readonly challengeId: string;
  readonly matched: boolean;
  readonly answered: number;
  /** Shown by the scanner. */
  readonly presented: number;
  /** The scanner has the decision: it is durable, and so is the webhook's delivery. */
  readonly decided: number;
  /** `performance.now()` of the decision. */
  readonly at: number;
}

/** A refusal with the engine's code. */
export class Refused extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`refused: ${code}`);
    this.code = code;
  }
}

interface Waiting {
  readonly scan: SentScan;
  seen(at: number): void;
  resolve(completion: CompletionShown): void;
  reject(error: unknown): void;
}

interface Desk {
  readonly client: ScannerClient;
  readonly credentials: Credentials;
  /** Verifications under way, by the ticket in their metadata. */
  readonly waiting: Map<string, Waiting>;
}

export class Hall {
  readonly tenant: BenchTenant;
  readonly http: HttpClient;
  readonly desks: readonly Desk[];
  readonly #options: HallOptions;
  #tickets = 0;

  private constructor(tenant: BenchTenant, http: HttpClient, desks: readonly Desk[], options: HallOptions) {
    this.tenant = tenant;
    this.http = http;
    this.desks = desks;
    this.#options = options;
  }

  /** @param name of the tenant; letters alone tell tenants apart */
  static async open(name: string, options: HallOptions): Promise<Hall> {
    const { target, people, enrolled, scanners, receiver, connections } = options;
    const tenant = await newTenant(target, name);
    const { integrator } = tenant;
    const credentials = await pairScanners(tenant, scanners);
    const desks: Desk[] = [];
    for (const one of credentials) {
      const desk = { client: await connected(target, one), credentials: one, waiting: new Map() };
      desk.client.on('present', (challenge) => serve(desk, challenge));
      desks.push(desk);
    }
    const http = new HttpClient(target.public, await integrator.token(), connections);
    for (let identity = 0; identity < enrolled; identity += 1) {
      const body = { external_user_id: `person-${identity}` };
      const { user_id } = await integrator.link.call('createUser', { body });
      await desks[identity % scanners]!.client.enrol(user_id, [people.enrolled(identity)]);
    }
    if (receiver !== null) {
      const events = ['verification.complete'] as const;
      await integrator.link.call('createWebhook', { body: { name: 'bench', endpoint: receiver, events } });
    }
    return new Hall(tenant, http, desks, options);
  }

  /** From the REST call until its answer and the scanner's decision are both there. @throws Refused, or Error */
  async verify(kind: ScanKind, number: number): Promise<Verified> {
    const { people, enrolled } = this.#options;
    const desk = this.desks[number % this.desks.length]!;
    const identity = kind === 'image' ? number % RENDERED : RENDERED + (number % (enrolled - RENDERED));
    this.#tickets += 1;
    const ticket = String(this.#tickets);
    let presented = Number.NaN;
    const from = performance.now();
    const completion = new Promise<CompletionShown>((resolve, reject) => {
      const scan = people.probe(identity, number);
      const seen = (at: number): void => {
        presented = at - from;
      };
      desk.waiting.set(ticket, { scan, resolve, reject, seen });
    });
    completion.catch(() => {}); // A refused call leaves it behind.
    const { status, body } = await this.http.post('/v1/verify', {
      external_user_id: `person-${identity}`,
      hardware_id: desk.credentials.hardwareId,
      metadata: { ticket },
    });
    const answered = performance.now() - from;
    if (status !== 201) {
      desk.waiting.delete(ticket);
      throw new Refused((body.error as { readonly code?: string } | undefined)?.code ?? `status_${status}`);
    }
    const { challenge_id: challengeId, matched = false } = await decided(completion, () =>
      desk.waiting.delete(ticket),
    );
    const at = performance.now();
    return { challengeId, matched, answered, presented, decided: at - from, at };
  }

  async close(): Promise<void> {
    this.http.close();
    for (const { client } of this.desks) await client.close();
  }
}

/** One that is never shown, or never decided, is a refusal of its own: a load waits for all of its calls. */
async function decided(completion: Promise<CompletionShown>, forget: () => void): Promise<CompletionShown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      forget();
      reject(new Refused('bench_never_decided'));
    }, DECIDED_WITHIN_MS);
  });
  return Promise.race([completion, late]).finally(() => clearTimeout(timer));
}

/** What a scanner with somebody standing before it does: it answers as soon as it is asked. */
function serve(desk: Desk, challenge: ChallengeShown): void {
  const ticket = String(challenge.metadata?.ticket);
  const waiting = desk.waiting.get(ticket);
  if (waiting === undefined) return;
  desk.waiting.delete(ticket);
  waiting.seen(performance.now());
  desk.client.complete(challenge.challenge_id, [waiting.scan]).then(waiting.resolve, waiting.reject);
}
