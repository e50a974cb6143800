/** Connected scanners, and what becomes of the one that is revoked. */
import { createSecureContext } from 'node:tls';
import { type Address, addressOf, LeanScanner } from '../connect/lean-scanner.ts';
import type { HttpClient } from '../load/http.ts';
import type { Credentials } from '../scanner/pair.ts';

/** Handshakes under way at once while the hall fills. */
const AT_ONCE = 16;
/** What a scanner hears whose certificate is revoked. */
const REVOKED = 4401;

export interface Revoked {
  /** From the REST call's start to the close frame read at the scanner, ms. */
  readonly closeMs: number;
  /** From the REST call's start to its answer, ms. */
  readonly answerMs: number;
}

export class Hall {
  readonly #address: Address;
  readonly #scanners: readonly { readonly id: string; readonly scanner: LeanScanner }[];
  #next = 0;

  private constructor(deviceUrl: string, credentials: readonly Credentials[]) {
    this.#address = addressOf(deviceUrl);
    this.#scanners = credentials.map(({ deviceId: id, certificatePem: cert, keyPem: key }) => ({
      id,
      scanner: new LeanScanner(createSecureContext({ cert, key, minVersion: 'TLSv1.2' })),
    }));
  }

  /** Connects all of them, their sessions open. */
  static async fill(deviceUrl: string, credentials: readonly Credentials[]): Promise<Hall> {
    const hall = new Hall(deviceUrl, credentials);
    const waiting = [...hall.#scanners];
    const lane = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        await next.scanner.open(hall.#address, false);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    return hall;
  }

  get connected(): number {
    return this.#scanners.filter(({ scanner }) => scanner.connected).length;
  }

  /** Revokes the next scanner. @throws Error when it is closed for another reason, or the call is refused */
  async revokeNext(http: HttpClient): Promise<Revoked> {
    const next = this.#scanners[this.#next++];
    if (next === undefined) throw new Error('all scanners are revoked already');
    const { id, scanner } = next;
    const closed = new Promise<number>((resolve, reject) => {
      scanner.closed = (code) => {
        if (code === REVOKED) resolve(performance.now());
        else reject(new Error(`closed ${code}`));
      };
    });
    const from = performance.now();
    const { status, body } = await http.delete(`/v1/devices/${id}`);
    const answered = performance.now();
    if (status !== 200) throw new Error(`the call was answered ${status}: ${JSON.stringify(body)}`);
    return { closeMs: (await closed) - from, answerMs: answered - from };
  }

  /** How many of those that were revoked get in again, with the TLS session of before and without. */
  async letInAgain(): Promise<number> {
    let count = 0;
    for (const { scanner } of this.#scanners.slice(0, this.#next)) {
      for (const resume of [true, false]) {
        const opened = await scanner.open(this.#address, resume).catch(() => null);
        if (opened !== null) count += 1;
      }
    }
    return count;
  }

  async close(): Promise<void> {
    await Promise.all(this.#scanners.map(({ scanner }) => scanner.drop()));
  }
}
