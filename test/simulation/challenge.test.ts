/**
 * A scanner, its device and its challenges over a store that is slow, fails, and loses answers, through hang-ups,
 * passivations, orderly restarts and kills.
 */
import type { DeviceCall } from '../../actors/calls.ts';
import { type ChallengeMessage, challengeKey, challengeKind } from '../../actors/challenge/protocol.ts';
import { digestScans } from '../../actors/commands/challenges.ts';
import { type DeviceMessage, deviceKey, deviceKind } from '../../actors/device/protocol.ts';
import { isThenarError } from '../../engine/errors.ts';
import { isOpen } from '../../engine/identity/challenge.ts';
import { limits } from '../../engine/limits.ts';
import type { Scan } from '../../engine/palm/types.ts';
import type { ChallengeRecord } from '../../engine/records.ts';
import {
  deviceId,
  EngineLife,
  rest,
  SimulatedScanner,
  sameMembers,
  seed,
  shortStep,
  tenantId,
  userId,
} from './engine-world.ts';
import { MemoryStore } from './memory-store.ts';
import { calm, simulate, World } from './world.ts';

const SEEDS = 400;
const ACTIONS = 50;
const ENDINGS = /^(palm_verified|palm_not_matched|challenge_(expired|cancelled))$/;

const seen = new Map<string, number>();
const note = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);

