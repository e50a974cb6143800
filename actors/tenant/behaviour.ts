import { isThenarError, ThenarError } from '../../engine/errors.ts';
import { completeConfig, scannerConfig } from '../../engine/identity/tenant.ts';
import { limits } from '../../engine/limits.ts';
import type { TenantRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { closeCodes, type DeviceMessage, deviceKey, deviceKind } from '../device/protocol.ts';
import type { Behaviour, Self } from '../kernel/types.ts';
import { refusing } from '../refusal.ts';
import { type TenantChange, type TenantMessage, tenantKind } from './protocol.ts';

interface TenantState {
  record: TenantRecord;
  /** Changes wait for the one before, so that each builds on the row as it is. */
  readonly waiting: Extract<TenantMessage, { type: 'change' }>[];
  changing: boolean;
}

/** Tenants whose row may be another than the one in memory; it outlives the actors, which may start again meanwhile. */
type Doubts = Set<string>;

export function tenantBehaviour(context: Context): Behaviour<TenantState, TenantMessage> {
  const doubts: Doubts = new Set();
  return {
    kind: tenantKind,
    load: async (tenantId) => ({
      record: await read(context, tenantId),
      waiting: [],
      changing: false,
    }),
    // Not in `load`: one that took too long to be waited for would show what has changed since.
    start(state, self) {
      if (doubts.has(state.record.tenantId)) doubt(doubts, state, self);
      show(context, state.record);
      return state;
    },
    receive: refusing((state, message, self) => {
      switch (message.type) {
        case 'change':
          change(context, state, message, self);
          return state;
        case 'changed':
          changed(context, doubts, state, message, self);
          return state;
        case 'reload':
          doubts.delete(state.record.tenantId);
          // A change that is under way finds out by itself.
          if (!state.changing) reload(context, state, self);
          return state;
        case 'reloaded':
          reloaded(context, doubts, state, message, self);
          return state;
        default:
          return message satisfies never;
      }
    }),
    idle: (state) => !state.changing && !doubts.has(state.record.tenantId),
    stateName: (state) => state.record.status,
    describe: ({ record }) => ({ tenant_id: record.tenantId, name: record.name, status: record.status }),
    snapshotVersion: (state) => state.record.version,
    snapshotState: ({ record }) => ({ status: record.status, name: record.name }),
  };
}

async function read(context: Context, tenantId: string): Promise<TenantRecord> {
  const record = await context.store.get('tenants', { tenantId });
  if (record === null) throw new ThenarError('tenant_not_found', 'There is no such tenant.');
  return { ...record, config: completeConfig(record.config) };
}

/** Null when there is nothing to commit: it was answered, and whoever waits has its turn. */
function decideChange(
  state: TenantState,
  message: Extract<TenantMessage, { type: 'change' }>,
  self: Self<TenantMessage>,
): TenantChange | null {
  try {
    const change = message.decide(state.record);
    if (change !== null) return change;
    message.reply.ok(state.record);
  } catch (error) {
    message.reply.fail(error);
  }
  goOn(state, self);
  return null;
}

function change(
  context: Context,
  state: TenantState,
  message: Extract<TenantMessage, { type: 'change' }>,
  self: Self<TenantMessage>,
): void {
  if (state.changing) {
    if (state.waiting.length >= limits.device_changes_waiting_max) {
      throw new ThenarError('engine_busy', 'This tenant is being changed by too many callers.');
    }
    state.waiting.push(message);
    return;
  }
  const { record } = state;
  const change = decideChange(state, message, self);
  if (change === null) return;
  state.changing = true;
  const next: TenantRecord = { ...record, ...change.set, version: record.version + 1 };
  self.effect(
    async () => {
      const { tenantId, version } = record;
      const set = { ...change.set, version: next.version };
      await context.store.commit({
        tenantId,
        writes: [{ update: 'tenants', where: { tenantId, version }, set, otherwise: 'version_conflict' }],
        audit: [change.audit],
      });
      // Here, and not with the message: that is lost when this actor starts again meanwhile.
      show(context, next);
    },
    (outcome) => ({ type: 'changed', next, reply: message.reply, outcome }),
  );
}

function changed(
  context: Context,
  doubts: Doubts,
  state: TenantState,
  message: Extract<TenantMessage, { type: 'changed' }>,
  self: Self<TenantMessage>,
): void {
  const { outcome } = message;
  if (!outcome.ok) {
    message.reply.fail(outcome.error);
    // It may have taken effect all the same, or may do so yet: the next change must build on the row as it is, and a
    // suspension that only the database knows of is none.
    if (isThenarError(outcome.error, 'unavailable')) doubt(doubts, state, self);
    reload(context, state, self);
    return;
  }
  doubts.delete(state.record.tenantId);
  state.record = message.next;
  message.reply.ok(message.next);
  goOn(state, self);
}

/** Looks at the row once more when nothing can be under way any more. */
function doubt(doubts: Doubts, state: TenantState, self: Self<TenantMessage>): void {
  doubts.add(state.record.tenantId);
  self.timer('reload', limits.commit_wait_ms, { type: 'reload' });
}

function reload(context: Context, state: TenantState, self: Self<TenantMessage>): void {
  const { tenantId } = state.record;
  state.changing = true;
  self.effect(
    () => read(context, tenantId),
    (outcome) => ({ type: 'reloaded', outcome }),
  );
}

function reloaded(
  context: Context,
  doubts: Doubts,
  state: TenantState,
  { outcome }: Extract<TenantMessage, { type: 'reloaded' }>,
  self: Self<TenantMessage>,
): void {
  if (outcome.ok) {
    state.record = outcome.value;
    show(context, outcome.value);
  } else {
    const { error } = outcome;
    context.log.warn({ tenantId: state.record.tenantId, error }, 'A tenant is read again later');
    doubt(doubts, state, self);
  }
  goOn(state, self);
}

function goOn(state: TenantState, self: Self<TenantMessage>): void {
  state.changing = false;
  const waiting = state.waiting.shift();
  if (waiting !== undefined) self.tell(waiting);
}

/** An older row that comes late shows nothing. */
function show(context: Context, record: TenantRecord): void {
  const before = context.views.tenants.get(record.tenantId) ?? record;
  if (before.version > record.version) return;
  context.views.tenants.set(record.tenantId, record);
  if (record.status !== 'active') {
    context.sessions.closeTenant(record.tenantId, closeCodes.suspended, 'tenant suspended');
  }
  tellScanners(context, before, record);
}

/** Connected scanners hear of what concerns them; the others when they come back (`actors/device/session.ts`). */
function tellScanners(
  context: Context,
  before: TenantRecord,
  { tenantId, config, status }: TenantRecord,
): void {
  if (status !== 'active' || before.config === config) return;
  const told = scannerConfig(config);
  if (JSON.stringify(told) === JSON.stringify(scannerConfig(before.config))) return;
  // One object for all, so that it is encoded once.
  const body = { method: 'config.update', config: told } as const;
  for (const connection of context.views.connections.values()) {
    if (connection.tenantId !== tenantId) continue;
    context.directory.tell<DeviceMessage>(deviceKind, deviceKey(tenantId, connection.deviceId), {
      type: 'push',
      body,
    });
  }
}
