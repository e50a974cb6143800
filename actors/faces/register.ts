/**
 * Registration of a face. The row is there before the vendor is asked, so that what a vendor kept of a registration
 * that was cut off is found and taken away; what follows the vendor's judgement runs in the tenant's lane, so that two
 * people with one face cannot both pass the duplicate check.
 */
import { ThenarError } from '../../engine/errors.ts';
import type { FacePolicy, FaceScan, FaceVendor, KnownFace, TakenFace } from '../../engine/face/ports.ts';
import { limits } from '../../engine/limits.ts';
import type { AuditEntry } from '../../engine/ports.ts';
import type { FaceRecord, TenantRecord } from '../../engine/records.ts';
import type { UserCall } from '../calls.ts';
import { refusalError } from '../challenge/complete.ts';
import { assertNotLocked, failureWrites } from '../commands/attempts.ts';
import type { Context } from '../context.ts';
import { inLane } from '../enrolment/lane.ts';
import { walletTransaction } from '../wallet/history.ts';
import { dropRow, forgetFace } from './forget.ts';
import { openFace, sealFace } from './keep.ts';
import { assertFaceCapturable, faceCapturableCheck, facePolicy } from './rules.ts';

/**
 * @throws ThenarError face_already_registered (a face is replaced by nobody who cannot show it), face_taken (another
 *   user of the tenant has it, under the duplicate policy `reject`), conflict while another registration of this user
 *   is under way, too_many_attempts after a few faces of others, limit_reached, the refusals of `FaceVendor`, user_suspended, consent_required, kyc_required
 */
export async function registerFace(context: Context, call: UserCall, scan: FaceScan): Promise<FaceRecord> {
  const { tenantId, userId, deadline } = call;
  const tenant = context.views.activeTenant(tenantId);
  const { user } = await context.views.user(tenantId, { userId });
  assertFaceCapturable(tenant, user);
  await assertNotLocked(context, probing(call));
  const vendor = context.faceVendors.active;
  const face = await begin(context, tenant, userId, vendor.name);
  const policy = await facePolicy(context, tenant);
  const taken = await orTakenBack(context, face, () => vendor.take(face, scan, policy, deadline));
  if (!taken.ok) {
    await dropRow(context, face);
    throw refusalError(taken);
  }
  // A caller who stops waiting for the lane leaves the rest to it: what it has not ended after all is taken back later.
  return inLane(context, tenantId, 'register_face', deadline, async () => {
    const value = await orTakenBack(context, face, async () => {
      const flags = await checkDuplicates(context, { call, tenant, vendor, face, policy }, taken.value);
      await vendor.keep(face, deadline);
      return commit(context, call, tenant, face, taken.value, flags);
    });
    return { value, position: null };
  });
}

/** Runs a step of a registration; when it fails nothing of the face stays, here or at its vendor. */
async function orTakenBack<T>(context: Context, face: FaceRecord, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    await forgetFace(context, face).catch((failure: unknown) => {
      context.log.warn({ faceId: face.faceId, error: failure }, 'A face that was cut off is forgotten later');
    });
    throw error;
  }
}

/** What failed registrations of a user are counted under. */
function probing({ tenantId, userId }: UserCall): string {
  return `face/${tenantId}/${userId}`;
}

async function begin(
  context: Context,
  tenant: TenantRecord,
  userId: string,
  vendor: string,
): Promise<FaceRecord> {
  const { clock, random, store } = context;
  const { tenantId } = tenant;
  const before = await store.get('faces', { tenantId, userId });
  if (before?.status === 'registered') throw alreadyRegistered();
  if (before !== null) {
    if (clock.now() - before.createdAt < limits.face_registration_ms) throw underWay();
    await forgetFace(context, before);
  }
  const face: FaceRecord = {
    tenantId,
    userId,
    faceId: random.uuid(),
    vendor,
    status: 'registering',
    sealed: null,
    createdAt: clock.now(),
    registeredAt: null,
    attempts: 0,
    forgiven: 0,
    lockedUntil: null,
    version: 1,
  };
  await store.commit({
    tenantId,
    writes: [faceCapturableCheck(tenant, userId), { insert: 'faces', row: face, conflict: 'conflict' }],
  });
  return face;
}

