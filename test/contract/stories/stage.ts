/** What the stories are told on: one engine, on a given storage and behind a given HTTP driver. */
import type { Test } from 'tap';
import { ScannerClient } from '../../../bench/scanner/client.ts';
import { pair } from '../../../bench/scanner/pair.ts';
import type { ChallengeShown } from '../../../bench/scanner/wire.ts';
import { link } from '../../../transport/apis/link/facade.ts';
import { ApiClient } from '../../../transport/client/client.ts';
import { clientCredentials, consoleSession } from '../../../transport/client/credentials.ts';
import { deviceFetch } from '../../../transport/client/device.ts';
import { startTestNode, type TestNode } from '../../support/node.ts';
import { findPostgres, startPostgres } from '../../support/postgres.ts';
import { hasRedis, startRedis } from '../../support/redis.ts';
import { available, uwsFolder } from '../../support/require.ts';

export type Link = ApiClient<typeof link>;

/** One kind of caller's work, from its first call to its last. */
export interface Story {
  readonly who: string;
  tell(t: Test, stage: Stage): Promise<void>;
}

/** A scanner with its socket, and with the same certificate over REST. */
export interface Scanner {
  readonly socket: ScannerClient;
  readonly rest: Link;
  readonly hardwareId: string;
  /** Resolves with a challenge once it was shown. */
  shown(challengeId: string): Promise<ChallengeShown>;
}

/** Unique over the stories of one engine. */
let names = 0;

export class Stage {
  readonly node: TestNode;
  readonly platform: Link;
  readonly #t: Test;

  constructor(t: Test, node: TestNode) {
    this.#t = t;
    this.node = node;
    this.platform = this.session(node.administrator);
  }

  get baseUrl(): string {
    return this.node.urls.publicUrl;
  }

  name(prefix: string): string {
    names += 1;
    return `${prefix}-${names}`;
  }

  anybody(): Link {
    return new ApiClient(link, { baseUrl: this.baseUrl });
  }

  session(person: { readonly email: string; readonly password: string }): Link {
    const { baseUrl } = this;
    return new ApiClient(link, { baseUrl, credentials: consoleSession(baseUrl, person) });
  }

  client(credentials: { readonly client_id: string; readonly client_secret: string }): Link {
    const { baseUrl } = this;
    return new ApiClient(link, { baseUrl, credentials: clientCredentials(baseUrl, credentials) });
  }

  /** A tenant as a platform administrator makes it, with its first administrator and a client of theirs. */
  async tenant(config?: { readonly consent_required: boolean }) {
    const name = this.name('tenant');
    const made = await this.platform.call('createTenant', {
      body: { name, admin_email: `admin@${name}.example`, ...(config === undefined ? {} : { config }) },
    });
    const administrator = this.session(made.admin);
    const client = await administrator.call('createClient', { body: { name: 'integrator' } });
    return { tenantId: made.tenant_id, admin: made.admin, administrator, client, api: this.client(client) };
  }

  /** Pairs a scanner by its code and connects it. */
  async scanner(pairingCode: string): Promise<Scanner> {
    const hardwareId = this.name('hardware');
    const credentials = await pair(this.baseUrl, pairingCode, {
      hardwareId,
      model: 'PX-2',
      firmware: '1.4.0',
    });
    const { deviceUrl } = this.node.urls;
    const socket = new ScannerClient({ deviceUrl, credentials, reconnect: false });
    const seen: ChallengeShown[] = [];
    let wake: () => void = () => undefined;
    socket.on('present', (challenge) => {
      seen.push(challenge);
      wake();
    });
    await socket.connect();
    this.#t.teardown(() => socket.close());
    return {
      socket,
      hardwareId,
      rest: new ApiClient(link, { baseUrl: deviceUrl, fetch: deviceFetch(credentials) }),
      async shown(challengeId) {
        for (;;) {
          const found = seen.find((challenge) => challenge.challenge_id === challengeId);
          if (found !== undefined) return found;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
    };
  }
}

export interface Way {
  readonly storage: 'embedded' | 'postgres and redis';
  readonly driver: 'node' | 'uws';
}

/** Tells the stories, one after the other, on one engine. */
export async function tell(t: Test, { storage, driver }: Way, stories: readonly Story[]): Promise<void> {
  const settings: Record<string, string> = { THENAR_HTTP_DRIVER: 'node' };
  if (driver === 'uws') {
    const folder = uwsFolder();
    if (!available(t, 'uws', folder !== null)) return;
    settings.THENAR_HTTP_DRIVER = folder ?? '';
  }
  if (storage !== 'embedded') {
    const programs = findPostgres();
    if (!available(t, 'postgres', programs !== null) || !available(t, 'redis', hasRedis())) return;
    const server = await startPostgres(programs ?? '');
    settings.DATABASE_URL = await server.make('stories');
    settings.REDIS_URL = (await startRedis()).url;
  }
  const node = await startTestNode(settings);
  for (const { who, tell: tellOne } of stories) {
    await t.test(who, (t) => tellOne(t, new Stage(t, node)));
  }
}
