/** What keeps secrets at rest: sealing, and keys apart from what they protect. */

/** Envelope encryption with AES-256-GCM; additional data binds a value to its place. */
export interface Sealer {
  seal(plain: Uint8Array, additional: string): Uint8Array;
  open(sealed: Uint8Array, additional: string): Uint8Array;
  /** Keyed hash of a value at its place: equal values are found again, and nobody without the key can guess them. */
  mark(plain: Uint8Array, additional: string): Uint8Array;
}

/** Seals what belongs to no tenant; `of` seals a tenant's under a key of its own. Both keys are under the master key. */
export interface Sealers extends Sealer {
  of(tenantId: string): Sealer;
}

/**
 * Keys of subjects (users) and shard files, kept apart from what they protect so that destroying one makes the
 * protected bytes unreadable wherever copies of them remain.
 */
export interface SubjectKeys {
  /** The key of a subject, made durably under its tenant's when it is not there yet. 32 bytes. */
  ensure(subject: string, tenantId: string): Promise<Uint8Array>;
  /** Null when destroyed or never made. */
  find(subject: string): Uint8Array | null;
  /** Overwrites the key in place and returns once that is on disk. */
  destroy(subject: string): Promise<void>;
  /** Overwrites the tenant's key and those of all its subjects; whatever was sealed under them opens no more. */
  destroyTenant(tenantId: string): Promise<void>;
  close(): Promise<void>;
}
