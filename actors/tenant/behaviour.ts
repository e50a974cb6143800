import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { TenantRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { closeCodes } from '../device/protocol.ts';
import type { Behaviour, Self } from '../kernel/types.ts';
import { refusing } from '../refusal.ts';
import { type TenantMessage, tenantKind } from './protocol.ts';

interface TenantState {
  record: TenantRecord;
  /** Changes wait for the one before, so that each builds on the row as it is. */
  readonly waiting: Extract<TenantMessage, { type: 'change' }>[];
  changing: boolean;
}

export function tenantBehaviour(context: Context): Behaviour<TenantState, TenantMessage> {
  return {
    kind: tenantKind,
    async load(tenantId) {
      const record = await context.store.get('tenants', { tenantId });
      if (record === null) throw new ThenarError('tenant_not_found', 'There is no such tenant.');
      context.views.tenants.set(tenantId, record);
      return { record, waiting: [], changing: false };
    },
    receive: refusing((state, message, self) => {
      switch (message.type) {
        case 'change':
          change(context, state, message, self);
          return state;
        case 'changed':
          changed(context, state, message, self);
          return state;
        default:
          return message satisfies never;
      }
    }),
    idle: (state) => !state.changing,
    stateName: (state) => state.record.status,
    describe: ({ record }) => ({ tenant_id: record.tenantId, name: record.name, status: record.status }),
    snapshotVersion: (state) => state.record.version,
    snapshotState: ({ record }) => ({ status: record.status, name: record.name }),
  };
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
  state.changing = true;
  const { record } = state;
  const next: TenantRecord = { ...record, ...message.change.set, version: record.version + 1 };
  self.effect(
    () =>
      context.store.commit({
        tenantId: record.tenantId,
        writes: [
          {
            update: 'tenants',
            where: { tenantId: record.tenantId, version: record.version },
            set: { ...message.change.set, version: next.version },
            otherwise: 'version_conflict',
          },
        ],
        audit: [message.change.audit],
      }),
    (outcome) => ({ type: 'changed', next, reply: message.reply, outcome }),
  );
}

function changed(
  context: Context,
  state: TenantState,
  message: Extract<TenantMessage, { type: 'changed' }>,
  self: Self<TenantMessage>,
): void {
  state.changing = false;
  const waiting = state.waiting.shift();
  if (waiting !== undefined) self.tell(waiting);
  if (!message.outcome.ok) {
    message.reply.fail(message.outcome.error);
    return;
  }
  state.record = message.next;
  context.views.tenants.set(message.next.tenantId, message.next);
  if (message.next.status !== 'active') {
    context.sessions.closeTenant(message.next.tenantId, closeCodes.suspended, 'tenant suspended');
  }
  message.reply.ok(message.next);
}
