/** State of a device actor, and how it is loaded. */
import { ThenarError } from '../../engine/errors.ts';
import { openStatuses } from '../../engine/identity/challenge.ts';
import { limits } from '../../engine/limits.ts';
import type { Store } from '../../engine/ports.ts';
import type { ChallengeRecord, DeviceOutboxRecord, DeviceRecord, Json } from '../../engine/records.ts';
import type { PushOutcome } from './order.ts';
import type { DeviceLink, DeviceMessage, Push } from './protocol.ts';

export interface Session {
  readonly sessionId: string;
  readonly link: DeviceLink;
  readonly fingerprint: string;
  readonly since: number;
  /** When it was last told that its certificate should be renewed. */
  remindedAt: number | null;
}

export interface DeviceState {
  /** The row as last committed, but for `seq` and `version`, which run ahead while commits are under way. */
  record: DeviceRecord;
  session: Session | null;
  /** Committed pushes that no acknowledgement was seen for, oldest first. */
  outbox: Push[];
  /**
   * Highest sequence that was committed: what a scanner that opens a session now is told as `last_seq`. Those beyond
   * it are still under way and will be pushed to that very session, or have failed and are given again after a
   * restart.
   */
  settledSeq: number;
  /** Pushes up to this sequence were dropped unacknowledged: a scanner behind it cannot resume. */
  droppedSeq: number;
  /** Challenges that this device may still complete. */
  readonly pending: Map<string, ChallengeRecord>;
  /** Challenges whose commit is under way; they count against the bound. */
  creating: number;
  /** Other pushes whose commit is under way. */
  pushing: number;
  /** Sequences that were given and not settled, oldest first, with the outcome of those that wait for others. */
  readonly underWay: Map<number, PushOutcome | null>;
  /** The newest settings are not known to be stored for the scanner. */
  owesConfiguration: boolean;
  /** Sequence of the newest settings it was given. */
  configurationSeq: number;
  /** A row change is under way; later ones wait, so that each decides on the row as it is. */
  changing: boolean;
  readonly changesWaiting: Extract<DeviceMessage, { type: 'change' }>[];
  /** Sequences whose rows can go. */
  acknowledged: number[];
  /** A time is set at which they do. */
  flushDue: boolean;
  flushing: boolean;
  /** Highest version that is known to be the row's: `record.version` runs ahead, also when its commit fails. */
  committedVersion: number;
  /** Version of the row when all was as in the database last; what a snapshot is taken at. */
  stableVersion: number;
}

/**
 * What a snapshot keeps. The open challenges are not in it: they end in rows of their own, which leave the device's
 * version alone, so nothing would tell an old list of them from a true one.
 */
interface DeviceSnapshot {
  /**
   * False when something was under way, or the version was never the row's: the outbox may then be older or newer than
   * the row of that version, which another commit will give it.
   */
  readonly settled: boolean;
  readonly outbox: readonly Push[];
  readonly droppedSeq: number;
}

/**
 * Loads a device from its row and its open challenges; its outbox from a snapshot taken at the row's very version,
 * otherwise from its table.
 * @throws ThenarError device_not_found
 */
export async function loadDevice(
  store: Store,
  key: string,
  snapshot: { readonly version: number; readonly state: Json } | null,
): Promise<DeviceState> {
  const [tenantId, deviceId] = splitKey(key);
  const [record, pending] = await Promise.all([
    store.get('devices', { tenantId, deviceId }),
    store.list('challenges', {
      where: { tenantId, deviceId, status: { in: openStatuses } },
      order: [['createdAt', 'asc']],
      limit: limits.challenges_pending_per_device_max,
    }),
  ]);
  if (record === null) throw new ThenarError('device_not_found', 'There is no such device.');
  const open = new Map(pending.map((challenge) => [challenge.challengeId, challenge]));
  const kept = snapshot?.state as unknown as DeviceSnapshot | null;
  if (kept?.settled === true && snapshot?.version === record.version) {
    const outbox = kept.outbox.filter(
      (push) => push.method !== 'challenge.present' || open.has(push.challenge.challengeId),
    );
    return fresh(record, outbox, kept.droppedSeq, pending);
  }
  const rows = await store.list('deviceOutbox', {
    where: { deviceId },
    order: [['seq', 'asc']],
    limit: limits.device_outbox_max,
  });
  const outbox = rows.flatMap((row) => readPush(row, open));
  return fresh(record, outbox, (outbox[0]?.seq ?? record.seq + 1) - 1, pending);
}

/** A device that was never seen before. */
export function newDeviceState(record: DeviceRecord): DeviceState {
  return fresh(record, [], 0, []);
}

function fresh(
  record: DeviceRecord,
  outbox: Push[],
  droppedSeq: number,
  pending: readonly ChallengeRecord[],
): DeviceState {
  return {
    record,
    session: null,
    outbox,
    settledSeq: record.seq,
    droppedSeq,
    pending: new Map(pending.map((challenge) => [challenge.challengeId, challenge])),
    creating: 0,
    pushing: 0,
    underWay: new Map(),
    owesConfiguration: false,
    configurationSeq: 0,
    changing: false,
    changesWaiting: [],
    acknowledged: [],
    flushDue: false,
    flushing: false,
    committedVersion: record.version,
    stableVersion: record.version,
  };
}

/** True when nothing is under way between the database and memory. */
export function isSettled(state: DeviceState): boolean {
  const { creating, pushing, changing, flushing, acknowledged } = state;
  return creating === 0 && pushing === 0 && !changing && !flushing && acknowledged.length === 0;
}

/** True when the row and the outbox in the database are those in memory. */
export function isStored(state: DeviceState): boolean {
  return isSettled(state) && state.committedVersion === state.record.version;
}

export function snapshotDevice(state: DeviceState): Json {
  const { outbox, droppedSeq } = state;
  const kept: DeviceSnapshot = { settled: isStored(state), outbox, droppedSeq };
  return kept as unknown as Json;
}

export function splitKey(key: string): readonly [tenantId: string, id: string] {
  const [tenantId, id] = key.split('/');
  if (tenantId === undefined || id === undefined) throw new ThenarError('internal', 'An actor key is wrong.');
  return [tenantId, id];
}

/** The outbox row of a push. A challenge is named, not copied: its row is the truth. */
export function outboxRow(device: DeviceRecord, push: Push, now: number): DeviceOutboxRecord {
  const { seq, method, ...body } = push;
  return {
    deviceId: device.deviceId,
    tenantId: device.tenantId,
    seq,
    method,
    params:
      push.method === 'challenge.present' ? { challengeId: push.challenge.challengeId } : (body as never),
    createdAt: now,
  };
}

function readPush(row: DeviceOutboxRecord, open: ReadonlyMap<string, ChallengeRecord>): Push[] {
  if (row.method === 'challenge.present') {
    const challenge = open.get(String(row.params.challengeId));
    return challenge === undefined ? [] : [{ seq: row.seq, method: 'challenge.present', challenge }];
  }
  return [{ ...row.params, seq: row.seq, method: row.method } as unknown as Push];
}
