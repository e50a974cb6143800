/** What a vendor gave of a face, at rest: under the key of the user's wallet, bound to the face it is of. */
import type { TakenFace } from '../../engine/face/ports.ts';
import type { FaceRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { openForWallet, sealForWallet } from '../wallet/subject.ts';

type Place = Pick<FaceRecord, 'tenantId' | 'userId' | 'faceId'>;

export function sealFace(context: Context, place: Place, { template }: TakenFace): Promise<Uint8Array> {
  return sealForWallet(context, place, template, faceAt(place));
}

/** Null for a face that is being registered or erased. */
export function openFace(context: Context, face: FaceRecord): TakenFace | null {
  if (face.sealed === null) return null;
  const template = openForWallet(context, face.userId, face.sealed, faceAt(face));
  return template === null ? null : { template };
}

function faceAt({ tenantId, userId, faceId }: Place): string {
  return `face|${tenantId}|${userId}|${faceId}`;
}
