import type { JsonObject } from './common.ts';

export type AuditSeverity = 'info' | 'warning' | 'high';

export interface AuditRecord {
  readonly tenantId: string;
  readonly seq: number;
  readonly eventType: string;
  readonly severity: AuditSeverity;
  /** `client/<id>`, `console/<id>`, `device/<id>` or `engine`. */
  readonly actor: string;
  readonly userId: string | null;
  readonly at: number;
  readonly details: JsonObject;
  readonly hash: Uint8Array;
}

/** A key that signs checkpoints; its public half is derived from the sealed one, so that nobody can swap it. */
export interface AuditKeyRecord {
  readonly kid: string;
  /** Sealed PKCS#8 DER of an EC key on P-256. */
  readonly privateKey: Uint8Array;
  readonly createdAt: number;
}

/** Where a tenant's chain stood, signed: what was recorded until then can neither change nor go unnoticed. */
export interface AuditCheckpointRecord {
  readonly tenantId: string;
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly at: number;
  /** Compact JWS over tenant, seq, hash and time. */
  readonly jws: string;
}
