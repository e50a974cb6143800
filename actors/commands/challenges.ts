import { createHash } from 'node:crypto';
import { ThenarError } from '../../engine/errors.ts';
import type { Eventually } from '../../engine/eventually.ts';
import type { ChallengeDraft } from '../../engine/identity/challenge.ts';
import { limits } from '../../engine/limits.ts';
import type { Scan } from '../../engine/palm/types.ts';
import type { TraceContext } from '../../engine/ports.ts';
import { assertDocumentNamed } from '../../engine/receipts/document.ts';
import type { ChallengeRecord, ChallengeStatus, ChallengeType, TenantConfig } from '../../engine/records.ts';
import { inSpan } from '../../engine/trace/spans.ts';
import type { CreateEnrolment, CreateVerification, EngineApi } from '../api.ts';
import type { DeviceCall, TenantCall } from '../calls.ts';
import { type ChallengeMessage, challengeKey, challengeKind } from '../challenge/protocol.ts';
import type { Context } from '../context.ts';
import { callingDevice } from '../device/calling.ts';
import { type DeviceMessage, deviceKey, deviceKind } from '../device/protocol.ts';
import type { Reply } from '../kernel/types.ts';
import { assertCapturable, assertHandAllowed, handsOf, isHandAllowed } from '../palms/rules.ts';
import { recordingRefusal } from '../palms/standing.ts';
import type { UserEntry } from '../views.ts';

