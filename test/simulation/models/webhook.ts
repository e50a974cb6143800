/** An endpoint: every event at least once, a subject's in order, none too soon, and the log says what happened. */
import { resumeDeliveries } from '../../../actors/boot/resume.ts';
import { webhookCommands } from '../../../actors/commands/webhooks.ts';
import { webhookBehaviour } from '../../../actors/webhook/behaviour.ts';
import { emit } from '../../../actors/webhook/emit.ts';
import { webhookKey, webhookKind } from '../../../actors/webhook/protocol.ts';
import { limits } from '../../../engine/limits.ts';
import type { HttpReply, HttpSender, OutboundRequest } from '../../../engine/outbound/send.ts';
import type { DeliveryRecord, WebhookRecord } from '../../../engine/records.ts';
import type { Model, Trial } from '../harness.ts';
import type { EngineLife } from '../life.ts';
import { tenantId } from '../rows.ts';

const webhookId = '44444444-4444-4444-8444-444444444444';
const SUBJECTS = ['one', 'two', 'three'];
const HANGS_MS = 3_000;

const webhookRow: WebhookRecord = {
  webhookId,
  tenantId,
  name: 'hook',
  endpoint: 'https://hooks.example.com/1',
  events: ['user.suspended'],
  status: 'active',
  secret: new Uint8Array(24),
  previousSecret: null,
  previousSecretUntil: null,
  apiKey: null,
  version: 1,
  createdAt: 0,
};

