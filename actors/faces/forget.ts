/** Faces that go: what a vendor keeps of them first, then the row that knows of it. Repeatable at any point. */
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { Write } from '../../engine/ports.ts';
import type { FaceRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { walletSubject } from '../wallet/subject.ts';

/** Of a registration that did not end, or of a user who is erased; a registered face stays. */
export async function forgetFace(context: Context, face: FaceRecord): Promise<void> {
  await forgetAtVendor(context, face);
  await dropRow(context, face);
}

/** Where the vendor keeps nothing. A registered face stays. */
export async function dropRow(context: Context, { tenantId, userId, faceId }: FaceRecord): Promise<void> {
  await context.store.commit({
    tenantId,
    writes: [{ delete: 'faces', where: { tenantId, userId, faceId, status: { not: 'registered' } } }],
  });
}

/** @throws ThenarError unavailable: what the vendor keeps is still there */
export async function forgetAtVendor(context: Context, face: FaceRecord): Promise<void> {
  const vendor = context.faceVendors.named(face.vendor);
  if (vendor === null) {
    throw new ThenarError('unavailable', 'The vendor that took this face is not configured here.');
  }
  await vendor.forget(face, context.clock.monotonic() + limits.match_deadline_ms);
}

/** Part of the commit that erases a user: nothing of the face is left with us but what the vendor calls it. */
export function leaveWrites(tenantId: string, userId: string): readonly Write[] {
  return [{ update: 'faces', where: { tenantId, userId }, set: { status: 'leaving', sealed: null } }];
}

/** After that commit, until nothing is left: the key behind the wallet, then the face at its vendor. */
export async function finishLeaving(context: Context, tenantId: string, userId: string): Promise<void> {
  const [left] = await context.store.list('users', {
    where: { tenantId, userId, status: 'deleted' },
    limit: 1,
  });
  if (left === undefined) return;
  await context.subjectKeys.destroy(walletSubject(userId));
  const face = await context.store.get('faces', { tenantId, userId, status: 'leaving' });
  if (face !== null) await forgetFace(context, face);
}

/** Regular work: registrations that were cut off are taken back. */
export async function forgetCutOff(context: Context): Promise<void> {
  const before = context.clock.now() - limits.face_registration_ms;
  const cutOff = await context.store.list('faces', {
    where: { status: 'registering', createdAt: { lt: before } },
    limit: limits.read_page_max,
  });
  for (const face of cutOff) await forgetFace(context, face);
}
