export type FailMode = 'allow' | 'deny';

/** A product backend that decides what scanners bound to its product ask. */
export interface LinkedServiceRecord {
  readonly serviceId: string;
  readonly tenantId: string;
  /** What a device's `boundProduct` names it by; unique in the tenant. */
  readonly productKey: string;
  readonly baseUrl: string;
  readonly authorizePath: string;
  /** Null: its health shows only in how it answers. */
  readonly healthPath: string | null;
  readonly timeoutMs: number;
  /** What holds while it cannot be asked. */
  readonly failMode: FailMode;
  /** Sealed signing secret (the part after `whsec_`, decoded). */
  readonly secret: Uint8Array;
  /** As last written by its actor, which is at most `limits.service_health_write_ms` ahead; no part of `version`. */
  readonly lastHealthCheckAt: number | null;
  readonly healthFailures: number;
  readonly version: number;
  readonly createdAt: number;
}

/**
 * A question to a linked service that was decided to be asked and has no answer yet. It is written before the
 * service hears of it and goes in the commit of the answer, so what is here after a crash is what must be asked again.
 */
export interface TransactionIntentRecord {
  readonly transactionId: string;
  readonly tenantId: string;
  readonly deviceId: string;
  readonly serviceId: string;
  readonly userId: string;
  /** Of the device: with the device it names the idempotency record that waits for the answer. */
  readonly idempotencyKey: string;
  /** Body of the question, fixed byte for byte, so that one transaction is always asked the same. */
  readonly request: string;
  readonly createdAt: number;
}
