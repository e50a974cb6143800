/** One scanner and one integrator at work: people come, enrol, verify, consent, and are erased; scanners are revoked. */
import { palmModel } from '../../engine/palm/model.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import type { PalmTemplate } from '../../engine/palm/types.ts';
import { ApiError } from '../../transport/client/error.ts';
import type { Integrator } from '../demo/rest.ts';
import { galleryHand } from '../load/gallery.ts';
import type { SeededRandom } from '../palms/random.ts';
import { ScannerClient } from '../scanner/client.ts';
import { type Credentials, pair, ScannerError } from '../scanner/pair.ts';
import type { SentScan } from '../scanner/wire.ts';
import { once, persist } from './cut.ts';
import type { MortalEngine } from './engine.ts';
import { type Ledger, Person } from './person.ts';

export interface LaneOptions {
  readonly number: number;
  readonly engine: MortalEngine;
  readonly integrator: Integrator;
  readonly deviceUrl: string;
  readonly credentials: Credentials;
  readonly hardwareId: string;
  readonly random: SeededRandom;
  readonly ledger: Ledger;
  readonly template: (palm: number) => PalmTemplate;
}

/** Kinds of consent that open nothing, so that enrolment and verification do not depend on them. */
export const consentType = 'newsletter';

/** Longer than any recovery; a scanner or a challenge that is not back by then is lost. */
const BACK_MS = 60_000;

