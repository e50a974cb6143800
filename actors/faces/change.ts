/** Changes of one face's row: each decided on the row as it is, and committed only if it still is. */
import { isThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { AuditEntry, Write } from '../../engine/ports.ts';
import type { FaceRecord } from '../../engine/records.ts';
import type { Context } from '../context.ts';
import { notRegistered } from './rules.ts';

export interface FaceChange {
  readonly set: Partial<FaceRecord>;
  readonly writes?: readonly Write[];
  readonly audit?: readonly AuditEntry[];
}

/**
 * @param decide throws to refuse
 * @returns the row as it is now
 * @throws ThenarError face_not_registered when the face is not there any more, or what `decide` and the commit throw
 */
export async function changeFace(
  context: Context,
  { tenantId, userId, faceId }: Pick<FaceRecord, 'tenantId' | 'userId' | 'faceId'>,
  decide: (face: FaceRecord, now: number) => FaceChange,
): Promise<FaceRecord> {
  for (let tries = 1; ; tries += 1) {
    const face = await context.store.get('faces', { tenantId, userId, faceId, status: 'registered' });
    if (face === null) throw notRegistered();
    const { set, writes = [], audit = [] } = decide(face, context.clock.now());
    const changes = { ...set, version: face.version + 1 };
    try {
      await context.store.commit({
        tenantId,
        writes: [
          {
            update: 'faces',
            where: { tenantId, userId, faceId, status: 'registered', version: face.version },
            set: changes,
            otherwise: 'version_conflict',
          },
          ...writes,
        ],
        audit,
      });
      return { ...face, ...changes };
    } catch (error) {
      if (!isThenarError(error, 'version_conflict') || tries >= limits.face_change_attempts_max) throw error;
    }
  }
}
