/** The live session: opening with resume, acknowledgements, closing. */
import { assertDeviceUsable, isRenewalDue } from '../../engine/identity/device.ts';
import { limits } from '../../engine/limits.ts';
import { palmModels } from '../../engine/palm/models.ts';
import type { Write } from '../../engine/ports.ts';
import { challengeKey, challengeKind } from '../challenge/protocol.ts';
import type { Context } from '../context.ts';
import type { Self } from '../kernel/types.ts';
import { deliver, sendPush } from './challenges.ts';
import { tellChangedConfiguration } from './configuration.ts';
import { closeCodes, type DeviceMessage } from './protocol.ts';
import type { DeviceState } from './state.ts';

type Message<T extends DeviceMessage['type']> = Extract<DeviceMessage, { type: T }>;

/** One live connection per device: a newer one takes over. */
export function openSession(
  context: Context,
  state: DeviceState,
  message: Message<'open_session'>,
  self: Self<DeviceMessage>,
): DeviceState {
  assertDeviceUsable(state.record);
  const now = self.now();
  state.session?.link.close(closeCodes.takenOver, 'a newer connection of this device took over');
  const sessionId = context.random.uuid();
  const { record } = state;
  const resumed =
    message.epoch === context.deployment.epoch &&
    message.lastSeq !== null &&
    message.lastSeq >= state.droppedSeq &&
    message.lastSeq <= state.settledSeq;
  // What it was sent and has not acknowledged goes, and nothing in `pending` stands for settings.
  const missed = !resumed && state.outbox.some((push) => push.method === 'config.update');
  // Not `record.seq`: what is being committed right now is yet to be pushed, to this session.
  const received = resumed ? (message.lastSeq ?? 0) : state.settledSeq;
  for (const push of state.outbox) if (push.seq <= received) state.acknowledged.push(push.seq);
  state.outbox = state.outbox.filter((push) => push.seq > received);
  // A challenge is either in `pending` or replayed, never both.
  const replayed = new Set(
    state.outbox.flatMap((push) => (push.method === 'challenge.present' ? [push.challenge.challengeId] : [])),
  );
  const pending = [...state.pending.values()]
    .filter((challenge) => !replayed.has(challenge.challengeId))
    .map((challenge) => context.views.challenges.get(challenge.challengeId) ?? challenge);
  state.session = {
    sessionId,
    link: message.link,
    fingerprint: message.fingerprint,
    since: now,
    remindedAt: null,
  };
  state.record = { ...record, lastSeenAt: now };
  context.views.devices.set(record.deviceId, state.record);
  context.views.connections.set(record.deviceId, {
    tenantId: record.tenantId,
    deviceId: record.deviceId,
    since: now,
  });
  for (const challenge of state.pending.values()) {
    context.directory.tell(challengeKind, challengeKey(challenge), { type: 'presented' });
  }
  message.reply.ok({
    sessionId,
    epoch: context.deployment.epoch,
    lastSeq: received,
    resumed,
    device: state.record,
    heartbeatS: limits.heartbeat_s,
    model: palmModels[context.deployment.palmModel].version,
    pending,
  });
  for (const push of state.outbox) deliver(context, message.link, push);
  context.lastSeen.note(state.record, now);
  if (state.acknowledged.length > 0) flushLater(state, self);
  const { lastSeenAt } = record;
  return remindToRenew(context, tellChangedConfiguration(context, state, { lastSeenAt, missed }, self), self);
}

/**
 * A certificate inside its renewal window: the scanner is told on every connection, and once a day while it stays
 * connected, until it has renewed.
 */
export function remindToRenew(context: Context, state: DeviceState, self: Self<DeviceMessage>): DeviceState {
  const { session } = state;
  const { certificateExpiresAt: expiresAt, status } = state.record;
  if (session === null || status !== 'paired' || expiresAt === null) return state;
  const now = self.now();
  if (!isRenewalDue(expiresAt, context.deployment.devicePolicy, now)) return state;
  if (session.remindedAt !== null && now - session.remindedAt < limits.renewal_reminder_ms) return state;
  session.remindedAt = now;
  if (state.outbox.some((push) => push.method === 'certificate.renew_due')) return state;
  return sendPush(context, state, { method: 'certificate.renew_due', expiresAt }, self);
}

export function acknowledge(
  state: DeviceState,
  message: Message<'acknowledge'>,
  self: Self<DeviceMessage>,
): DeviceState {
  if (state.session?.sessionId !== message.sessionId) return state;
  const before = state.outbox.length;
  state.outbox = state.outbox.filter((push) => push.seq !== message.seq);
  if (state.outbox.length === before) return state;
  state.acknowledged.push(message.seq);
  flushLater(state, self);
  return state;
}

/**
 * Acknowledged pushes leave the table together, a little later. The moments are few, so that scanners of one tenant
 * come at the same one and their removals are one transaction.
 */
export function flushLater(state: DeviceState, self: Self<DeviceMessage>): void {
  // Not again: a scanner that is always at work would put it off for ever.
  if (state.flushDue) return;
  state.flushDue = true;
  const together = limits.device_flush_together_ms;
  const wait = limits.device_flush_ms - (self.now() % together);
  self.timer('flush', wait, { type: 'flush_acknowledged' });
}

export function flushAcknowledged(
  context: Context,
  state: DeviceState,
  self: Self<DeviceMessage>,
): DeviceState {
  state.flushDue = false;
  if (state.flushing) return state;
  state.flushing = true;
  const seqs = state.acknowledged;
  state.acknowledged = [];
  state.record = { ...state.record, version: state.record.version + 1 };
  const { deviceId, tenantId, version, lastSeenAt } = state.record;
  self.effect(
    () =>
      context.store.commit({
        tenantId,
        writes: [
          ...(seqs.length === 0 ? [] : [outboxRemoval(deviceId, seqs)]),
          { update: 'devices', where: { deviceId, version: { lt: version } }, set: { version, lastSeenAt } },
        ],
      }),
    (outcome) => ({ type: 'flushed', seqs, version, outcome }),
  );
  return state;
}

function outboxRemoval(deviceId: string, seqs: readonly number[]): Write {
  return { delete: 'deviceOutbox', where: { deviceId, seq: { in: seqs } } };
}

export function flushed(
  context: Context,
  state: DeviceState,
  { seqs, version, outcome }: Message<'flushed'>,
  self: Self<DeviceMessage>,
): DeviceState {
  state.flushing = false;
  if (!outcome.ok) {
    context.log.warn({ error: outcome.error }, 'Acknowledged pushes stay in the outbox for now');
    state.acknowledged = [...seqs, ...state.acknowledged];
    state.flushDue = true;
    self.timer('flush', limits.commit_wait_ms, { type: 'flush_acknowledged' });
    return state;
  }
  state.committedVersion = Math.max(state.committedVersion, version);
  if (state.acknowledged.length > 0) flushLater(state, self);
  return state;
}

export function closeSession(
  context: Context,
  state: DeviceState,
  message: Message<'session_closed'>,
  self: Self<DeviceMessage>,
): DeviceState {
  if (state.session?.sessionId !== message.sessionId) return state;
  state.session = null;
  const now = self.now();
  state.record = { ...state.record, lastSeenAt: now };
  context.views.devices.set(state.record.deviceId, state.record);
  context.views.connections.delete(state.record.deviceId);
  context.lastSeen.note(state.record, now);
  return state;
}