async function scenario(seedOf: number): Promise<void> {
  const world = new World(seedOf);
  const { clock, random } = world;
  const store = new MemoryStore(world);
  seed(store);
  const scanner = new SimulatedScanner();
  const violations: string[] = [];
  const broken = (what: string): void => void violations.push(what);
  let lives = 0;
  const begin = (epoch?: string): EngineLife => {
    lives += 1;
    return new EngineLife(world, store, epoch ?? `epoch-${lives}`);
  };
  let [life, killed] = [begin(), false];
  const asks = new Set<Promise<unknown>>();

  const call = (): DeviceCall => ({
    requestId: 'r',
    address: 'a',
    actor: 'device',
    fingerprint: 'f',
    tenantId,
    deviceId,
    deadline: clock.monotonic() + limits.request_deadline_ms,
  });
  const row = (id: string) => store.table('challenges').find((one) => one.challengeId === id);
  const open = () => store.table('challenges').filter(isOpen);

  store.committed = (before) => {
    const known = (before.get('challenges') ?? []) as unknown as ChallengeRecord[];
    for (const challenge of known.filter((one) => !isOpen(one))) {
      const now = row(challenge.challengeId);
      if (now !== challenge) broken(`an ended challenge changed: ${challenge.status} to ${now?.status}`);
    }
  };
  scanner.pushSeen = (push) => {
    const [device] = store.table('devices');
    if ((device?.seq ?? 0) < push.seq) broken(`push ${push.seq} before its commit`);
    if (push.method === 'challenge.present' && row(push.challenge.challengeId) === undefined) {
      broken('a challenge was shown before its commit');
    }
    note(`push ${push.method}`);
  };

  /** Asks the engine; what a killed engine never answers is not waited for. */
  const ask = (work: Promise<unknown>, then: (value: never) => void = () => {}): void => {
    const asked = work
      .then(then as (value: unknown) => void, (error) => {
        if (!isThenarError(error)) return broken(String(error));
        note(error.code);
        // What a scanner learns from a refusal.
        if (error.details?.challenge_status === 'failed' || /^challenge_(c|exp)/.test(error.code)) {
          scanner.shown.delete(String(error.details?.challenge_id));
        }
      })
      .finally(() => asks.delete(asked));
    asks.add(asked);
  };
  const settled = (of: EngineLife) => (reply: ChallengeRecord) => {
    if (!of.alive) return;
    const truth = row(reply.challengeId);
    if (truth === undefined) broken('acknowledged and not there');
    else if (!isOpen(reply) && (truth.status !== reply.status || truth.version !== reply.version)) {
      broken(`acknowledged ${reply.status} and the row says ${truth.status}`);
    }
    if (!isOpen(reply)) scanner.shown.delete(reply.challengeId);
    note(`answered ${reply.status}`);
  };

  const actions: readonly (readonly [number, () => void])[] = [
    [
      6,
      () => {
        const draft = {
          type: 'verify',
          user: { userId, externalUserId: 'u' },
          palmType: 'right',
          replace: false,
          expiresInS: 10 + random.below(40),
          metadata: null,
        } as const;
        const build = (reply: never): DeviceMessage => ({
          type: 'create_challenge',
          draft,
          actor: 'test',
          reply,
        });
        const { directory } = life.context;
        const due = call().deadline;
        ask(directory.ask(deviceKind, deviceKey(tenantId, deviceId), due, build as never), settled(life));
      },
    ],
    [
      6,
      () => {
        const target = random.pick(store.table('challenges'));
        if (target === undefined) return;
        const palmType = random.chance(0.2) ? 'left' : 'right';
        const scans: Scan[] = [
          { format: 'template', model: 'm', palmType, data: Uint8Array.of(random.below(2)) },
        ];
        const message = {
          scans,
          idempotencyKey: random.chance(0.5) ? null : `key-${random.below(2)}`,
          scanDigest: digestScans(scans),
          deadline: call().deadline,
          actor: 'device',
        };
        const build = (reply: never): ChallengeMessage => ({ type: 'complete', ...message, reply });
        const { directory } = life.context;
        ask(
          directory.ask(challengeKind, challengeKey(target), message.deadline, build as never),
          settled(life),
        );
      },
    ],
    [
      1,
      () => {
        const target = random.pick(store.table('challenges'));
        if (target === undefined) return;
        const cancel = { type: 'cancel', reason: 'test', actor: 'test' } as const;
        life.context.directory.tell(challengeKind, challengeKey(target), cancel);
      },
    ],
    [
      1,
      () => {
        const target = random.pick(open());
        if (target === undefined) return;
        const build = (reply: never) => ({ type: 'reject', reason: 'no', actor: 'device', reply }) as const;
        const { directory } = life.context;
        ask(
          directory.ask(challengeKind, challengeKey(target), call().deadline, build as never),
          settled(life),
        );
      },
    ],
    [4, () => ask(scanner.connect(life, call()))],
    [2, () => scanner.hangUp(call())],
    [8, () => scanner.acknowledge(call())],
    [
      2,
      () => {
        const [kind, key] = random.chance(0.5)
          ? [deviceKind.name, deviceKey(tenantId, deviceId)]
          : [
              challengeKind.name,
              challengeKey(random.pick(store.table('challenges')) ?? { tenantId, challengeId: 'x' }),
            ];
        const what = random.chance(0.5) ? 'passivate' : 'restart';
        ask(life.context.directory.operate(kind, key, what));
      },
    ],
    [
      1,
      () => {
        note('killed');
        life.alive = false;
        scanner.disconnect();
        killed = true;
      },
    ],
  ];
  const total = actions.reduce((sum, [weight]) => sum + weight, 0);
  const act = (): void => {
    let drawn = random.below(total);
    for (const [weight, action] of actions) {
      drawn -= weight;
      if (drawn < 0) return action();
    }
  };

  store.faults = { delayMs: 40, fail: random.fraction() * 0.15, lost: random.fraction() * 0.1, hang: 0 };
  world.snapshots.faults = { delayMs: 60, fail: 0.1, lost: 0.1, hang: 0.02 };
  for (let done = 0; done < ACTIONS; done += 1) {
    act();
    if (killed) {
      // What the database was sent it has done, or dropped, before the next engine is there to read.
      let sent = false;
      void store.settled().then(() => {
        sent = true;
      });
      await world.run(() => sent);
      killed = false;
      life = begin();
      ask(life.start());
    }
    for (let steps = random.below(20); steps > 0; steps -= 1) await shortStep(world);
    if (open().length > limits.challenges_pending_per_device_max) broken('too many challenges wait');
    if (random.chance(0.02)) {
      note('restarted');
      const before = life;
      const drained = before.context.directory.drain(clock.monotonic() + 8_000);
      let over = false;
      void drained.then(() => {
        over = true;
      });
      await world.run(() => over);
      before.alive = false;
      scanner.disconnect();
      life = begin(before.epoch);
      ask(life.start());
    }
  }

  // The store recovers; whatever was uncertain is found out.
  store.faults = calm;
  world.snapshots.faults = calm;
  const restUntil = clock.monotonic() + 2 * limits.commit_wait_ms + 1_000;
  await world.run(() => clock.monotonic() > restUntil);
  let connected = false;
  const connect = (): void =>
    ask(
      scanner.connect(life, call()).then(
        () => {
          connected = true;
        },
        () => connect(), // Time may leap past a deadline; a scanner tries again.
      ),
    );
  connect();
  // Both sides agree in the end; a step may be a long time, in which something more expires.
  const waiting = () => new Set(open().map((challenge) => challenge.challengeId));
  for (let steps = 3_000; steps > 0 && !(connected && sameMembers(waiting(), scanner.shown)); steps -= 1) {
    await world.step();
  }
  for (const id of waiting()) if (!scanner.shown.has(id)) broken('an open challenge is not shown');
  for (const id of scanner.shown) if (!waiting().has(id)) broken('an ended challenge is still shown');
  if (open().length > 0) note('open at the end');

  await world.run(() => open().length === 0);
  await rest(world);
  if (open().length > 0) broken('a challenge outlives its time');
  for (const challenge of store.table('challenges')) {
    const ends = store.audit.filter(
      ({ eventType, details }) => ENDINGS.test(eventType) && details.challenge_id === challenge.challengeId,
    );
    const byAttempts = challenge.attempts >= limits.challenge_attempts_max ? 0 : 1;
    if (ends.length !== byAttempts)
      broken(`${challenge.status} and ended ${ends.length} times in the audit log`);
    note(`ended ${challenge.status}`);
  }
  if (violations.length > 0) throw new Error(violations.join('\n'));
}

// Before tap is there: its hook on every promise would triple the time of a simulation made of promises.
const outcome = await simulate(SEEDS, scenario).catch((error: unknown) => error);
const { default: t } = await import('tap');

t.test('whatever fails, a challenge is shown, ends once and is told', async (t) => {
  t.comment(JSON.stringify(Object.fromEntries([...seen].sort())));
  if (typeof outcome !== 'number') throw outcome;
  t.ok(outcome > 0, `${outcome} seeds`);
  const expected =
    outcome === 1
      ? []
      : ['killed', 'restarted', 'unavailable', 'ended expired', 'ended completed', 'open at the end'];
  for (const what of expected) {
    t.ok((seen.get(what) ?? 0) > 0, `${what}: ${seen.get(what)}`);
  }
});
