/** Identity checks (KYC) of users with a provider. */
import type { KycStatus } from './identity.ts';

/** One check. It holds no document number and no name: those stay with the provider. */
export interface KycSessionRecord {
  readonly sessionId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly provider: string;
  readonly status: Exclude<KycStatus, 'not_started'>;
  /** The provider's own identifier of the check. */
  readonly reference: string | null;
  /** What the user must pick in the provider's app; shown while the check is open. */
  readonly random: string | null;
  readonly redirectUrl: string | null;
  /** Why it ended as it did, where there is more to say than the status. */
  readonly reason: string | null;
  readonly createdAt: number;
  /** When the provider took it; null while that is not known. */
  readonly startedAt: number | null;
  readonly expiresAt: number;
  readonly completedAt: number | null;
  readonly version: number;
}

/** A callback that was acted upon, so that nobody has it acted upon again. */
export interface KycCallbackRecord {
  readonly provider: string;
  readonly callbackId: string;
  /** Until its signature is too old to be believed in any case. */
  readonly expiresAt: number;
}