export class Lane {
  readonly #options: LaneOptions;
  readonly #people: Person[] = [];
  readonly #scanner: ScannerClient;
  #made = 0;
  /** Whom something is being done to. */
  #current: Person | null = null;
  /** Whom somebody is looking at, so that nothing may be done to them. */
  readonly #held = new Set<Person>();

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#scanner = new ScannerClient({
      deviceUrl: options.deviceUrl,
      credentials: options.credentials,
      backoffMs: { first: 50, longest: 400 },
    });
  }

  get people(): readonly Person[] {
    return this.#people;
  }

  async open(): Promise<void> {
    await this.#scanner.connect();
  }

  close(): Promise<void> {
    return this.#scanner.close();
  }

  /** Works until the signal; what was begun is ended first. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const draw = this.#options.random.uniform();
      const person = this.#anybody();
      this.#current = person;
      if (person === null || draw < 0.3) await this.#newcomer();
      else if (draw < 0.6) await this.#verify(person, draw < 0.4, signal);
      else if (draw < 0.85) await this.#changeConsent(person);
      else if (draw < 0.97) await this.#erase(person);
      else await this.#revokeScanner();
      this.#current = null;
    }
  }

  /**
   * Keeps the lane from a person until it is let go.
   * @returns how to let go, or null when something is being done to this person right now
   */
  hold(person: Person): (() => void) | null {
    if (person === this.#current) return null;
    this.#held.add(person);
    return () => this.#held.delete(person);
  }

  /** A decision about this person's palm, whoever asks. */
  async recognised(person: Person): Promise<boolean> {
    const { decision } = await this.#atScanner(() =>
      this.#scanner.transaction(this.#scanOf(person.palm), { gate: 'chaos' }),
    );
    return decision === 'allow';
  }

  #anybody(): Person | null {
    const here = this.#people.filter(
      (person) => !person.deleted && person.featureId !== null && !this.#held.has(person),
    );
    return here[Math.floor(this.#options.random.uniform() * here.length)] ?? null;
  }

  async #newcomer(): Promise<void> {
    const { number, integrator, ledger } = this.#options;
    this.#made += 1;
    const externalId = `chaos-${number}-${this.#made}`;
    const palm = number * 1_000_000 + this.#made;
    const { user_id: userId } = await this.#rest(() =>
      integrator.link.call('createUser', { body: { external_user_id: externalId } }),
    );
    const person = new Person(externalId, palm, userId);
    this.#current = person;
    this.#people.push(person);
    ledger.people.push(person);
    try {
      person.featureId = await this.#once(
        async () => {
          const { feature_ids } = await this.#scanner.enrol(userId, [this.#scanOf(palm)]);
          return String(feature_ids[0]);
        },
        async () => {
          const { palms } = await integrator.link.call('getUser', { params: { id: userId } });
          return palms[0]?.feature_id ?? null;
        },
      );
      ledger.acknowledge('enrolments');
    } catch (error) {
      // Generated palms may look alike; the engine then refuses the second one.
      if (!(error instanceof ScannerError) || error.code !== 'palm_already_enrolled') throw error;
    }
  }

  /** @param late answered only after the next kill, so that the challenge must be presented again */
  async #verify(person: Person, late: boolean, signal: AbortSignal): Promise<void> {
    const { integrator, hardwareId, ledger, random, engine } = this.#options;
    const documentId = `doc-${this.#options.number}-${random.bits()}`;
    const challengeId = await this.#once(
      async () => {
        const body = {
          external_user_id: person.externalId,
          hardware_id: hardwareId,
          metadata: { document_id: documentId },
        };
        return (await integrator.link.call('createVerification', { body })).challenge_id;
      },
      async () => {
        const query = { user_id: person.userId };
        for await (const challenge of integrator.link.all('listChallenges', { query })) {
          if (challenge.metadata?.document_id === documentId) return challenge.challenge_id;
        }
        return null;
      },
    );
    if (late) await ledger.waits(Promise.race([engine.nextStart(), aborted(signal)]));
    if (!(await this.#presented(challengeId))) {
      return ledger.finding(`challenge ${challengeId} was never presented${late ? ' again' : ''}`);
    }
    const key = `chaos-${challengeId}`;
    const { matched } = await this.#atScanner(() =>
      this.#scanner.complete(challengeId, [this.#scanOf(person.palm)], key),
    );
    if (matched !== true) ledger.finding(`challenge ${challengeId} did not match the enrolled palm`);
    person.verified.push(challengeId);
    ledger.acknowledge(late ? 'verifications answered after a restart' : 'verifications');
  }

  async #presented(challengeId: string): Promise<boolean> {
    const isOpen = () => this.#scanner.open.some((challenge) => challenge.challenge_id === challengeId);
    const end = performance.now() + BACK_MS;
    while (!isOpen()) {
      const left = end - performance.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#scanner.once('present', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    return true;
  }

  async #changeConsent(person: Person): Promise<void> {
    const { integrator, ledger } = this.#options;
    const wanted = person.consent === 'granted' ? 'withdrawn' : 'granted';
    const user = { user_id: person.userId };
    await this.#once(
      async () => {
        if (wanted === 'withdrawn') {
          await integrator.link.call('withdrawConsent', { body: { ...user, consent_type: consentType } });
        } else {
          const body = { ...user, consent_type: consentType, version: '1' };
          await integrator.link.call('recordConsent', { body });
        }
        return wanted;
      },
      async () => {
        const { consents } = await integrator.link.call('getConsent', { params: user });
        const stands = consents.find(({ consent_type }) => consent_type === consentType)?.status;
        return stands === wanted ? wanted : null;
      },
    );
    person.consent = wanted;
    if (wanted === 'granted') person.granted += 1;
    else person.withdrawn += 1;
    ledger.acknowledge('consents');
  }

  async #erase(person: Person): Promise<void> {
    const { integrator, ledger } = this.#options;
    await this.#once(
      async () => {
        await integrator.link.call('deleteUser', { params: { id: person.userId } });
        return true;
      },
      async () => ((await isGone(integrator, person.userId)) ? true : null),
    );
    person.deleted = true;
    ledger.acknowledge('deletions');
  }

  async #revokeScanner(): Promise<void> {
    const { integrator, ledger, random, number } = this.#options;
    const hardwareId = `spare-${number}-${random.bits()}`;
    const registered = await this.#once(
      () => integrator.link.call('registerDevice', { body: { device_name: hardwareId, location: 'Chaos' } }),
      async () => null,
    );
    const credentials = await this.#once(
      () => pair(integrator.baseUrl, registered.pairing_code, { hardwareId, model: 'simulated' }),
      async () => null,
    ).catch((error) => {
      // The code was used up by a pairing whose answer the kill took with it; such a scanner is registered anew.
      if (error instanceof ScannerError && /^pairing_code/.test(error.code)) return null;
      throw error;
    });
    if (credentials === null) return;
    const params = { id: credentials.deviceId };
    await this.#once(
      async () => {
        await integrator.link.call('revokeDevice', { params });
        return true;
      },
      async () => ((await integrator.link.call('getDevice', { params })).status === 'revoked' ? true : null),
    );
    ledger.revoked.push({ deviceId: credentials.deviceId, credentials });
    ledger.acknowledge('revocations');
  }

  #scanOf(palm: number): SentScan {
    const data = encodeTemplate(this.#options.template(palm));
    return { format: 'template', model: palmModel, data, palm_type: galleryHand };
  }

  #rest<T>(work: () => Promise<T>): Promise<T> {
    return persist(() => this.#options.engine.up(), work);
  }

  #atScanner<T>(work: () => Promise<T>): Promise<T> {
    return persist(() => this.#connected(), work);
  }

  #once<T>(work: () => Promise<T>, done: () => Promise<T | null>): Promise<T> {
    return once(() => this.#connected(), work, done);
  }

  async #connected(): Promise<void> {
    await this.#options.engine.up();
    if (this.#scanner.session !== null) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('a scanner did not come back')), BACK_MS);
      this.#scanner.once('open', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Whether the engine no longer knows this user. */
export async function isGone(integrator: Integrator, userId: string): Promise<boolean> {
  try {
    const { status } = await integrator.link.call('getUser', { params: { id: userId } });
    return status === 'deleted';
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return true;
    throw error;
  }
}
