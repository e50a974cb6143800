/** Guesses at every kind of secret, against an engine that is killed: a restart gives nobody new tries. */
import t, { type Test } from 'tap';
import { limits } from '../../engine/limits.ts';
import { PASSWORD } from '../support/accounts.ts';
import type { RestReply } from '../support/node.ts';
import { SpawnedNode } from '../support/spawned.ts';
import { eventually, TestTenant } from '../support/tenant.ts';

const node = await SpawnedNode.start();
const tenant = await TestTenant.create(node);
const email = 'guessed@people.example';
const console_ = { email: tenant.administrator.email, password: tenant.administrator.password };

/** The newest message to somebody, from the outbox of an engine that sends none. */
async function message(to: string): Promise<string> {
  const texts = await eventually(
    async () => {
      const { messages } = (await (await fetch(new URL('/outbox', node.opsUrl))).json()) as {
        readonly messages: readonly { readonly to: string; readonly text: string }[];
      };
      return messages.filter((each) => each.to === to).map(({ text }) => text);
    },
    (found) => found.length > 0,
  );
  return texts[0] ?? '';
}

function grant(body: object): Promise<RestReply> {
  const { client_id } = tenant.client;
  return node.rest('POST', '/v1/auth/token', { body: { client_id, ...body } });
}

function pair(pairing_code: string): Promise<RestReply> {
  const body = { pairing_code, csr: 'none', device_info: { hardware_id: 'x' } };
  return node.rest('POST', '/v1/devices/pair', { body });
}

async function signUp(): Promise<void> {
  const { client_id } = tenant.client;
  await node.rest('POST', '/v1/auth/register', { body: { client_id, email, password: PASSWORD } });
  const [, token] = /token=([\w-]{43})/.exec(await message(email)) ?? [];
  const { status } = await node.rest('GET', `/v1/auth/verify-email?token=${token}`);
  if (status !== 200) throw new Error(`the link gave ${status}`);
}

interface Door {
  readonly wrong: (at: number) => Promise<RestReply>;
  readonly right: () => Promise<RestReply>;
  /** How a wrong guess is answered, and one too many. */
  readonly told: string;
  readonly stopped: string;
  readonly max: number;
  /** Of a window that may end while the test runs: what the right one may be told then. */
  readonly reopened?: string;
}

const mobile = '+966500000001';
let code = '';

const doors: Readonly<Record<string, Door>> = {
  'a password of a user': {
    wrong: (at) => grant({ grant_type: 'password', email, password: `wrong ${at}` }),
    right: () => grant({ grant_type: 'password', email, password: PASSWORD }),
    told: 'invalid_grant',
    stopped: 'too_many_attempts',
    max: limits.login_failures_max,
  },
  'a password of the console': {
    wrong: (at) => node.rest('POST', '/v1/console/login', { body: { ...console_, password: `wrong ${at}` } }),
    right: () => node.rest('POST', '/v1/console/login', { body: console_ }),
    told: 'invalid_credentials',
    stopped: 'too_many_attempts',
    max: limits.login_failures_max,
  },
  'a one-time code': {
    wrong: (at) => grant({ grant_type: 'urn:thenar:otp', mobile, code: `x${at}` }),
    right: () => grant({ grant_type: 'urn:thenar:otp', mobile, code }),
    told: 'invalid_grant',
    stopped: 'too_many_attempts',
    max: limits.login_failures_max,
  },
  'a client secret': {
    wrong: (at) => grant({ grant_type: 'client_credentials', client_secret: `cs_live_${at}` }),
    right: () => grant({ grant_type: 'client_credentials', client_secret: tenant.client.client_secret }),
    told: 'invalid_client',
    stopped: 'rate_limited',
    max: limits.client_secret_failures_per_address_max,
  },
  'a pairing code': {
    wrong: () => pair('yyyy-yyyy-y'),
    right: () => pair(pairingCode),
    told: 'pairing_code_invalid',
    stopped: 'rate_limited',
    max: limits.pairing_guesses_per_address_per_min,
    reopened: 'csr_invalid',
  },
};
const { pairing_code: pairingCode } = await tenant.register();
await signUp();
await tenant.must('POST', '/v1/users', { mobile });
await node.rest('POST', '/v1/auth/otp/send', { body: { client_id: tenant.client.client_id, mobile } });
code = /\b(\d{6})\b/.exec(await message(mobile))?.[1] ?? '';

/** What a machine with too much to do answers, whatever the guess. */
const saysNothing: readonly (string | null)[] = ['engine_busy', 'deadline_exceeded', 'unavailable', null];

/** Guesses at once that hardly keep each other out. */
const FEW = 8;

/** Answers in the order of asking; null where the connection ended first. */
function burst(door: Door, count: number): Promise<readonly (string | null)[]> {
  return Promise.all(
    Array.from({ length: count }, (_, at) =>
      door.wrong(at).then(
        (reply) => reply.code,
        () => null,
      ),
    ),
  );
}

/** Wrong guesses that were told so, in all lives of the engine. */
const heard: Record<string, number> = {};

function count(name: string, answers: readonly (string | null)[]): void {
  const { told } = doors[name]!;
  heard[name] = (heard[name] ?? 0) + answers.filter((answer) => answer === told).length;
}

function isShut(
  t: Test,
  name: string,
  { stopped, reopened }: Door,
  { code: said, headers }: RestReply,
): void {
  if (said !== null && said === reopened) return;
  t.equal(said, stopped, name);
  t.ok(Number(headers.get('retry-after')) >= 1, name);
}

t.test('an engine that is killed among guesses has counted those it answered', async (t) => {
  // Few enough that no door closes.
  const few = Object.entries(doors).map(async ([name, door]) => count(name, await burst(door, 4)));
  const killed = few[0]!.then(() => node.kill());
  await Promise.all([...few, killed]);
  await node.start();
  t.ok(Object.values(heard).some((each) => each > 0));
});

t.test('a hundred guesses at once get no more tries than the limit, all lives together', async (t) => {
  for (const [name, door] of Object.entries(doors)) {
    // The node lets in so many at once; who was refused as busy has guessed nothing, and goes on until it is stopped.
    let answers: readonly (string | null)[] = [];
    for (let round = 0; round <= door.max && !answers.includes(door.stopped); round += 1) {
      answers = await burst(door, round === 0 ? Math.max(100, door.max + 50) : FEW);
      count(name, answers);
      const others = new Set(answers.filter((answer) => answer !== door.told));
      for (const expected of [door.stopped, ...saysNothing]) others.delete(expected);
      t.same([...others], [], `${name}: nothing else is said`);
    }
    const windows = door.reopened === undefined ? 1 : 2;
    t.ok((heard[name] ?? 0) <= windows * door.max, `${name}: ${heard[name]} of ${door.max}`);
    isShut(t, `${name}: the right one is not looked at`, door, await door.right());
  }
});

t.test('after another kill every door is as it was', async (t) => {
  await node.kill();
  await node.start();
  for (const [name, door] of Object.entries(doors)) {
    isShut(t, name, door, await door.right());
  }
});

t.test('who did not guess is let in', async (t) => {
  const made = await node.platform('GET', '/v1/admin/tenants');
  t.equal(made.status, 200, 'the platform’s administrator');
  const other = await TestTenant.create(node);
  t.equal(
    (await other.call('GET', '/v1/users/00000000-0000-4000-8000-000000000000')).status,
    404,
    'another client',
  );
});
