/** A linked service: one question a purchase, whatever is repeated or cut off; its breaker only steps as it may. */
import { linkedServiceCommands } from '../../../actors/commands/linked-services.ts';
import { transactionCommands } from '../../../actors/commands/transactions.ts';
import { linkedServiceBehaviour } from '../../../actors/linked-service/behaviour.ts';
import { linkedServiceKey, linkedServiceKind } from '../../../actors/linked-service/protocol.ts';
import { resolveOverdueIntents, resumeIntents } from '../../../actors/transactions/resume.ts';
import { limits } from '../../../engine/limits.ts';
import type { HttpReply, HttpSender, OutboundRequest } from '../../../engine/outbound/send.ts';
import type { Matcher } from '../../../engine/ports.ts';
import type { LinkedServiceRecord } from '../../../engine/records.ts';
import { type Breaker, closedBreaker } from '../../../engine/services/breaker.ts';
import { noSpan } from '../../../engine/trace/spans.ts';
import type { Model, Trial } from '../harness.ts';
import type { EngineLife } from '../life.ts';
import { deviceId, deviceRow, palmRow, tenantId, tenantRow, userId, userRow } from '../rows.ts';

const serviceId = '55555555-5555-4555-8555-555555555555';

const serviceRow: LinkedServiceRecord = {
  serviceId,
  tenantId,
  productKey: 'shop',
  baseUrl: 'https://shop.example.com',
  authorizePath: '/authorize',
  healthPath: '/health',
  timeoutMs: 1_000,
  failMode: 'deny',
  secret: new Uint8Array(24),
  lastHealthCheckAt: null,
  healthFailures: 0,
  version: 1,
  createdAt: 0,
};
const palm = palmRow(userId);

