/** Device and challenge actors of one engine over a shared store, and a scanner that talks to them. */
import { rearmChallenges } from '../../actors/boot/resume.ts';
import { challengeBehaviour } from '../../actors/challenge/behaviour.ts';
import { Changes } from '../../actors/changes.ts';
import { sessionCommands } from '../../actors/commands/sessions.ts';
import type { Context } from '../../actors/context.ts';
import { deviceBehaviour } from '../../actors/device/behaviour.ts';
import { LastSeen } from '../../actors/device/last-seen.ts';
import type { DeviceLink, Push, SessionOpened } from '../../actors/device/protocol.ts';
import { createDirectory } from '../../actors/directory.ts';
import { Sessions } from '../../actors/sessions.ts';
import { Authorities } from '../../actors/tls/authorities.ts';
import { Views } from '../../actors/views.ts';
import { completeConfig } from '../../engine/identity/tenant.ts';
import { CertificateView } from '../../engine/pki/certificateView.ts';
import type { Candidate, Clock, Store } from '../../engine/ports.ts';
import type { DeviceRecord, TenantRecord, UserRecord } from '../../engine/records.ts';
import { quiet } from '../support/http.ts';
import type { MemoryStore } from './memory-store.ts';
import type { World } from './world.ts';

export const tenantId = '11111111-1111-4111-8111-111111111111';
export const userId = '22222222-2222-4222-8222-222222222222';
export const deviceId = '33333333-3333-4333-8333-333333333333';

/** Puts a tenant's device and an enrolled user into the store. */
export function seed(store: MemoryStore): void {
  const device = { deviceId, tenantId, hardwareId: 'hw', status: 'paired', seq: 0, version: 1 };
  const user = { userId, tenantId, externalUserId: 'u', status: 'active', palmRestriction: 'all' };
  const palm = { palmId: 'palm', tenantId, userId, hand: 'right', reference: null };
  store.apply({
    tenantId,
    writes: [
      { insert: 'devices', row: { ...device, certificateExpiresAt: null } as unknown as DeviceRecord },
      { insert: 'users', row: user as unknown as UserRecord },
      { insert: 'palms', row: palm as never },
    ],
  });
}

/** One life of an engine: when it is killed, nothing of it happens any more. */
export class EngineLife {
  readonly context: Context;
  readonly epoch: string;
  alive = true;

  constructor(world: World, store: MemoryStore, epoch: string) {
    this.epoch = epoch;
    const { clock, random, snapshots } = world;
    const own: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after: (ms, fire) => clock.after(ms, () => this.alive && fire()),
    };
    const changes = new Changes();
    const views = new Views(this.#untilKilled(store), changes);
    const tenant = { tenantId, status: 'active', config: completeConfig(undefined) };
    views.tenants.set(tenantId, tenant as unknown as TenantRecord);
    const directory = createDirectory({
      clock: own,
      random,
      snapshots,
      log: () => {},
      schedule: world.turns,
      limits: {
        actor_idle_ms: 2_000,
        snapshot_coalesce_ms: 20,
        snapshot_read_timeout_ms: 100,
        snapshot_write_timeout_ms: 200,
        mailbox_batch_max: 1 + random.below(4),
      },
    });
    this.context = {
      clock: own,
      random,
      log: quiet,
      store: this.#untilKilled(store),
      snapshots,
      views,
      changes,
      directory,
      sessions: new Sessions(),
      lastSeen: new LastSeen({ clock: own, store: this.#untilKilled(store), log: quiet }),
      certificates: new CertificateView(),
      tls: { authorities: new Authorities([]) },
      matcher: {
        verify: async (_tenant: string, _palms: unknown, scan: { data: Uint8Array }) => compared(scan),
      },
      deployment: {
        epoch,
        palmModel: 'large',
        thresholds: { version: 1, thresholds: [0.5], fused: 0.5 },
        devicePolicy: { validityDays: 90, renewalWindowDays: 30 },
      },
    } as unknown as Context;
    directory.register(deviceBehaviour(this.context));
    directory.register(challengeBehaviour(this.context));
  }

  /** What a starting engine does with open challenges; asks again while the store fails. */
  async start(): Promise<void> {
    for (;;) {
      try {
        await rearmChallenges(this.context);
        return;
      } catch {
        if (!this.alive) return;
      }
    }
  }

  #untilKilled(store: MemoryStore): Store {
    const never = new Promise<never>(() => {});
    return new Proxy(store, {
      get: (target, name) => {
        const member = target[name as keyof MemoryStore];
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) =>
          this.alive ? (member as (...a: unknown[]) => unknown).apply(target, given) : never;
      },
    });
  }
}

