/** A tenant of a test engine with its integrator, scanners and people. */
import { once } from 'node:events';
import tap from 'tap';
import { ScannerClient } from '../../bench/scanner/client.ts';
import { poorScan, syntheticImages } from '../../bench/scanner/images.ts';
import { type Credentials as DeviceCredentials, pair } from '../../bench/scanner/pair.ts';
import type { ChallengeShown, SentScan } from '../../bench/scanner/wire.ts';
import { link } from '../../transport/apis/link/facade.ts';
import { ApiClient } from '../../transport/client/client.ts';
import { type Credentials, clientCredentials } from '../../transport/client/credentials.ts';
import type { SignatureIn } from '../../transport/client/types.ts';
import { type Administered, type EngineUrls, type Json, type RestReply, rest } from './node.ts';

type BodyOf<K extends string> = SignatureIn<typeof link, K>['body'];

let made = 0;
const unique = (prefix: string): string => {
  made += 1;
  return `${prefix}-${made}`;
};

export class TestTenant {
  readonly tenantId: string;
  /** Headers of its administrator's console session. */
  readonly admin: Readonly<Record<string, string>>;
  /** Whom the platform administrator was told of when the tenant was made. */
  readonly administrator: Readonly<Record<'email' | 'password', string>>;
  readonly client: Readonly<Record<'client_id' | 'client_secret', string>>;
  readonly urls: EngineUrls;
  /** The tenant's OAuth client, typed by the route table. */
  readonly link: ApiClient<typeof link>;
  readonly #credentials: Credentials;

  private constructor(
    urls: EngineUrls,
    made: Pick<TestTenant, 'tenantId' | 'admin' | 'administrator' | 'client'>,
  ) {
    this.urls = urls;
    this.tenantId = made.tenantId;
    this.admin = made.admin;
    this.administrator = made.administrator;
    this.client = made.client;
    this.#credentials = clientCredentials(urls.publicUrl, made.client);
    this.link = new ApiClient(link, { baseUrl: urls.publicUrl, credentials: this.#credentials });
  }

  static async create(node: Administered, config?: object): Promise<TestTenant> {
    const name = unique('tenant');
    const created = await node.platform('POST', '/v1/admin/tenants', {
      name,
      admin_email: `admin@${name}.example`,
      ...(config === undefined ? {} : { config }),
    });
    if (created.status !== 201) throw new Error(`create tenant: ${JSON.stringify(created.json)}`);
    const { tenant_id: tenantId, admin: administrator } = created.data;
    const admin = await node.signIn(administrator);
    const client = await node.rest('POST', '/v1/clients', { headers: admin, body: { name: 'tests' } });
    return new TestTenant(node.urls, { tenantId, admin, administrator, client: client.data });
  }

  /** Gets a new token: the old one is over when the clock was moved. */
  async authenticate(): Promise<void> {
    this.#credentials.refused?.();
    await this.#credentials.headers(fetch);
  }

  /** Of the tenant's OAuth client. */
  headers(): Promise<Readonly<Record<string, string>>> {
    return this.#credentials.headers(fetch);
  }

  /** As the tenant's OAuth client. */
  async call(method: string, path: string, body?: unknown): Promise<RestReply> {
    const headers = await this.headers();
    return rest(this.urls.publicUrl, method, path, body === undefined ? { headers } : { headers, body });
  }

  /** @throws Error unless the status is one of success */
  async must(method: string, path: string, body?: unknown): Promise<Json> {
    const reply = await this.call(method, path, body);
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(reply.json)}`);
    return reply.data;
  }

  user(externalUserId: string = unique('user')) {
    return this.link.call('createUser', { body: { external_user_id: externalUserId } });
  }

  register(more: Partial<BodyOf<'registerDevice'>> = {}) {
    return this.link.call('registerDevice', { body: { device_name: 'Scanner', location: 'Hall', ...more } });
  }

  async pairScanner(more: Partial<BodyOf<'registerDevice'>> = {}): Promise<TestScanner> {
    const registered = await this.register(more);
    const credentials = await pair(this.urls.publicUrl, registered.pairing_code, {
      hardwareId: unique('hw'),
    });
    return new TestScanner(this, credentials);
  }

  /** A scanner that is paired and connected. */
  async scanner(more: Partial<BodyOf<'registerDevice'>> = {}): Promise<TestScanner> {
    const scanner = await this.pairScanner(more);
    await scanner.client.connect();
    return scanner;
  }

  /** Enrols palms of a person at a scanner, without a challenge. */
  async enrol(scanner: TestScanner, person: number, hands: readonly Hand[] = ['right']) {
    const user = await this.user(`person-${person}`);
    await scanner.client.enrol(user.user_id, enrolmentScans(person, hands));
    return user;
  }
}

export type Hand = 'left' | 'right';

export class TestScanner {
  readonly tenant: TestTenant;
  readonly credentials: DeviceCredentials;
  readonly client: ScannerClient;
  readonly presented: ChallengeShown[] = [];

  constructor(tenant: TestTenant, credentials: DeviceCredentials) {
    this.tenant = tenant;
    this.credentials = credentials;
    this.client = this.connection();
    this.client.on('present', (challenge) => this.presented.push(challenge));
    tap.teardown(() => this.client.close());
  }

  get device(): { readonly hardware_id: string } {
    return { hardware_id: this.credentials.hardwareId };
  }

  /** Another client of the same scanner, with a memory of its own. */
  connection(credentials: DeviceCredentials = this.credentials): ScannerClient {
    return new ScannerClient({
      deviceUrl: this.tenant.urls.deviceUrl,
      credentials,
      reconnect: false,
    });
  }

  /** Runs `work`, which makes a challenge, and resolves once it was shown here. */
  async shown(work: () => Promise<Json>): Promise<Json> {
    const created = await work();
    const id = created.challenge_id;
    while (!this.presented.some((challenge) => challenge.challenge_id === id)) {
      await once(this.client, 'present');
    }
    return created;
  }

  askEnrolment(user: { readonly user_id: string }, more: object = {}): Promise<Json> {
    const body = { user_id: user.user_id, ...this.device, palm_type: 'right', ...more };
    return this.shown(() => this.tenant.must('POST', '/v1/enroll', body));
  }

  askVerification(user: { readonly user_id: string }, more: object = {}): Promise<Json> {
    const body = { user_id: user.user_id, ...this.device, ...more };
    return this.shown(() => this.tenant.must('POST', '/v1/verify', body));
  }

  /** The code that a call of this scanner was refused with, or what it was answered instead. */
  async codeOf(call: Promise<unknown>): Promise<unknown> {
    try {
      return { answered: await call };
    } catch (error) {
      return (error as { readonly code?: string }).code;
    }
  }
}

const images = syntheticImages({ seed: 20 });
let sample = 100;

/** A fresh capture of a palm: no image is ever shown twice. */
export function capture(person: number, hand: Hand = 'right'): SentScan {
  sample += 1;
  return images.scan({ identity: person, hand, sample });
}

export function enrolmentScans(person: number, hands: readonly Hand[] = ['right'], samples = 2): SentScan[] {
  return hands.flatMap((hand) => Array.from({ length: samples }, () => capture(person, hand)));
}

/** A scan as REST bodies carry it. */
export function inBody(scan: SentScan): object {
  return 'data' in scan ? { ...scan, data: Buffer.from(scan.data).toString('base64') } : scan;
}

export { poorScan };

/** Asks again until the answer satisfies; the work behind it ends by itself. @throws Error when it never does */
export async function eventually<T>(ask: () => Promise<T>, satisfies: (answer: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 2_000; tries += 1) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it never came true');
}