function begin(trial: Trial) {
  const { store, random, clock, world } = trial;
  store.apply({
    tenantId,
    writes: [
      { insert: 'tenants', row: tenantRow() },
      { insert: 'devices', row: deviceRow({ boundProduct: 'shop' }) },
      { insert: 'users', row: userRow(userId) },
      { insert: 'palms', row: palm },
      { insert: 'linkedServices', row: serviceRow },
    ],
  });
  let mode: 'up' | 'slow' | 'down' | 'flaky' = 'up';
  /** The question that each purchase was asked as, and what the service made of it. */
  const asked = new Map<string, string>();
  const charged = new Set<string>();
  /** What the till was told. */
  const told = new Map<string, string>();
  let breaker: Breaker = closedBreaker;
  /** What was known of the service is gone: with its actor's state, or because it moved. */
  let forgets = false;
  /** Questions that each address did not answer. */
  const broke = new Set<string>();
  const unanswered = new Map<string, number>();
  let underWay = 0;

  store.committed = (before) => {
    const [was] = (before.get('linkedServices') ?? []) as unknown as readonly LinkedServiceRecord[];
    if (was !== undefined && was.baseUrl !== store.table('linkedServices')[0]!.baseUrl) forgets = true;
  };
  const answer = (): HttpReply => {
    const good = mode === 'up' || mode === 'slow' || (mode === 'flaky' && random.chance(0.5));
    if (!good)
      return random.chance(0.5) ? { error: 'ECONNRESET' } : { status: 503, retryAfter: undefined, body: '' };
    return { status: 200, retryAfter: undefined, body: JSON.stringify({ decision: 'allow' }) };
  };
  const serviceSender: HttpSender = {
    async send({ endpoint, method, headers, body, timeoutMs }: OutboundRequest) {
      const key = headers['Idempotency-Key'];
      const lasts = mode === 'slow' ? random.fraction() * 2_000 : random.fraction() * 80;
      if (method !== 'GET' && key !== undefined) {
        const { purchase } = (JSON.parse(body) as { context: { purchase: string } }).context;
        const before = asked.get(purchase);
        if (before !== undefined && before !== key) trial.broken('a purchase was asked for under two keys');
        asked.set(purchase, key);
        if (!store.table('transactions').some(({ transactionId }) => transactionId === key))
          trial.broken('a question was asked before its commit');
        underWay += 1;
        if (underWay > limits.service_in_flight_max) trial.broken('too many questions at once');
        // A connection that broke is tried once more, whatever was learnt meanwhile.
        const again = broke.delete(key);
        if (!again && breaker.state === 'open' && clock.now() < breaker.retryAt)
          trial.broken('asked through an open breaker');
        trial.note('asked');
      }
      const here = trial.lives;
      await world.sleep(Math.min(lasts, timeoutMs));
      const reply: HttpReply = lasts > timeoutMs ? { error: 'timeout' } : answer();
      if (method !== 'GET' && key !== undefined) {
        if (here === trial.lives) underWay -= 1;
        // It charges whether or not its answer arrives in time, once for each key.
        if (lasts > timeoutMs || 'status' in reply) charged.add(key);
        if ('error' in reply && reply.error !== 'timeout') broke.add(key);
        if ('error' in reply || reply.status !== 200) {
          const { origin } = new URL(endpoint);
          unanswered.set(origin, (unanswered.get(origin) ?? 0) + 1);
        }
      }
      return reply;
    },
    close() {},
  };
  const matcher = {
    identify: async () => ({
      ok: true,
      value: [{ palmId: palm.palmId, userId, hand: 'right', scores: [0.9], fused: 0.9 }],
    }),
  } as unknown as Matcher;

  let tills: ReturnType<typeof transactionCommands> | null = null;
  const buy = (purchase: string): void => {
    trial.call(`till ${random.below(3)}`, async ({ context }) => {
      tills ??= transactionCommands(context);
      const scan = { format: 'template', model: 'm', data: Uint8Array.of(1), palmType: 'right' } as const;
      const input = { idempotencyKey: purchase, scan, context: { purchase } };
      const { decision } = await tills.create(till(trial), input as never);
      const before = told.get(purchase);
      if (before !== undefined && before !== decision)
        trial.broken(`a till was told ${before}, then ${decision}`);
      told.set(purchase, decision);
      trial.note(`told ${decision}`);
    });
  };
  let purchases = 0;
  const next = (): string => {
    purchases += 1;
    return `p${purchases}`;
  };
  const watch = (now: Breaker): void => {
    const forgot = breaker.state === 'open' && now.state === 'closed' && forgets;
    if (forgot) forgets = false;
    else if (now !== breaker && !mayFollow(breaker, now)) {
      trial.broken(`the breaker went from ${JSON.stringify(breaker)} to ${JSON.stringify(now)}`);
    }
    if (breaker.state === 'closed' && now.state === 'open') {
      const failed = Math.max(0, ...unanswered.values());
      if (failed < limits.service_breaker_failures_max)
        trial.broken('a breaker opened for what another address did');
    }
    if (now.state !== breaker.state) trial.note(`breaker ${now.state}`);
    breaker = now;
  };
  const update = (set: object, after = (_ok: boolean) => {}): void => {
    trial.call(
      'operator',
      ({ context }) => linkedServiceCommands(context).update(till(trial), serviceId, set),
      () => after(true),
      () => after(false),
    );
  };
  /** An operator tries again a few times; then it is broken. */
  const mend = (tries: number): void => {
    if (tries === 0) return trial.broken('a linked service cannot be changed any more');
    update({ timeoutMs: 900 }, (ok) => !ok && mend(tries - 1));
  };
  return {
    outside: { serviceSender, matcher },
    register: (context: EngineLife['context']) => {
      const { serviceHealth } = context.views;
      const set = serviceHealth.set.bind(serviceHealth);
      serviceHealth.set = (id, health) => {
        watch(health.breaker);
        return set(id, health);
      };
      context.directory.register(linkedServiceBehaviour(context));
    },
    start: async (context: EngineLife['context']) => {
      const { views } = context;
      views.tenants.set(tenantId, tenantRow());
      views.linkedServices.set(tenantId, await context.store.list('linkedServices', { where: { tenantId } }));
      void resumeIntents(context).catch(() => undefined);
    },
    upkeep: resolveOverdueIntents,
    actions: [
      [10, () => buy(next())],
      [6, () => buy(`p${1 + random.below(Math.max(1, purchases))}`)],
      [
        0.2,
        () => {
          for (let one = 40; one > 0; one -= 1) buy(next());
        },
      ],
      [
        0.5,
        () => {
          mode = 'up';
        },
      ],
      [
        1,
        () => {
          mode = random.pick(['slow', 'down', 'down', 'flaky']);
        },
      ],
      [1, () => update({ baseUrl: `https://shop${random.below(9)}.example.com` })],
    ] as const,
    actors: () => [[linkedServiceKind.name, linkedServiceKey(tenantId, serviceId)]] as const,
    restarted: () => {
      forgets = true;
    },
    lifeOver: () => {
      tills = null;
      underWay = 0;
      breaker = closedBreaker;
    },
    recover: () => {
      mode = 'up';
      mend(5);
    },
    atRest: () => store.table('transactionIntents').length === 0,
    check: () => {
      for (const { transactionId, state, decision, context } of store.table('transactions')) {
        const purchase = String(context.purchase);
        if (state !== 'decided') trial.broken('a purchase has no decision');
        const heard = told.get(purchase);
        if (heard !== undefined && heard !== decision)
          trial.broken(`told ${heard}, and the log says ${decision}`);
        if (charged.has(transactionId) && decision === 'deny') trial.note('charged and denied');
      }
      const kept = store.table('transactions').map(({ context }) => context.purchase);
      if (new Set(kept).size !== kept.length) trial.broken('a purchase has two transactions');
    },
  };
}

/** A breaker opens for a reason and closes by a probe; another address begins with a closed one. */
function mayFollow(before: Breaker, after: Breaker): boolean {
  switch (after.state) {
    case 'closed':
      if (before.state === 'closed') return after.failures === 0 || after.failures === before.failures + 1;
      return before.state === 'half_open' && after.failures === 0;
    case 'open':
      return before.state === 'half_open'
        ? after.openings === before.openings + 1
        : before.state === 'closed' && before.failures === limits.service_breaker_failures_max - 1;
    case 'half_open':
      return before.state === 'open' && after.openings === before.openings;
    default:
      return after satisfies never;
  }
}

function till({ deadline }: Trial) {
  const call = {
    requestId: 'r',
    address: 'a',
    actor: `device/${deviceId}`,
    span: noSpan,
    fingerprint: 'f',
    tenantId,
  };
  return { ...call, kind: 'device', deviceId, deadline } as never;
}

export const linkedServiceModel: Model = {
  kind: linkedServiceKind.name,
  seeds: 120,
  actions: 24,
  expected: [
    'asked',
    'told allow',
    'told deny',
    'breaker open',
    'breaker half_open',
    'killed',
    'restarted',
    'restart true',
  ],
  begin,
};
