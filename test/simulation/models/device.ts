/** A device: what was committed for its scanner reaches it once and in order, on one connection, or not at all. */
import type { DeviceCall } from '../../../actors/calls.ts';
import { reactivateDevice, suspendDevice } from '../../../actors/commands/device-standing.ts';
import { deviceBehaviour } from '../../../actors/device/behaviour.ts';
import { changeDevice } from '../../../actors/device/change.ts';
import { closeCodes, type DeviceMessage, deviceKey, deviceKind } from '../../../actors/device/protocol.ts';
import { tenantBehaviour } from '../../../actors/tenant/behaviour.ts';
import { changeTenant, tenantKind } from '../../../actors/tenant/protocol.ts';
import { isThenarError } from '../../../engine/errors.ts';
import type { DeviceRecord } from '../../../engine/records.ts';
import type { Model, Trial } from '../harness.ts';
import type { EngineLife } from '../life.ts';
import { deviceId, deviceRow, tenantId, tenantRow } from '../rows.ts';
import { SimulatedScanner } from '../scanner.ts';

const key = deviceKey(tenantId, deviceId);

function begin(trial: Trial) {
  const { store, random, clock } = trial;
  const rows = [
    { insert: 'tenants', row: tenantRow() } as const,
    { insert: 'devices', row: deviceRow() } as const,
  ];
  store.apply({ tenantId, writes: rows });
  const row = (): DeviceRecord => store.table('devices')[0]!;
  const scanner = new SimulatedScanner();
  scanner.broken = (what) => trial.broken(what);
  /** What was committed for it in each epoch, and from where on it must have it. */
  const committed = new Map<string, number[]>();
  let base = { epoch: '', seq: 0 };
  /** Pushes whose commit ended without anybody knowing how: another takes their place. */
  const uncertain = new Set<string>();
  /** The engine has acknowledged that it is not served. */
  let refused = false;
  /** The engine that is being called. */
  let connecting: EngineLife | null = null;
  let pushes = 0;
  /** Of the tenant's settings, last. */
  let told: number | null = null;

  store.committed = (_before, { writes }) => {
    for (const write of writes) {
      if (!('insert' in write) || write.insert !== 'deviceOutbox') continue;
      const { seq } = write.row as { seq: number };
      const { epoch } = trial.life;
      const all = committed.get(epoch) ?? [];
      if (seq <= (all.at(-1) ?? 0)) trial.broken(`sequence ${seq} after ${all.at(-1)}`);
      committed.set(epoch, [...all, seq]);
    }
    if (row().status === 'paired') refused = false;
  };
  store.lost = ({ writes }) => {
    for (const write of writes) {
      if (!('insert' in write) || write.insert !== 'deviceOutbox') continue;
      uncertain.add(`${trial.life.epoch}/${(write.row as { seq: number }).seq}`);
    }
  };
  scanner.pushSeen = (push) => {
    const { seq } = push;
    if (refused) trial.broken('a frame was sent to a scanner that is not served');
    if (!committed.get(trial.life.epoch)?.includes(seq)) trial.broken(`push ${seq} before its commit`);
    trial.note('pushed');
    if (push.method === 'config.update' && 'quality_min' in push.config)
      told = Number(push.config.quality_min);
  };
  const call = (): DeviceCall =>
    ({
      requestId: 'r',
      address: 'a',
      actor: 'device',
      fingerprint: 'f',
      tenantId,
      deviceId,
      deadline: trial.deadline,
    }) as never;
  const connect = (): void => {
    const { life } = trial;
    if (!life.ready || connecting === life) return;
    connecting = life;
    scanner
      .connect(life, call(), !random.chance(0.05))
      .then(
        (opened) => {
          if (opened === null) return;
          if (refused) trial.broken('a session opened for a scanner that is not served');
          if (!opened.resumed) base = { epoch: opened.epoch, seq: opened.lastSeq };
          trial.note(opened.resumed ? 'resumed' : 'opened');
        },
        (error: unknown) => {
          scanner.disconnect();
          if (isThenarError(error)) trial.note(error.code);
          else trial.broken(String(error));
        },
      )
      .finally(() => {
        connecting = null;
      });
  };
  const push = (): void => {
    trial.call(random.pick(['a', 'b']), async ({ context }) => {
      pushes += 1;
      const config = { number: pushes };
      const message: DeviceMessage = { type: 'push', body: { method: 'config.update', config } };
      context.directory.tell(deviceKind, key, message);
    });
  };
  let operating = 0;
  const standing = (
    change: (context: EngineLife['context'], deadline: number) => Promise<DeviceRecord>,
  ): void => {
    trial.call('operator', async (life) => {
      operating += 1;
      try {
        const { status } = await change(life.context, trial.deadline);
        if (life.alive && row().status !== 'paired') refused = true;
        trial.note(`answered ${status}`);
      } finally {
        operating -= 1;
      }
    });
  };
  /** As the tenant's operator does; connected scanners are told at once, the others when they come back. */
  const configure = (): void => {
    trial.call('tenant', async ({ context }) => {
      pushes += 1;
      const qualityMin = pushes / 1_000;
      const configuredAt = clock.now();
      await changeTenant(context, tenantId, trial.deadline, ({ config }) => ({
        set: { config: { ...config, qualityMin }, configuredAt },
        audit: { eventType: 'tenant_configured', actor: 'operator' },
      }));
      trial.note('configured');
    });
  };
  const tenant = () => store.table('tenants')[0]!;
  const as = (deadline: number) => ({ tenantId, deadline, actor: 'operator' }) as never;
  const reactivate = (): void =>
    standing((context, deadline) => reactivateDevice(context, as(deadline), deviceId));
  const missing = (): readonly number[] => {
    const { epoch } = trial.life;
    if (base.epoch !== epoch) return [];
    return (committed.get(epoch) ?? []).filter((seq) => {
      const place = `${epoch}/${seq}`;
      return seq > base.seq && !scanner.said.has(place) && !uncertain.has(place);
    });
  };
  return {
    register: (context: EngineLife['context']) => {
      context.directory.register(deviceBehaviour(context));
      context.directory.register(tenantBehaviour(context));
    },
    start: async ({ store: own, views }: EngineLife['context']) => {
      const found = await own.get('tenants', { tenantId });
      if (found !== null) views.tenants.set(tenantId, found);
    },
    actions: [
      [8, push],
      [3, configure],
      [5, connect],
      [2, () => scanner.hangUp(call())],
      [1, () => scanner.disconnect()],
      [8, () => scanner.acknowledge(call())],
      [1, () => standing((context, deadline) => suspendDevice(context, as(deadline), deviceId))],
      [2, reactivate],
      [0.2, () => standing(revoke)],
    ] as const,
    actors: () =>
      [
        [deviceKind.name, key],
        [deviceKind.name, key],
        [tenantKind.name, tenantId],
      ] as const,
    lifeOver: () => {
      scanner.disconnect();
      operating = 0;
    },
    recover: () => {
      reactivate();
      connect();
    },
    atRest: () => {
      const { context, ready } = trial.life;
      const { status } = row();
      const shown = context.views.devices.get(deviceId);
      if (!ready || context.directory.counts().effects_in_flight !== 0) return false;
      if (status === 'revoked') return !scanner.connected && (shown === undefined || shown.status === status);
      if (status !== 'paired' && operating === 0) reactivate();
      if (status !== 'paired') return false;
      if (!scanner.connected) connect();
      if (!scanner.connected) return false;
      const { mailboxDepth, description } = context.directory.inspect(deviceKind.name, key) ?? {};
      const quiet = mailboxDepth === 0 && description?.owes_configuration === false;
      return (
        quiet && missing().length === 0 && context.views.tenants.get(tenantId)?.version === tenant().version
      );
    },
    check: () => {
      const { config, configuredAt } = tenant();
      if (scanner.connected && configuredAt !== null && told !== config.qualityMin)
        trial.broken(`the scanner was told ${told} last, and the tenant says ${config.qualityMin}`);
      if (row().status === 'revoked') trial.note('revoked at the end');
    },
  };

  function revoke(context: EngineLife['context'], deadline: number): Promise<DeviceRecord> {
    const close = { code: closeCodes.certificateRevoked, reason: 'revoked' };
    return changeDevice(context, as(deadline), deviceId, () => ({
      set: { status: 'revoked' },
      writes: [],
      audit: [],
      close,
    }));
  }
}

export const deviceModel: Model = {
  kind: deviceKind.name,
  seeds: 300,
  actions: 30,
  expected: [
    'pushed',
    'opened',
    'resumed',
    'answered suspended',
    'answered paired',
    'revoked at the end',
    'device_suspended',
    'device_revoked',
    'killed',
    'restarted',
    'restart true',
    'snapshots stale',
  ],
  begin,
};