function begin(trial: Trial) {
  const { store, random, clock, world } = trial;
  store.apply({ tenantId, writes: [{ insert: 'webhooks', row: webhookRow }] });
  const rows = (): readonly DeliveryRecord[] => store.table('deliveries');
  const webhook = (): WebhookRecord => store.table('webhooks')[0]!;
  /** What the endpoint answered to each delivery. */
  const given = new Map<string, (number | string)[]>();
  /** Nobody can know whether what they did was kept. */
  const uncertain = new Set<string>();
  let mode: 'up' | 'flaky' | 'down' | 'gone' = 'up';
  let sending = new Set<string>();

  store.lost = ({ writes }) => {
    for (const write of writes) {
      const { deliveryId } = ('where' in write ? write.where : {}) as { deliveryId?: unknown };
      if (typeof deliveryId === 'string') uncertain.add(deliveryId);
    }
  };
  const answer = (): HttpReply => {
    const ok: HttpReply = { status: 200, retryAfter: undefined, body: '' };
    switch (mode) {
      case 'up':
        return ok;
      case 'gone':
        return { ...ok, status: 410 };
      case 'down':
        return random.chance(0.5) ? { error: 'ECONNRESET' } : { ...ok, status: 503, retryAfter: '7' };
      case 'flaky':
        return random.chance(0.5) ? ok : { error: 'timeout' };
      default:
        return mode satisfies never;
    }
  };
  const arrived = (row: DeliveryRecord | undefined): void => {
    if (row === undefined) return trial.broken('a delivery was attempted that is not there');
    const { deliveryId, subject, sequence = 0 } = row;
    if (sending.has(deliveryId)) trial.broken('a delivery was on its way twice');
    if (sending.size >= limits.webhook_in_flight_per_endpoint_max) trial.broken('too many were on their way');
    const earlier = rows().some(
      (one) => one.subject === subject && one.status === 'pending' && (one.sequence ?? 0) < sequence,
    );
    if (earlier) trial.broken('an event overtook an earlier one of its subject');
    if (uncertain.has(deliveryId)) return;
    if (row.status !== 'pending') trial.broken(`a delivery that was ${row.status} was attempted`);
    if (row.nextAttemptAt > clock.now()) trial.broken('a delivery was attempted before its time');
  };
  const sender: HttpSender = {
    async send({ headers }: OutboundRequest) {
      const deliveryId = String(headers['X-Link-Delivery']);
      arrived(rows().find((one) => one.deliveryId === deliveryId));
      const here = sending.add(deliveryId);
      await world.sleep(random.chance(0.05) ? HANGS_MS : random.fraction() * 100);
      here.delete(deliveryId);
      const reply = answer();
      const said = 'status' in reply ? reply.status : reply.error;
      given.set(deliveryId, [...(given.get(deliveryId) ?? []), said]);
      trial.note(`answered ${said}`);
      return reply;
    },
    close() {},
  };
  const happen = (): void => {
    trial.call(random.pick(['a', 'b']), async ({ context }) => {
      const userId = random.pick(SUBJECTS);
      const data = { userId, externalUserId: null, reason: null, changedAt: clock.now() };
      const { writes, wake } = emit(context, tenantId, 'user.suspended', data);
      await context.store.commit({ tenantId, writes });
      wake();
    });
  };
  const update = (
    set: { readonly status?: 'active' | 'disabled'; readonly endpoint?: string },
    after = (_ok: boolean) => {},
  ) => {
    trial.call(
      'operator',
      ({ context }) => webhookCommands(context).update(operator(trial), webhookId, set),
      () => after(true),
      () => after(false),
    );
  };
  /** An operator tries again a few times; then it is broken. */
  const mend = (tries: number): void => {
    if (tries === 0) return trial.broken('a webhook cannot be changed any more');
    update({ status: 'active' }, (ok) => !ok && mend(tries - 1));
    update({ endpoint: 'https://hooks.example.com/2' });
  };
  return {
    outside: { sender },
    register: (context: EngineLife['context']) => context.directory.register(webhookBehaviour(context)),
    start: async (context: EngineLife['context']) => {
      context.views.webhooks.set(tenantId, await context.store.list('webhooks', { where: { tenantId } }));
      await resumeDeliveries(context);
    },
    upkeep: resumeDeliveries,
    actions: [
      [12, happen],
      [
        1,
        () => {
          mode = 'up';
        },
      ],
      [
        1,
        () => {
          mode = random.pick(['flaky', 'down', 'flaky', 'gone']);
        },
      ],
      [1, () => update({ status: random.pick(['active', 'active', 'disabled']) })],
      [1, () => update({ endpoint: `https://hooks.example.com/${random.below(9)}` })],
    ] as const,
    actors: () => [[webhookKind.name, webhookKey(tenantId, webhookId)]] as const,
    lifeOver: () => {
      sending = new Set();
    },
    recover: () => {
      mode = 'up';
      mend(5);
    },
    atRest: () => webhook().status === 'active' && rows().every(({ status }) => status !== 'pending'),
    check: () => {
      for (const { deliveryId, status, attempts, lastStatus, lastError } of rows()) {
        const said = given.get(deliveryId) ?? [];
        if (!said.includes(lastStatus ?? lastError ?? 'nothing'))
          trial.broken('the log says what nobody answered');
        if (attempts > limits.webhook_attempts_max) trial.broken(`${attempts} attempts`);
        if (status === 'delivered' && !said.includes(200)) trial.broken('delivered, says the log alone');
        if (status === 'failed' && lastStatus !== 410 && attempts < limits.webhook_attempts_max)
          trial.broken('given up too soon');
        trial.note(`${status}${said.filter((one) => one === 200).length > 1 ? ' twice' : ''}`);
      }
    },
  };
}

function operator({ deadline }: Trial) {
  return {
    requestId: 'r',
    address: 'a',
    actor: 'client/x',
    tenantId,
    deadline,
    kind: 'client',
    clientId: 'x',
  } as never;
}

export const webhookModel: Model = {
  kind: webhookKind.name,
  seeds: 200,
  actions: 20,
  expected: [
    'delivered',
    'delivered twice',
    'failed',
    'answered 410',
    'answered timeout',
    'killed',
    'restarted',
    'restart true',
  ],
  begin,
};
