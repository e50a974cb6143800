/** What waits for a device: challenges and other pushes, each with its sequence. */
import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { evolveChallenge, isOpen, newChallenge } from '../../engine/identity/challenge.ts';
import { assertDeviceUsable } from '../../engine/identity/device.ts';
import { assertDeviceClass } from '../../engine/identity/device_class.ts';
import { limits } from '../../engine/limits.ts';
import type { Write } from '../../engine/ports.ts';
import { challengeKey, challengeKind } from '../challenge/protocol.ts';
import { newChallengeState } from '../challenge/state.ts';
import type { Context } from '../context.ts';
import type { Self } from '../kernel/types.ts';
import { handsOf } from '../palms/rules.ts';
import { withStanding } from '../palms/standing.ts';
import { configurationStored, configurationUnderWay, oweConfiguration } from './configuration.ts';
import { underWay } from './order.ts';
import type { DeviceLink, DeviceMessage, Push, PushBody } from './protocol.ts';
import { cancelRevoked } from './row.ts';
import { flushLater } from './session.ts';
import { type DeviceState, outboxRow } from './state.ts';

type Message<T extends DeviceMessage['type']> = Extract<DeviceMessage, { type: T }>;
type PresentPush = Message<'challenge_committed'>['push'];

/** Decides a challenge and commits it with its push; nobody hears of it before that. */
export function createChallenge(
  context: Context,
  state: DeviceState,
  message: Message<'create_challenge'>,
  self: Self<DeviceMessage>,
): DeviceState {
  assertDeviceUsable(state.record);
  assertDeviceClass(
    context.views.tenant(state.record.tenantId).config,
    state.record.deviceClass,
    'challenge',
  );
  if (state.pending.size + state.creating >= limits.challenges_pending_per_device_max) {
    throw new ThenarError('limit_reached', 'Too many challenges wait for this device.', {
      details: { limit: limits.challenges_pending_per_device_max },
    });
  }
  const now = self.now();
  const challenge = newChallenge(context.random.uuid(), message.draft, state.record, now);
  const push = { seq: nextSeq(state), method: 'challenge.present', challenge } as const;
  state.creating += 1;
  const { tenantId, challengeId, type, userId, deviceId, palmType } = challenge;
  const writes = pushWrites(state, push, now);
  const { version } = state.record;
  const details = { challenge_id: challengeId, type, device_id: deviceId };
  self.effect(
    () =>
      withStanding(
        context,
        { tenantId, userId, hands: palmType === null ? [] : handsOf(palmType) },
        (check) =>
          context.store.commit({
            tenantId,
            writes: [check, { insert: 'challenges', row: challenge }, ...writes],
            audit: [{ eventType: 'challenge_created', actor: message.actor, userId, details }],
          }),
      ),
    (outcome) => ({
      type: 'challenge_committed',
      push,
      trace: message.trace,
      version,
      reply: message.reply,
      outcome,
    }),
  );
  return state;
}

export function challengeCommitted(
  context: Context,
  state: DeviceState,
  message: Message<'challenge_committed'>,
  self: Self<DeviceMessage>,
): DeviceState {
  state.creating -= 1;
  const { challenge } = message.push;
  if (!message.outcome.ok) {
    message.reply.fail(message.outcome.error);
    if (isThenarError(message.outcome.error, 'unavailable')) lookLater(state, challenge.challengeId, self);
    return state;
  }
  settle(state, message);
  context.traces.challengeCreated(challenge.challengeId, message.trace);
  takeUp(context, state, message.push);
  message.reply.ok(challenge);
  return state;
}

/** A committed challenge begins to live: it waits for its scanner, which sees it now when it is connected. */
function takeUp(context: Context, state: DeviceState, push: PresentPush): void {
  const { challenge } = push;
  const presented =
    state.session === null
      ? challenge
      : evolveChallenge(challenge, { type: 'presented', at: context.clock.now() });
  state.pending.set(challenge.challengeId, presented);
  context.directory.adopt(challengeKind, challengeKey(challenge), newChallengeState(challenge));
  // Revoked while this was being committed.
  if (state.record.status === 'revoked') cancelRevoked(context, challenge);
  remember(state, push);
  if (state.session === null) return;
  deliver(context, state.session.link, { ...push, challenge: presented });
  context.directory.tell(challengeKind, challengeKey(challenge), { type: 'presented' });
}

/**
 * The commit of a challenge ended without anybody knowing how. Its caller was told `unavailable`; if the row is there
 * all the same, the challenge must be presented and expire like every other.
 */
function lookLater(state: DeviceState, challengeId: string, self: Self<DeviceMessage>): void {
  state.creating += 1;
  self.timer(`uncertain/${challengeId}`, limits.commit_wait_ms, { type: 'challenge_uncertain', challengeId });
}

export function challengeUncertain(
  context: Context,
  state: DeviceState,
  { challengeId }: Message<'challenge_uncertain'>,
  self: Self<DeviceMessage>,
): DeviceState {
  const { tenantId, deviceId } = state.record;
  self.effect(
    () => context.store.get('challenges', { tenantId, deviceId, challengeId }),
    (outcome) => ({ type: 'challenge_found', challengeId, outcome }),
  );
  return state;
}

