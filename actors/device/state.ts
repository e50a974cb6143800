/** State of a device actor, and how it is loaded. */
import { ThenarError } from '../../engine/errors.ts';
import { isOpen, openStatuses } from '../../engine/identity/challenge.ts';
import { limits } from '../../engine/limits.ts';
import type { Store } from '../../engine/ports.ts';
import type { ChallengeRecord, DeviceOutboxRecord, DeviceRecord, Json } from '../../engine/records.ts';
import type { DeviceLink, DeviceMessage, Push } from './protocol.ts';

export interface Session {
  readonly sessionId: string;
  readonly link: DeviceLink;
  readonly fingerprint: string;
  readonly since: number;
}

export interface DeviceState {
  /** The row as last committed, but for `seq` and `version`, which run ahead while commits are under way. */
  record: DeviceRecord;
  session: Session | null;
  /** Pushes that no acknowledgement was seen for, oldest first. */
  outbox: Push[];
  /** Pushes up to this sequence were dropped unacknowledged: a scanner behind it cannot resume. */
  droppedSeq: number;
  /** Challenges that this device may still complete. */
  readonly pending: Map<string, ChallengeRecord>;
  /** Challenges whose commit is under way; they count against the bound. */
  creating: number;
  /** A row change is under way; later ones wait, so that each decides on the row as it is. */
  changing: boolean;
  readonly changesWaiting: Extract<DeviceMessage, { type: 'change' }>[];
  readonly acknowledged: number[];
  flushing: boolean;
}

/** What a snapshot keeps: all but the session and the commits under way. */
interface DeviceSnapshot {
  readonly outbox: readonly Push[];
  readonly droppedSeq: number;
  readonly pending: readonly ChallengeRecord[];
}

/**
 * Loads a device from its row, and its outbox and open challenges from a snapshot taken at the row's very version;
 * otherwise from their tables.
 * @throws ThenarError device_not_found
 */
export async function loadDevice(
  store: Store,
  key: string,
  snapshot: { readonly version: number; readonly state: Json } | null,
): Promise<DeviceState> {
  const [tenantId, deviceId] = splitKey(key);
  const record = await store.get('devices', { tenantId, deviceId });
  if (record === null) throw new ThenarError('device_not_found', 'There is no such device.');
  if (snapshot !== null && snapshot.version === record.version) {
    const kept = snapshot.state as unknown as DeviceSnapshot;
    return fresh(record, [...kept.outbox], kept.droppedSeq, kept.pending);
  }
  const [rows, pending] = await Promise.all([
    store.list('deviceOutbox', {
      where: { deviceId },
      order: [['seq', 'asc']],
      limit: limits.device_outbox_max,
    }),
    store.list('challenges', {
      where: { tenantId, deviceId, status: { in: openStatuses } },
      order: [['createdAt', 'asc']],
      limit: limits.challenges_pending_per_device_max,
    }),
  ]);
  const open = new Map(pending.map((challenge) => [challenge.challengeId, challenge]));
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
    droppedSeq,
    pending: new Map(pending.map((challenge) => [challenge.challengeId, challenge])),
    creating: 0,
    changing: false,
    changesWaiting: [],
    acknowledged: [],
    flushing: false,
  };
}

export function snapshotDevice(state: DeviceState): Json {
  const kept: DeviceSnapshot = {
    outbox: state.outbox,
    droppedSeq: state.droppedSeq,
    pending: [...state.pending.values()].filter(isOpen),
  };
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
    const challenge = open.get(String(row.params['challengeId']));
    return challenge === undefined ? [] : [{ seq: row.seq, method: 'challenge.present', challenge }];
  }
  return [{ ...row.params, seq: row.seq, method: row.method } as unknown as Push];
}
