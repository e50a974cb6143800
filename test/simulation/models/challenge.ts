/** A challenge: shown once it is committed, ended once, never again changed, told to its scanner, in its time. */
import { expireOverdue, rearmChallenges } from '../../../actors/boot/resume.ts';
import type { DeviceCall } from '../../../actors/calls.ts';
import { challengeBehaviour } from '../../../actors/challenge/behaviour.ts';
import { type ChallengeMessage, challengeKey, challengeKind } from '../../../actors/challenge/protocol.ts';
import { digestScans } from '../../../actors/commands/challenges.ts';
import { deviceBehaviour } from '../../../actors/device/behaviour.ts';
import { type DeviceMessage, deviceKey, deviceKind } from '../../../actors/device/protocol.ts';
import { isThenarError, type ThenarError } from '../../../engine/errors.ts';
import { isOpen } from '../../../engine/identity/challenge.ts';
import { limits } from '../../../engine/limits.ts';
import type { Scan } from '../../../engine/palm/types.ts';
import type { Matcher } from '../../../engine/ports.ts';
import type { ChallengeRecord } from '../../../engine/records.ts';
import { noSpan } from '../../../engine/trace/spans.ts';
import type { Model, Trial } from '../harness.ts';
import type { EngineLife } from '../life.ts';
import { deviceId, deviceRow, palmRow, tenantId, tenantRow, userId, userRow } from '../rows.ts';
import { SimulatedScanner } from '../scanner.ts';

const ENDINGS = /^(palm_verified|palm_not_matched|challenge_(expired|cancelled))$/;
const device = deviceKey(tenantId, deviceId);

/** The first byte of a scan says whose palm it is. */
const matcher = {
  verify: async (_tenant: string, _palms: unknown, scan: { readonly data: Uint8Array }) => {
    const fused = scan.data[0] === 1 ? 0.9 : 0.1;
    return { ok: true, value: { palmId: 'palm', userId, hand: 'right', scores: [fused], fused } };
  },
} as unknown as Matcher;

