/** One scanner and one integrator, and how they ask until they are answered, whoever is killed meanwhile. */
import { palmModel } from '../../engine/palm/model.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import type { Hand, PalmTemplate } from '../../engine/palm/types.ts';
import type { link } from '../../transport/apis/link/facade.ts';
import type { ApiClient } from '../../transport/client/client.ts';
import type { Integrator } from '../demo/rest.ts';
import { ScannerClient } from '../scanner/client.ts';
import type { Credentials } from '../scanner/pair.ts';
import type { SentScan } from '../scanner/wire.ts';
import { once, persist } from './cut.ts';
import type { MortalEngine } from './engine.ts';
import type { Ledger, WalletFacts } from './ledger.ts';
import type { Person } from './person.ts';

export interface DeskOptions {
  readonly number: number;
  readonly engine: MortalEngine;
  readonly integrator: Integrator;
  /** The tenant's administrator. */
  readonly console: ApiClient<typeof link>;
  readonly deviceUrl: string;
  readonly credentials: Credentials;
  readonly wallet: WalletFacts;
  readonly ledger: Ledger;
  readonly template: (palm: number, hand: Hand) => PalmTemplate;
}

/** Longer than any recovery; a scanner or a challenge that is not back by then is lost. */
const BACK_MS = 60_000;

export class Desk {
  readonly number: number;
  readonly engine: MortalEngine;
  readonly integrator: Integrator;
  readonly console: ApiClient<typeof link>;
  readonly deviceUrl: string;
  readonly hardwareId: string;
  readonly wallet: WalletFacts;
  readonly ledger: Ledger;
  readonly people: Person[] = [];
  readonly scanner: ScannerClient;
  readonly #template: DeskOptions['template'];
  readonly #templates = new Map<string, Uint8Array>();
  /** Challenges that the open session showed: listed when it was opened, or pushed since. */
  #shown = new Set<string>();
  #keys = 0;

  constructor(options: DeskOptions) {
    const { number, engine, integrator, console, deviceUrl, credentials, wallet, ledger, template } = options;
    this.number = number;
    this.engine = engine;
    this.integrator = integrator;
    this.console = console;
    this.deviceUrl = deviceUrl;
    this.hardwareId = credentials.hardwareId;
    this.wallet = wallet;
    this.ledger = ledger;
    this.#template = template;
    this.scanner = new ScannerClient({ deviceUrl, credentials, backoffMs: { first: 50, longest: 400 } });
    this.scanner.on('open', ({ pending }) => {
      this.#shown = new Set(pending.map((challenge) => challenge.challenge_id));
    });
    this.scanner.on('present', (challenge) => void this.#shown.add(challenge.challenge_id));
  }

  /** What a palm of this person looks like to a scanner, every time the same. */
  scanOf({ palm }: Pick<Person, 'palm'>, hand: Hand): SentScan {
    const name = `${hand} ${palm}`;
    const data = this.#templates.get(name) ?? encodeTemplate(this.#template(palm, hand));
    this.#templates.set(name, data);
    return { format: 'template', model: palmModel, data, palm_type: hand };
  }

  scansOf(person: Pick<Person, 'palm' | 'hands'>): SentScan[] {
    return person.hands.map((hand) => this.scanOf(person, hand));
  }

  /** Over REST, again until no kill comes in between. */
  rest<T>(work: () => Promise<T>): Promise<T> {
    return persist(() => this.engine.up(), work);
  }

  /** At the scanner, again until no kill comes in between. */
  atScanner<T>(work: () => Promise<T>): Promise<T> {
    return persist(() => this.connected(), work);
  }

  /** What may not be repeated: see {@link once}. */
  once<T>(work: () => Promise<T>, done: () => Promise<T | null>): Promise<T> {
    return once(() => this.connected(), work, done);
  }

  /** A name that no other deed of this run has. */
  newKey(): string {
    this.#keys += 1;
    return `chaos-${this.number}-${this.#keys}`;
  }

  /** Resolves once the engine is up and the scanner in its session. @throws Error when it does not come back */
  async connected(): Promise<void> {
    await this.engine.up();
    if (this.scanner.session !== null) return;
    await this.#hears('open', 'a scanner did not come back');
  }

  /** Whether the engine shows the scanner this challenge in the session it has now. */
  async presented(challengeId: string): Promise<boolean> {
    await this.connected();
    const end = performance.now() + BACK_MS;
    while (!this.#shown.has(challengeId)) {
      const left = end - performance.now();
      if (left <= 0) return false;
      await this.#hears('present', null, left);
    }
    return true;
  }

  /** Resolves after a present or an open; an open session replaces what was shown, so both are looked at. */
  #hears(event: 'open' | 'present', otherwise: string | null, withinMs = BACK_MS): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.scanner.off('open', end);
        this.scanner.off(event, end);
        resolve();
      };
      const timer = setTimeout(() => {
        if (otherwise === null) end();
        else reject(new Error(otherwise));
      }, withinMs);
      this.scanner.on('open', end);
      if (event !== 'open') this.scanner.on(event, end);
    });
  }

  /** A decision about a palm of this person, whoever asks; counted where it recognised somebody. */
  async recognised(person: Person, hand: Hand): Promise<boolean> {
    const decision = await this.visit(person, hand, this.newKey());
    if (decision === 'allow') person.counts.visits += 1;
    return decision === 'allow';
  }

  async visit(person: Person, hand: Hand, key: string): Promise<string> {
    const { decision } = await this.atScanner(() =>
      this.scanner.transaction(this.scanOf(person, hand), { gate: 'chaos' }, key),
    );
    return decision;
  }
}