interface Registering {
  readonly call: UserCall;
  readonly tenant: TenantRecord;
  readonly vendor: FaceVendor;
  readonly face: FaceRecord;
  readonly policy: FacePolicy;
}

/** As for palms: the other user is named in the audit record alone. */
async function checkDuplicates(
  context: Context,
  { call, tenant, vendor, face, policy }: Registering,
  taken: TakenFace,
): Promise<readonly AuditEntry[]> {
  const { tenantId, userId } = face;
  const { duplicatePolicy } = tenant.config;
  if (duplicatePolicy === 'allow') return [];
  const known = (): AsyncIterable<readonly KnownFace[]> => knownFaces(context, face);
  const faceIds = await vendor.resembling(face, taken, known, policy, call.deadline);
  if (faceIds.length === 0) return [];
  const others = await context.store.list('faces', {
    where: { tenantId, faceId: { in: faceIds }, userId: { not: userId }, status: 'registered' },
    limit: limits.shortlist,
  });
  if (others.length === 0) return [];
  if (duplicatePolicy === 'reject') {
    // Before it is answered, so that a caller cannot try one face after the other to learn who is a user here.
    const counted = await failureWrites(context, 'face_registration', probing(call), call.actor, {
      user_id: userId,
      reason: 'face_taken',
    });
    await context.store.commit({ tenantId, ...counted });
    throw new ThenarError('face_taken', 'This face is registered for another user already.');
  }
  return others.map((other) => ({
    eventType: 'face_duplicate_flagged',
    severity: 'warning',
    actor: call.actor,
    userId,
    details: { other_user_id: other.userId },
  }));
}

/** Every face of the tenant that the vendor gave a template of. @throws ThenarError limit_reached beyond the bound */
async function* knownFaces(context: Context, face: FaceRecord): AsyncIterable<readonly KnownFace[]> {
  const { tenantId, vendor } = face;
  let seen = 0;
  for await (const page of context.store.scan('faces', { tenantId, vendor, status: 'registered' })) {
    seen += page.length;
    if (seen > limits.reference_faces_max) {
      throw new ThenarError('limit_reached', 'The development vendor holds as many faces as it compares.');
    }
    yield page.flatMap((row) => {
      const taken = openFace(context, row);
      return taken === null ? [] : [{ faceId: row.faceId, template: taken.template }];
    });
  }
}

async function commit(
  context: Context,
  call: UserCall,
  tenant: TenantRecord,
  face: FaceRecord,
  taken: TakenFace,
  flags: readonly AuditEntry[],
): Promise<FaceRecord> {
  const { tenantId, userId, faceId, version } = face;
  const set = {
    status: 'registered',
    sealed: await sealFace(context, face, taken),
    registeredAt: context.clock.now(),
    version: version + 1,
  } as const;
  await context.store.commit({
    tenantId,
    writes: [
      faceCapturableCheck(tenant, userId),
      {
        update: 'faces',
        where: { tenantId, userId, faceId, status: 'registering', version },
        set,
        otherwise: 'conflict',
      },
      walletTransaction(context, { tenantId, userId, type: 'face_registration' }),
    ],
    audit: [
      { eventType: 'face_registered', actor: call.actor, userId, details: { vendor: face.vendor } },
      ...flags,
    ],
  });
  return { ...face, ...set };
}

function alreadyRegistered(): ThenarError {
  return new ThenarError('face_already_registered', 'This user has a face registered already.');
}

function underWay(): ThenarError {
  return new ThenarError('conflict', 'A registration of this face is under way.', {
    retryAfterMs: limits.face_registration_ms,
  });
}
