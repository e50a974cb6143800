/** A tenant: changes build on one another and none is lost; suspended means refused, everywhere and for good. */
import type { DeviceLink } from '../../../actors/device/protocol.ts';
import { tenantBehaviour } from '../../../actors/tenant/behaviour.ts';
import { changeTenant, type TenantChange, tenantKind } from '../../../actors/tenant/protocol.ts';
import { limits } from '../../../engine/limits.ts';
import type { TenantRecord } from '../../../engine/records.ts';
import type { Model, Trial } from '../harness.ts';
import type { EngineLife } from '../life.ts';
import { tenantId, tenantRow } from '../rows.ts';

interface Socket extends DeviceLink {
  open: boolean;
}

function begin(trial: Trial) {
  const { store, random } = trial;
  store.apply({ tenantId, writes: [{ insert: 'tenants', row: tenantRow() }] });
  const row = (): TenantRecord => store.table('tenants')[0]!;
  const history = new Map<number, TenantRecord>([[1, row()]]);
  let changes = 0;
  /** Newest version that the engine of each life has answered with, or shown. */
  let shown = { life: null as EngineLife | null, version: 0 };
  let sockets: Socket[] = [];

  store.committed = (before) => {
    const [was] = (before.get('tenants') ?? []) as unknown as readonly TenantRecord[];
    const now = row();
    if (was === now || was === undefined) return;
    if (now.version !== was.version + 1) trial.broken(`version ${was.version} became ${now.version}`);
    history.set(now.version, now);
    changes += 1;
  };

  const change = (decide: (tenant: TenantRecord) => TenantChange['set'] | null, sender: string): void => {
    trial.call(sender, async (life) => {
      const reply = await changeTenant(life.context, tenantId, trial.deadline, (tenant) => {
        const set = decide(tenant);
        return set === null ? null : { set, audit: { eventType: 'tenant_updated', actor: sender } };
      });
      const { version, status } = reply;
      if (history.get(version)?.status !== status)
        trial.broken(`acknowledged ${status}, which was never committed`);
      if (!life.alive) return reply;
      const view = life.context.views.tenants.get(tenantId);
      if (view === undefined || view.version < version) trial.broken('acknowledged before it was shown');
      trial.note(`answered ${status}`);
      return reply;
    });
  };
  const connect = (): void => {
    trial.call(`scanner ${random.below(3)}`, async (life) => {
      const { views, sessions } = life.context;
      views.activeTenant(tenantId);
      const socket: Socket = {
        open: true,
        push: () => {},
        close() {
          socket.open = false;
        },
      };
      sockets.push(socket);
      const sessionId = random.uuid();
      sessions.add(sessionId, { tenantId, deviceId: sessionId, fingerprint: 'f', link: socket });
      trial.note('connected');
    });
  };
  return {
    register: (context: EngineLife['context']) => context.directory.register(tenantBehaviour(context)),
    start: async ({ store: own, views }: EngineLife['context']) => {
      const found = await own.get('tenants', { tenantId });
      // What a starting engine reads before anybody can call it.
      if (found !== null && !views.tenants.has(tenantId)) views.tenants.set(tenantId, found);
    },
    actions: [
      [3, () => change(({ status }) => (status === 'suspended' ? null : { status: 'suspended' }), 'a')],
      [3, () => change(({ status }) => (status === 'active' ? null : { status: 'active' }), 'b')],
      // Each counts one up: a lost change would show in the sum.
      [6, () => change(({ name }) => ({ name: `${name}+` }), random.pick(['a', 'b', 'c']))],
      [
        0.2,
        () => {
          for (let one = limits.device_changes_waiting_max + 8; one > 0; one -= 1)
            change(({ name }) => ({ name: `${name}+` }), `burst ${one}`);
        },
      ],
      [4, connect],
    ] as const,
    actors: () => [[tenantKind.name, tenantId]] as const,
    lifeOver: () => {
      sockets = [];
    },
    look: () => {
      const { life } = trial;
      const view = life.context.views.tenants.get(tenantId);
      if (!life.alive || view === undefined) return;
      if (shown.life !== life) shown = { life, version: 0 };
      if (view.version < shown.version)
        trial.broken(`the view went back from ${shown.version} to ${view.version}`);
      shown = { life, version: view.version };
      if (view.status !== 'active' && sockets.some(({ open }) => open))
        trial.broken('a socket outlives a suspension');
    },
    atRest: () => {
      const { context } = trial.life;
      const info = context.directory.inspect(tenantKind.name, tenantId);
      return info === null && context.views.tenants.get(tenantId)?.version === row().version;
    },
    check: () => {
      const pluses = row().name.split('+').length - 1;
      const named = [...history.values()].filter(
        (one, i, all) => i > 0 && one.name !== all[i - 1]!.name,
      ).length;
      if (pluses !== named) trial.broken(`${named} changes made ${pluses}`);
      if (changes !== row().version - 1) trial.broken('a version was skipped');
    },
  };
}

export const tenantModel: Model = {
  kind: tenantKind.name,
  seeds: 150,
  actions: 25,
  expected: [
    'answered active',
    'answered suspended',
    'tenant_suspended',
    'engine_busy',
    'unavailable',
    'connected',
    'killed',
    'restarted',
    'restart true',
    'snapshots stale',
  ],
  begin,
};
