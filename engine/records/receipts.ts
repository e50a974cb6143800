import type { SigningKeyRecord } from './tenancy.ts';

/** A key that signs receipts, and is published as long as any of them is to be believed. */
export interface ReceiptKeyRecord extends Omit<SigningKeyRecord, 'privateKey'> {
  /** Null once its time to sign is over: then nobody can sign in its name any more, whatever leaks. */
  readonly privateKey: Uint8Array | null;
}
