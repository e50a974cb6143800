/** Behaviour of the linked-service actor. `health.ts` holds its checks. */
import { limits } from '../../engine/limits.ts';
import type { LinkedServiceRecord } from '../../engine/records.ts';
import { admit, closedBreaker, settleBreaker } from '../../engine/services/breaker.ts';
import { healthStatus } from '../../engine/services/health.ts';
import {
  questionHeaders,
  readVerdict,
  type Unavailable,
  type Verdict,
} from '../../engine/services/question.ts';
import { endFailed } from '../../engine/trace/spans.ts';
import type { Context } from '../context.ts';
import { splitKey } from '../device/state.ts';
import type { Behaviour, Outcome, Self } from '../kernel/types.ts';
import { check, checked, isWatched, watch } from './health.ts';
import {
  type LinkedServiceMessage,
  type LinkedServiceState,
  linkedServiceKind,
  linkedServicePlace,
} from './protocol.ts';

type Message<T extends LinkedServiceMessage['type']> = Extract<LinkedServiceMessage, { type: T }>;

export function linkedServiceBehaviour(
  context: Context,
): Behaviour<LinkedServiceState, LinkedServiceMessage> {
  return {
    kind: linkedServiceKind,
    async load(key) {
      const [tenantId, serviceId] = splitKey(key);
      return fresh(await context.store.get('linkedServices', { tenantId, serviceId }));
    },
    receive(state, message, self) {
      receive(context, state, message, self);
      publish(context, state);
      return state;
    },
    idle: (state) => state.asking.size === 0 && !state.scheduled && !state.checking,
    stateName: (state) => (state.record === null ? 'removed' : state.breaker.state),
    describe: (state) => ({
      service_id: state.record?.serviceId ?? null,
      product_key: state.record?.productKey ?? null,
      health_status: healthStatus(state.health, state.breaker),
      last_health_check_at: state.health.lastCheckAt,
      health_failures: state.health.failures,
      breaker: { ...state.breaker },
      in_flight: state.asking.size,
      watched_until: state.watchedUntil,
      ...state.counts,
    }),
  };
}

function fresh(record: LinkedServiceRecord | null): LinkedServiceState {
  return {
    record,
    moves: 0,
    breaker: closedBreaker,
    health: {
      lastCheckAt: record?.lastHealthCheckAt ?? null,
      failures: record?.healthFailures ?? 0,
      answered: false,
    },
    asking: new Map(),
    checking: false,
    scheduled: false,
    watchedUntil: 0,
    writtenAt: record?.lastHealthCheckAt ?? 0,
    counts: { asked: 0, allowed: 0, denied: 0, refused: 0, unavailable: 0 },
  };
}

function receive(
  context: Context,
  state: LinkedServiceState,
  message: LinkedServiceMessage,
  self: Self<LinkedServiceMessage>,
): void {
  switch (message.type) {
    case 'ask':
      return ask(context, state, message, self);
    case 'asked':
      return asked(context, state, message, self);
    case 'watch':
      return watch(context, state, message.spreadMs, self);
    case 'check':
      return check(context, state, self);
    case 'checked':
      return checked(context, state, message, self);
    case 'written':
      if (!message.outcome.ok) state.writtenAt = 0;
      return;
    case 'changed':
      return changed(context, state, message.record, self);
    case 'removed':
      if (state.record !== null) context.views.serviceHealth.delete(state.record.serviceId);
      state.record = null;
      self.cancelTimer('check');
      state.scheduled = false;
      return self.passivate();
    default:
      message satisfies never;
  }
}

/** What lists read. A service that is gone is forgotten. */
function publish(context: Context, state: LinkedServiceState): void {
  const { record, health, breaker } = state;
  if (record === null) return;
  context.views.serviceHealth.set(record.serviceId, { health, breaker });
  context.changes.tell(record.tenantId, 'service', record.serviceId);
}

function ask(
  context: Context,
  state: LinkedServiceState,
  message: Message<'ask'>,
  self: Self<LinkedServiceMessage>,
): void {
  const { record } = state;
  const { transactionId, patienceMs, reply } = message;
  const cannot = (reason: Unavailable): void => {
    count(context, state, { kind: 'unavailable', reason });
    reply.ok({ verdict: { kind: 'unavailable', reason }, failMode: record?.failMode ?? 'deny' });
  };
  if (record === null) return cannot('service_missing');
  const joined = state.asking.get(transactionId);
  if (joined !== undefined) {
    joined.push(reply);
    return;
  }
  watch(context, state, 0, self);
  if (state.asking.size >= limits.service_in_flight_max) return cannot('busy');
  const { admitted, probe, breaker } = admit(state.breaker, self.now());
  state.breaker = breaker;
  if (!admitted) return cannot('breaker_open');
  state.asking.set(transactionId, [reply]);
  state.counts.asked += 1;
  const timeoutMs = Math.max(1, Math.min(record.timeoutMs, patienceMs));
  const hurried = timeoutMs < record.timeoutMs;
  const { moves } = state;
  self.effect(
    () => traced(context, record, message, timeoutMs),
    (outcome) => ({ type: 'asked', transactionId, moves, probe, hurried, outcome }),
  );
}

