export type WebhookStatus = 'active' | 'disabled';

export type DeliveryStatus = 'pending' | 'delivered' | 'failed';

export interface WebhookRecord {
  readonly webhookId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly endpoint: string;
  readonly events: readonly string[];
  readonly status: WebhookStatus;
  /** Sealed signing secret (the part after `whsec_`, decoded). */
  readonly secret: Uint8Array;
  /** Sealed secret that the current one took the place of; signs beside it until `previousSecretUntil`. */
  readonly previousSecret: Uint8Array | null;
  readonly previousSecretUntil: number | null;
  /** Sealed value of X-API-Key. */
  readonly apiKey: Uint8Array | null;
  readonly version: number;
  readonly createdAt: number;
}

/** One event, its body fixed byte for byte when it was decided. */
export interface WebhookEventRecord {
  /** `evt_` and 32 hex digits. */
  readonly eventId: string;
  readonly tenantId: string;
  readonly eventType: string;
  /** Whom or what it is about; events of one subject reach an endpoint in their order. Null: any order will do. */
  readonly subject: string | null;
  readonly body: string;
  readonly createdAt: number;
  /** Order of insertion, given by the database. */
  readonly sequence?: number;
}

/** One event to one endpoint. */
export interface DeliveryRecord {
  /** `del_` and a UUID. */
  readonly deliveryId: string;
  readonly tenantId: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly eventType: string;
  /** Of the event. */
  readonly subject: string | null;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly nextAttemptAt: number;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly createdAt: number;
  readonly deliveredAt: number | null;
  /** Order of insertion, given by the database. */
  readonly sequence?: number;
}
