/** Signed statements of where a tenant's chain stood. */
import type { AuditCheckpointRecord } from '../records.ts';
import { joseLibrary } from '../tokens/library.ts';
import type { AuditKey } from './key.ts';

export type Checkpoint = Omit<AuditCheckpointRecord, 'jws'>;

/** So that no other JWS of ours can be taken for one. */
const TYPE = 'thenar-audit+jws';

/** A compact JWS (RFC 7515), ES256, over the checkpoint as JSON: `tenant_id`, `seq`, `hash` (hex) and `at`. */
export async function signCheckpoint(key: AuditKey, checkpoint: Checkpoint): Promise<string> {
  const { CompactSign } = await joseLibrary();
  return new CompactSign(Buffer.from(payloadOf(checkpoint)))
    .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: TYPE })
    .sign(key.privateKey);
}

/** Whether one of our keys signed exactly what the row says. */
export async function checkpointStands(
  keys: ReadonlyMap<string, AuditKey>,
  { jws, ...checkpoint }: AuditCheckpointRecord,
): Promise<boolean> {
  const { compactVerify } = await joseLibrary();
  try {
    const { payload, protectedHeader } = await compactVerify(
      jws,
      ({ kid = '' }) => {
        const key = keys.get(kid);
        if (key === undefined) throw new Error('a key that is none of ours');
        return key.publicKey;
      },
      { algorithms: ['ES256'] },
    );
    return protectedHeader.typ === TYPE && Buffer.from(payload).toString() === payloadOf(checkpoint);
  } catch {
    return false;
  }
}

function payloadOf({ tenantId, seq, hash, at }: Checkpoint): string {
  return JSON.stringify({
    tenant_id: tenantId.toLowerCase(),
    seq,
    hash: Buffer.from(hash).toString('hex'),
    at: new Date(at).toISOString(),
  });
}