/** Under the decision that waits for it; a question that an engine before this one left open begins a trace. */
async function traced(
  context: Context,
  record: LinkedServiceRecord,
  { transactionId, body, trace }: Message<'ask'>,
  timeoutMs: number,
): Promise<Verdict> {
  const span = context.traces.start('linked_service', 'client', trace);
  span.set('thenar.tenant_id', record.tenantId);
  span.set('thenar.linked_service_id', record.serviceId);
  try {
    const asking = { transactionId, body, timeoutMs, trace: span.context };
    const verdict = await question(context, record, asking);
    if (verdict.kind === 'refused') span.set('http.response.status_code', verdict.status);
    span.end(verdict.kind === 'unavailable' ? verdict.reason : undefined);
    return verdict;
  } catch (error) {
    endFailed(span, error);
    throw error;
  }
}

/**
 * A connection that breaks says nothing of whether the question arrived: it is asked once more at once, under the
 * same key, so that a charge is not left without its answer. Everything slower is left to the device's repeat.
 */
async function question(
  context: Context,
  record: LinkedServiceRecord,
  {
    transactionId,
    body,
    timeoutMs,
    trace,
  }: Pick<Message<'ask'>, 'transactionId' | 'body' | 'trace'> & {
    readonly timeoutMs: number;
  },
): Promise<Verdict> {
  const { clock, sealer, serviceSender } = context;
  const key = sealer.of(record.tenantId).open(record.secret, linkedServicePlace(record.serviceId));
  const end = clock.monotonic() + timeoutMs;
  const send = () =>
    serviceSender.send({
      endpoint: `${record.baseUrl}${record.authorizePath}`,
      headers: questionHeaders(key, transactionId, body, clock.now(), trace),
      body,
      wantsBody: true,
      timeoutMs: Math.max(1, end - clock.monotonic()),
    });
  const first = readVerdict(await send());
  const broken = first.kind === 'unavailable' && first.reason === 'unreachable';
  return broken && end > clock.monotonic() ? readVerdict(await send()) : first;
}

function asked(
  context: Context,
  state: LinkedServiceState,
  { transactionId, moves, probe, hurried, outcome }: Message<'asked'>,
  self: Self<LinkedServiceMessage>,
): void {
  const waiting = state.asking.get(transactionId) ?? [];
  state.asking.delete(transactionId);
  const verdict = verdictOf(context, outcome);
  const ok = verdict.kind !== 'unavailable';
  const before = state.breaker.state;
  const here = moves === state.moves;
  const telling = ok || probe || !hurried || verdict.reason !== 'timeout';
  if (here && telling)
    state.breaker = settleBreaker(state.breaker, { ok, probe }, self.now(), context.random);
  if (here && ok) state.health = { ...state.health, answered: true };
  count(context, state, verdict);
  if (before !== state.breaker.state) {
    const { serviceId, tenantId } = state.record ?? {};
    context.log.warn({ serviceId, tenantId, breaker: state.breaker }, 'A circuit breaker changed');
  }
  const failMode = state.record?.failMode ?? 'deny';
  for (const reply of waiting) reply.ok({ verdict, failMode });
}

/** The sender never rejects; a secret that does not open is ours to mend and no answer of the service. */
function verdictOf(context: Context, outcome: Outcome<Verdict>): Verdict {
  if (outcome.ok) return outcome.value;
  context.log.error({ error: outcome.error }, 'A linked service could not be asked');
  return { kind: 'unavailable', reason: 'unreachable' };
}

function count({ meter }: Context, { counts }: LinkedServiceState, verdict: Verdict): void {
  const { kind } = verdict;
  const what = kind !== 'answered' ? kind : verdict.decision === 'allow' ? 'allowed' : 'denied';
  counts[what] += 1;
  meter.serviceAnswers.of(kind === 'unavailable' ? verdict.reason : what).value += 1;
}

/** Another address is another service: what was held against the old one is forgotten. */
function changed(
  context: Context,
  state: LinkedServiceState,
  record: LinkedServiceRecord,
  self: Self<LinkedServiceMessage>,
): void {
  const before = state.record;
  if (before === null || before.version > record.version) return;
  state.record = record;
  const moved =
    before.baseUrl !== record.baseUrl ||
    before.authorizePath !== record.authorizePath ||
    before.healthPath !== record.healthPath;
  if (moved) {
    state.moves += 1;
    state.breaker = closedBreaker;
    state.health = { lastCheckAt: null, failures: 0, answered: false };
  }
  self.cancelTimer('check');
  state.scheduled = false;
  if (moved || isWatched(state, self.now())) watch(context, state, 0, self);
}