function begin(trial: Trial) {
  const { store, random, clock } = trial;
  store.apply({
    tenantId,
    writes: [
      { insert: 'devices', row: deviceRow() },
      { insert: 'users', row: userRow(userId) },
      { insert: 'palms', row: palmRow(userId) },
    ],
  });
  const scanner = new SimulatedScanner();
  scanner.broken = (what) => trial.broken(what);
  const rows = () => store.table('challenges');
  const row = (id: string) => rows().find((one) => one.challengeId === id);
  const open = () => rows().filter(isOpen);
  /** What each attempt's key was answered. */
  const results = new Map<string, string>();
  /** The engine that is being called. */
  let connecting: EngineLife | null = null;

  store.committed = (before) => {
    const known = (before.get('challenges') ?? []) as unknown as readonly ChallengeRecord[];
    for (const challenge of known) {
      if (isOpen(challenge)) continue;
      const now = row(challenge.challengeId);
      if (now !== challenge)
        trial.broken(`an ended challenge changed: ${challenge.status} to ${now?.status}`);
    }
    for (const challenge of rows()) {
      const was = known.find(({ challengeId }) => challengeId === challenge.challengeId);
      if (challenge.status === 'expired' && was?.status !== 'expired' && clock.now() < challenge.expiresAt)
        trial.broken('a challenge expired before its time');
    }
  };
  scanner.pushSeen = (push) => {
    const [record] = store.table('devices');
    if ((record?.seq ?? 0) < push.seq) trial.broken(`push ${push.seq} before its commit`);
    if (push.method === 'challenge.present' && row(push.challenge.challengeId) === undefined)
      trial.broken('a challenge was shown before its commit');
    trial.note(`push ${push.method}`);
  };
  const call = (): DeviceCall =>
    ({
      requestId: 'r',
      address: 'a',
      span: noSpan,
      actor: 'device',
      fingerprint: 'f',
      tenantId,
      deviceId,
      deadline: trial.deadline,
    }) as never;
  /** What a scanner learns from a refusal. */
  const refused = ({ code, details }: ThenarError): void => {
    if (details?.challenge_status === 'failed' || /^challenge_(c|exp)/.test(code))
      scanner.shown.delete(String(details?.challenge_id));
  };
  const answered = (reply: ChallengeRecord): void => {
    const truth = row(reply.challengeId);
    if (truth === undefined) trial.broken('acknowledged and not there');
    else if (!isOpen(reply) && (truth.status !== reply.status || truth.version !== reply.version))
      trial.broken(`acknowledged ${reply.status} and the row says ${truth.status}`);
    if (!isOpen(reply)) scanner.shown.delete(reply.challengeId);
    trial.note(`answered ${reply.status}`);
  };
  const ask = (
    sender: string,
    challenge: ChallengeRecord | undefined,
    build: (reply: never) => ChallengeMessage,
  ) => {
    if (challenge === undefined) return;
    const send = ({ context }: EngineLife) =>
      context.directory.ask<ChallengeMessage, ChallengeRecord>(
        challengeKind,
        challengeKey(challenge),
        trial.deadline,
        build as never,
      );
    trial.call(sender, send, answered, refused);
  };
  const cancel = (): void => {
    const target = random.pick(rows());
    if (target === undefined) return;
    const message = { type: 'cancel', reason: 'test', actor: 'test' } as const;
    trial.call('operator', async ({ context }) =>
      context.directory.tell(challengeKind, challengeKey(target), message),
    );
  };
  const create = (): void => {
    const draft = {
      type: 'verify',
      user: { userId, externalUserId: 'u' },
      palmType: 'right',
      replace: false,
      expiresInS: 10 + random.below(40),
      metadata: null,
    } as const;
    const send = ({ context }: EngineLife) =>
      context.directory.ask<DeviceMessage, ChallengeRecord>(deviceKind, device, trial.deadline, (reply) => ({
        type: 'create_challenge',
        draft,
        actor: 'test',
        trace: null,
        reply,
      }));
    trial.call(random.pick(['a', 'b']), send, answered);
  };
  const complete = (): void => {
    const palmType = random.chance(0.2) ? 'left' : 'right';
    const scans: Scan[] = [
      { format: 'template', model: 'm', palmType, data: Uint8Array.of(random.below(2)) },
    ];
    const idempotencyKey = random.chance(0.5) ? null : `key-${random.below(2)}`;
    const target = random.pick(rows());
    const same = `${target?.challengeId}/${idempotencyKey}/${Buffer.from(digestScans(scans)).toString('hex')}`;
    ask('scanner', target, (reply: never) => ({
      type: 'complete',
      scans,
      idempotencyKey,
      scanDigest: digestScans(scans),
      deadline: trial.deadline,
      trace: null,
      actor: 'device',
      reply: repeatable(same, reply),
    }));
  };
  /** A repeat is answered as the first was, once that ended the challenge. */
  const repeatable = (
    same: string,
    reply: { ok(value: ChallengeRecord): void; fail(error: unknown): void },
  ) => ({
    ok(value: ChallengeRecord) {
      const text = `${value.status} ${value.version}`;
      const before = results.get(same);
      if (before !== undefined && before !== text)
        trial.broken(`a repeat was answered ${text} after ${before}`);
      if (!isOpen(value)) results.set(same, text);
      reply.ok(value);
    },
    fail: (error: unknown) => reply.fail(error),
  });
  const connect = (): void => {
    const { life } = trial;
    if (!life.ready || connecting === life) return;
    connecting = life;
    scanner
      .connect(life, call())
      .then(
        () => trial.note('connected'),
        (error: unknown) => {
          scanner.disconnect();
          if (!isThenarError(error)) trial.broken(String(error));
        },
      )
      .finally(() => {
        connecting = null;
      });
  };
  const agreed = (): boolean => {
    const waiting = open();
    return (
      waiting.length === scanner.shown.size &&
      waiting.every(({ challengeId }) => scanner.shown.has(challengeId))
    );
  };
  let sawAgreement = false;
  return {
    outside: { matcher },
    register: (context: EngineLife['context']) => {
      context.directory.register(deviceBehaviour(context));
      context.directory.register(challengeBehaviour(context));
    },
    start: async (context: EngineLife['context']) => {
      context.views.tenants.set(tenantId, tenantRow());
      await rearmChallenges(context);
    },
    upkeep: expireOverdue,
    actions: [
      [6, create],
      [6, complete],
      [1, cancel],
      [
        1,
        () =>
          ask('scanner', random.pick(open()), (reply) => ({
            type: 'reject',
            reason: 'no',
            actor: 'device',
            reply,
          })),
      ],
      [4, connect],
      [2, () => scanner.hangUp(call())],
      [8, () => scanner.acknowledge(call())],
    ] as const,
    actors: () => {
      const one = random.pick(rows());
      const both = [[deviceKind.name, device] as const];
      return one === undefined ? both : [...both, [challengeKind.name, challengeKey(one)] as const];
    },
    lifeOver: () => scanner.disconnect(),
    look: () => {
      if (open().length > limits.challenges_pending_per_device_max) trial.broken('too many challenges wait');
    },
    recover: connect,
    // Both sides agree in the end, and then each challenge ends in its time.
    atRest: () => {
      if (!scanner.connected) connect();
      sawAgreement ||= scanner.connected && agreed();
      if (sawAgreement && open().length > 0) trial.note('open at the end');
      return sawAgreement && open().length === 0;
    },
    check: () => {
      for (const challenge of rows()) {
        const ends = store.audit.filter(
          ({ eventType, details }) =>
            ENDINGS.test(eventType) && details.challenge_id === challenge.challengeId,
        );
        const byAttempts = challenge.attempts >= limits.challenge_attempts_max ? 0 : 1;
        if (ends.length !== byAttempts)
          trial.broken(`${challenge.status} and ended ${ends.length} times in the audit log`);
        trial.note(`ended ${challenge.status}`);
      }
    },
  };
}

export const challengeModel: Model = {
  kind: challengeKind.name,
  seeds: 200,
  actions: 25,
  expected: [
    'killed',
    'restarted',
    'unavailable',
    'ended expired',
    'ended completed',
    'ended failed',
    'open at the end',
  ],
  begin,
};