export function challengeFound(
  context: Context,
  state: DeviceState,
  message: Message<'challenge_found'>,
  self: Self<DeviceMessage>,
): DeviceState {
  state.creating -= 1;
  const { outcome, challengeId } = message;
  if (!outcome.ok) {
    lookLater(state, challengeId, self);
    return state;
  }
  const challenge = outcome.value;
  if (challenge === null || !isOpen(challenge) || state.pending.has(challengeId)) return state;
  state.pending.set(challengeId, challenge);
  context.directory.adopt(challengeKind, challengeKey(challenge), newChallengeState(challenge));
  if (state.record.status === 'revoked') cancelRevoked(context, challenge);
  // Its own sequence has been passed by others meanwhile, so it gets one anew.
  return sendPush(context, state, { method: 'challenge.present', challenge }, self);
}

/** A challenge ended: the device is told when it did not end it itself. */
export function challengeOver(
  context: Context,
  state: DeviceState,
  message: Message<'challenge_over'>,
  self: Self<DeviceMessage>,
): DeviceState {
  const { challengeId } = message;
  if (!state.pending.delete(challengeId) && message.ifWaiting === true) return state;
  for (const push of state.outbox) {
    if (push.method === 'challenge.present' && push.challenge.challengeId === challengeId) {
      state.acknowledged.push(push.seq);
    }
  }
  state.outbox = state.outbox.filter(
    (push) => push.method !== 'challenge.present' || push.challenge.challengeId !== challengeId,
  );
  if (state.acknowledged.length > 0) {
    flushLater(state, self);
  }
  if (message.tell === null || state.record.status !== 'paired') return state;
  return sendPush(context, state, { method: 'challenge.cancel', challengeId, reason: message.tell }, self);
}

/** Gives a push its sequence, stores it, and sends it once it is stored. */
export function sendPush(
  context: Context,
  state: DeviceState,
  body: PushBody,
  self: Self<DeviceMessage>,
): DeviceState {
  if (isOverAlready(state, body)) return state;
  const push: Push = { ...body, seq: nextSeq(state) };
  const writes = pushWrites(state, push, self.now());
  const { version } = state.record;
  state.pushing += 1;
  if (push.method === 'config.update') configurationUnderWay(state, push.seq);
  self.effect(
    () => context.store.commit({ tenantId: state.record.tenantId, writes }),
    (outcome) => ({ type: 'push_committed', push, version, outcome }),
  );
  return state;
}

export function pushCommitted(
  context: Context,
  state: DeviceState,
  message: Message<'push_committed'>,
  self: Self<DeviceMessage>,
): DeviceState {
  const { push, outcome } = message;
  state.pushing -= 1;
  if (!outcome.ok) {
    context.log.warn({ method: push.method, error: outcome.error }, 'A push could not be stored');
    // Without a session nobody misses it, but for settings: the next session.open shows what stands then.
    if (push.method === 'config.update') oweConfiguration(state, self);
    else if (state.session !== null) {
      const { seq, ...body } = push;
      self.timer(`push/${seq}`, limits.commit_wait_ms, { type: 'push', body: body as PushBody });
    }
    return state;
  }
  settle(state, message);
  if (push.method === 'config.update') configurationStored(state, push.seq);
  if (isOverAlready(state, push)) {
    state.acknowledged.push(push.seq);
    flushLater(state, self);
    return state;
  }
  remember(state, push);
  if (state.session !== null) deliver(context, state.session.link, push);
  if (push.method === 'challenge.present' && state.session !== null) {
    context.directory.tell(challengeKind, challengeKey(push.challenge), { type: 'presented' });
  }
  return state;
}

/** Sends what is stored; a challenge on its way to its scanner is a span of the trace that it belongs to. */
export function deliver({ traces }: Context, link: DeviceLink, push: Push): void {
  if (push.method === 'challenge.present') link.push(push, traces.present(push.challenge));
  else link.push(push);
}

/** A challenge that ended while its push was being stored, or waited to be tried again, is not shown any more. */
function isOverAlready(state: DeviceState, body: PushBody): boolean {
  return body.method === 'challenge.present' && !state.pending.has(body.challenge.challengeId);
}

/** Commits of one tenant end in the order of their sequences; one that failed leaves a gap that nobody is told of. */
function settle(
  state: DeviceState,
  { push, version }: { readonly push: Push; readonly version: number },
): void {
  state.settledSeq = Math.max(state.settledSeq, push.seq);
  state.committedVersion = Math.max(state.committedVersion, version);
}

function nextSeq(state: DeviceState): number {
  state.record = { ...state.record, seq: state.record.seq + 1, version: state.record.version + 1 };
  underWay(state, state.record.seq);
  return state.record.seq;
}

/** The oldest pushes go when a scanner stays away: a scanner behind them starts over from `pending`. */
function remember(state: DeviceState, push: Push): void {
  state.outbox.push(push);
  if (state.outbox.length <= limits.device_outbox_max) return;
  const dropped = state.outbox.shift();
  if (dropped === undefined) return;
  state.droppedSeq = dropped.seq;
  state.acknowledged.push(dropped.seq);
}

function pushWrites(state: DeviceState, push: Push, now: number): Write[] {
  const { deviceId, seq, version } = state.record;
  return [
    { insert: 'deviceOutbox', row: outboxRow(state.record, push, now) },
    // Only ever forwards: a slower writer that believes it owns this device changes nothing.
    {
      update: 'devices',
      where: { deviceId, version: { lt: version } },
      set: { seq, version },
      otherwise: 'version_conflict',
    },
  ];
}