/** The first byte of a scan says whose palm it is. */
function compared(scan: { readonly data: Uint8Array }) {
  const fused = scan.data[0] === 1 ? 0.9 : 0.1;
  const value: Candidate = { palmId: 'palm', userId, hand: 'right', scores: [fused], fused };
  return { ok: true, value } as const;
}

/** A scanner by the book: it knows what it was shown, its epoch and the last sequence it has seen. */
export class SimulatedScanner implements DeviceLink {
  readonly shown = new Set<string>();
  /** What each sequence of an epoch said. */
  readonly said = new Map<string, string>();
  pushSeen: (push: Push) => void = () => {};
  #life: EngineLife | null = null;
  #held: Push[] | null = null;
  #unacknowledged: number[] = [];
  #sessionId: string | null = null;
  #epoch: string | null = null;
  #lastSeq = 0;
  #connection = 0;

  get connected(): boolean {
    return this.#sessionId !== null && this.#life?.alive === true;
  }

  async connect(
    life: EngineLife,
    call: Parameters<ReturnType<typeof sessionCommands>['open']>[0],
  ): Promise<void> {
    this.disconnect();
    this.#connection += 1;
    const connection = this.#connection;
    this.#life = life;
    this.#held = [];
    const link: DeviceLink = {
      push: (push) => (connection === this.#connection && life.alive ? this.push(push) : undefined),
      close: () => (connection === this.#connection ? this.disconnect() : undefined),
    };
    const resume = this.#epoch === null ? {} : { epoch: this.#epoch, lastSeq: this.#lastSeq };
    const opened = await sessionCommands(life.context).open(call, link, resume);
    if (connection !== this.#connection) {
      sessionCommands(life.context).closed(call, opened.sessionId);
      return;
    }
    this.#opened(opened);
  }

  #opened(opened: SessionOpened): void {
    this.#sessionId = opened.sessionId;
    this.#epoch = opened.epoch;
    if (!opened.resumed) this.#lastSeq = opened.lastSeq;
    else if (opened.lastSeq !== this.#lastSeq) throw new Error('resumed elsewhere than asked');
    const pending = new Set(opened.pending.map((challenge) => challenge.challengeId));
    for (const id of this.shown) if (!pending.has(id)) this.shown.delete(id);
    for (const id of pending) this.shown.add(id);
    const held = this.#held ?? [];
    this.#held = null;
    for (const push of held) this.push(push);
  }

  push(push: Push): void {
    if (this.#held !== null) {
      this.#held.push(push);
      return;
    }
    if (push.seq <= this.#lastSeq) throw new Error(`seq ${push.seq} after ${this.#lastSeq}`);
    this.#lastSeq = push.seq;
    this.#unacknowledged.push(push.seq);
    const text = push.method === 'challenge.present' ? push.challenge.challengeId : JSON.stringify(push);
    const earlier = this.said.get(`${this.#epoch}/${push.seq}`);
    if (earlier !== undefined && earlier !== text) throw new Error(`seq ${push.seq} said two things`);
    this.said.set(`${this.#epoch}/${push.seq}`, text);
    if (push.method === 'challenge.present') this.shown.add(push.challenge.challengeId);
    if (push.method === 'challenge.cancel') this.shown.delete(push.challengeId);
    this.pushSeen(push);
  }

  acknowledge(call: Parameters<ReturnType<typeof sessionCommands>['open']>[0]): void {
    const seq = this.#unacknowledged.shift();
    if (seq === undefined || !this.connected || this.#life === null) return;
    sessionCommands(this.#life.context).acknowledge(call, this.#sessionId ?? '', seq);
  }

  disconnect(): void {
    this.#connection += 1;
    this.#unacknowledged = [];
    this.#held = null;
    this.#sessionId = null;
  }

  close(): void {
    this.disconnect();
  }

  /** The socket's end as transport tells it. */
  hangUp(call: Parameters<ReturnType<typeof sessionCommands>['open']>[0]): void {
    const [life, sessionId] = [this.#life, this.#sessionId];
    this.disconnect();
    if (life?.alive === true && sessionId !== null) sessionCommands(life.context).closed(call, sessionId);
  }
}

export function sameMembers(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((member) => other.has(member));
}

/** One event that is near in time; seldom a leap to whatever comes next. */
export async function shortStep(world: World): Promise<void> {
  const due = world.clock.nextDue();
  const near = due !== null && due - world.clock.monotonic() < 300;
  if (near || world.random.chance(0.02)) {
    await world.step();
    return;
  }
  await new Promise((resolve) => setImmediate(resolve));
  if (world.turns.waiting > 0) world.turns.runOne();
}

/** Lets actors finish what they have been told; time stands still. */
export async function rest(world: World): Promise<void> {
  for (let round = 0; round < 40; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (world.turns.waiting > 0) world.turns.runOne();
  }
}