/** Challenges: created by integrators, presented to one scanner, completed once. */
export function challengeCommands(context: Context): EngineApi['challenges'] {
  const { store, traces, views } = context;

  async function create(
    call: TenantCall,
    input: CreateEnrolment | CreateVerification,
    draft: (entry: UserEntry, config: TenantConfig) => ChallengeDraft,
  ): Promise<ChallengeRecord> {
    const tenant = views.activeTenant(call.tenantId);
    const [entry, deviceId] = await Promise.all([
      views.user(call.tenantId, input.user),
      views.deviceId(call.tenantId, input.device),
    ]);
    const { tenantId, actor } = call;
    const refused = { tenantId, actor, userId: entry.user.userId, details: { device_id: deviceId } };
    return recordingRefusal(context, refused, async () => {
      assertCapturable(tenant, entry.user);
      const decided = draft(entry, tenant.config);
      return inSpan(traces.start('device.create_challenge', 'internal', call.span.context), (span) => {
        span.set('thenar.device_id', deviceId);
        const trace = span.context;
        return context.directory.ask<DeviceMessage, ChallengeRecord>(
          deviceKind,
          deviceKey(tenantId, deviceId),
          call.deadline,
          (reply) => ({ type: 'create_challenge', draft: decided, actor, trace, reply }),
        );
      });
    });
  }

  /** The challenge when it is this device's; somebody else's does not exist for it. */
  async function own(call: DeviceCall, challengeId: string): Promise<ChallengeRecord> {
    await callingDevice(context, call, 'challenge');
    const challenge = await find(context, call.tenantId, challengeId);
    if (challenge.deviceId !== call.deviceId) throw notFound();
    return challenge;
  }

  async function ask(
    call: DeviceCall,
    challengeId: string,
    build: (reply: Reply<ChallengeRecord>, trace: TraceContext | null) => ChallengeMessage,
  ): Promise<ChallengeRecord> {
    const challenge = await own(call, challengeId);
    // What a scanner does for a challenge belongs to the trace of whoever asked for it.
    call.span.follow(traces.ofChallenge(challengeId));
    return inSpan(traces.start('challenge.decide', 'internal', call.span.context), (span) => {
      span.set('thenar.challenge_id', challengeId);
      return context.directory.ask<ChallengeMessage, ChallengeRecord>(
        challengeKind,
        challengeKey(challenge),
        call.deadline,
        (reply) => build(reply, span.context),
      );
    });
  }

  return {
    enrol: (call, input) =>
      create(call, input, ({ user, palms }, config) => {
        for (const hand of handsOf(input.palmType)) assertHandAllowed(user, hand);
        const taken = palms.filter((palm) => handsOf(input.palmType).includes(palm.hand));
        if (taken.length > 0 && input.replace !== true) {
          throw new ThenarError('palm_already_enrolled', 'This user has that palm enrolled already.', {
            details: { palm_types: taken.map((palm) => palm.hand) },
          });
        }
        return {
          type: 'enroll',
          user,
          palmType: input.palmType,
          replace: input.replace ?? false,
          expiresInS: input.expiresInS ?? config.enrolmentLifeS,
          metadata: input.metadata ?? null,
        };
      }),
    verify: (call, input) =>
      create(call, input, ({ user, palms }, config) => {
        assertDocumentNamed(input.metadata ?? null);
        const palmType = input.palmType ?? null;
        const usable = palms.filter((palm) => palmType === null || handsOf(palmType).includes(palm.hand));
        if (usable.length === 0) {
          throw new ThenarError('palm_not_enrolled', 'This user has no such palm enrolled.', {
            details: { palm_type: palmType },
          });
        }
        if (palmType !== null) for (const hand of handsOf(palmType)) assertHandAllowed(user, hand);
        // Of several palms that would do, one that the user may use is enough.
        else if (!usable.some((palm) => isHandAllowed(user, palm.hand))) {
          for (const palm of usable) assertHandAllowed(user, palm.hand);
        }
        return {
          type: 'verify',
          user,
          palmType,
          replace: false,
          expiresInS: input.expiresInS ?? config.verificationLifeS,
          metadata: input.metadata ?? null,
        };
      }),
    get: (call, challengeId) => find(context, call.tenantId, challengeId),
    async list(call, query) {
      const where = {
        tenantId: call.tenantId,
        ...(query.status === undefined ? {} : { status: query.status as ChallengeStatus }),
        ...(query.type === undefined ? {} : { type: query.type as ChallengeType }),
        ...(query.deviceId === undefined ? {} : { deviceId: query.deviceId }),
        ...(query.userId === undefined ? {} : { userId: query.userId }),
      };
      const { rows, total } = await store.page('challenges', {
        where,
        order: [['createdAt', 'desc']],
        limit: query.pageSize,
        offset: (query.page - 1) * query.pageSize,
      });
      return { rows: rows.map((row) => views.challenges.get(row.challengeId) ?? row), total };
    },
    async pending(call) {
      await callingDevice(context, call, 'challenge');
      return context.directory.ask<DeviceMessage, readonly ChallengeRecord[]>(
        deviceKind,
        deviceKey(call.tenantId, call.deviceId),
        call.deadline,
        (reply) => ({ type: 'pending', reply }),
      );
    },
    accept: (call, challengeId) => ask(call, challengeId, (reply) => ({ type: 'accept', reply })),
    reject: (call, challengeId, reason) =>
      ask(call, challengeId, (reply) => ({ type: 'reject', reason, actor: call.actor, reply })),
    async complete(call, input) {
      if (input.scans.length === 0 || input.scans.length > limits.scans_per_enrolment_max) {
        throw new ThenarError(
          'validation_failed',
          `Between 1 and ${limits.scans_per_enrolment_max} scans are needed.`,
        );
      }
      return ask(call, input.challengeId, (reply, trace) => ({
        type: 'complete',
        scans: input.scans,
        idempotencyKey: input.idempotencyKey ?? null,
        scanDigest: digestScans(input.scans),
        deadline: call.deadline,
        actor: call.actor,
        trace,
        reply,
      }));
    },
  };
}

function find(context: Context, tenantId: string, challengeId: string): Eventually<ChallengeRecord> {
  const live = context.views.challenges.get(challengeId);
  if (live !== undefined && live.tenantId === tenantId) return live;
  return context.store.get('challenges', { tenantId, challengeId }).then((row) => {
    if (row === null) throw notFound();
    return row;
  });
}

function notFound(): ThenarError {
  return new ThenarError('challenge_not_found', 'There is no such challenge.');
}

/** SHA-256 that byte-identical scans share. */
export function digestScans(scans: readonly Scan[]): Uint8Array {
  const hash = createHash('sha256');
  for (const scan of scans) {
    const data = scan.format === 'result' ? null : scan.data;
    const facts = { ...scan, data: data?.length ?? 0 };
    hash.update(JSON.stringify(facts));
    if (data !== null) hash.update(data);
  }
  return hash.digest();
}
