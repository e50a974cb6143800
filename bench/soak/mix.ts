/** What a day is made of, in the shares of a busy site: one call of the load is one of these. */
import { palmModel } from '../../engine/palm/model.ts';
import { encodeTemplate } from '../../engine/palm/template.ts';
import { connected, pairScanners, type Target } from '../harness/target.ts';
import { HttpClient } from '../load/http.ts';
import { SeededRandom } from '../palms/random.ts';
import { generateTemplate } from '../palms/templates.ts';
import type { ScannerClient } from '../scanner/client.ts';
import type { SentScan } from '../scanner/wire.ts';
import { type Hall, Refused } from '../verify/hall.ts';
import { type People, RENDERED } from '../verify/people.ts';

/** In a hundred calls. */
export const shares = {
  verify: 40,
  status: 26,
  identify: 15,
  token: 7,
  enrol: 6,
  reconnect: 6,
} as const;
export type Doing = keyof typeof shares;

/** People who come and go, and scanners that do: one of each is busy with one thing at a time. */
const GUESTS = 64;
const ROAMERS = 16;
/** Identities of guests are far from those of people. */
const FIRST_GUEST = 1_000_000;

export interface Mix {
  readonly hall: Hall;
  /** @throws Refused, ScannerError, or Error */
  run(doing: Doing, number: number): Promise<void>;
  close(): Promise<void>;
}

/** Which call is what: the same for the same seed. */
export function chooser(seed: number): () => Doing {
  const random = new SeededRandom(seed, 0x6d6978);
  const all = Object.entries(shares) as [Doing, number][];
  return () => {
    let at = random.uniform() * 100;
    for (const [doing, share] of all) {
      at -= share;
      if (at < 0) return doing;
    }
    return 'verify';
  };
}

export async function openMix(
  target: Target,
  hall: Hall,
  people: People,
  options: { readonly seed: number; readonly enrolled: number },
): Promise<Mix> {
  const { seed, enrolled } = options;
  const { http, desks, tenant } = hall;
  const roamers: ScannerClient[] = [];
  for (const one of await pairScanners(tenant, ROAMERS, { hardware: 'roamer' })) {
    roamers.push(await connected(target, one));
  }
  const guests: SentScan[] = Array.from({ length: GUESTS }, (_, n) => {
    const template = generateTemplate({ seed, identity: FIRST_GUEST + n, hand: 'right', sample: 0 });
    return { format: 'template', model: palmModel, data: encodeTemplate(template), palm_type: 'right' };
  });
  const anonymous = new HttpClient(target.public, 'none', 8);
  let lastChallenge: string | null = null;

  async function expect(status: number, answer: ReturnType<HttpClient['get']>) {
    const { status: got, body } = await answer;
    if (got === status) return body as { readonly data: Readonly<Record<string, unknown>> };
    throw new Refused((body.error as { readonly code?: string } | undefined)?.code ?? `status_${got}`);
  }

  /** Takes one out of those that are free while `work` is busy with it; without one there is nothing to do. */
  async function busyWith<T>(free: T[], work: (one: T) => Promise<unknown>): Promise<void> {
    const one = free.shift();
    if (one === undefined) throw new Refused('bench_has_none_free');
    try {
      await work(one);
    } finally {
      free.push(one);
    }
  }

  const doings: Readonly<Record<Doing, (number: number) => Promise<unknown>>> = {
    async verify(number) {
      const { challengeId } = await hall.verify(number % 4 === 0 ? 'image' : 'template', number);
      lastChallenge = challengeId;
    },
    async status() {
      if (lastChallenge !== null) await expect(200, http.get(`/v1/challenges/${lastChallenge}`));
    },
    async identify(number) {
      const identity = RENDERED + (number % (enrolled - RENDERED));
      const scan = people.probe(identity, number);
      await desks[number % desks.length]!.client.transaction(scan, { gate: 'bench' });
    },
    async token() {
      const body = { grant_type: 'client_credentials', ...tenant.integrator.client };
      await expect(200, anonymous.post('/v1/auth/token', body));
    },
    enrol: (number) =>
      busyWith(guests, async (scan) => {
        const { data } = await expect(201, http.post('/v1/users', {}));
        const { client } = desks[number % desks.length]!;
        await client.enrol(String(data.user_id), [scan]);
        await expect(200, http.delete(`/v1/users/${data.user_id}`));
      }),
    reconnect: () =>
      busyWith(roamers, async (scanner) => {
        await scanner.close();
        await scanner.connect();
      }),
  };
  return {
    hall,
    run: async (doing, number) => void (await doings[doing](number)),
    async close() {
      anonymous.close();
      for (const scanner of roamers) await scanner.close();
    },
  };
}
