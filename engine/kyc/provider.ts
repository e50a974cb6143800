/** What a KYC provider is to the engine: it takes a check, and says later, signed, what came of it. */

export const kycProviderNames = ['mock', 'nafath'] as const;
export type KycProviderName = (typeof kycProviderNames)[number];

export type KycOutcome = 'verified' | 'rejected' | 'expired';

export interface KycRequest {
  /** Goes to the provider as the request's identifier, so that a repeat after a crash is the same request. */
  readonly sessionId: string;
  readonly nationalId: string | null;
}

/** What the provider answered: a check that the user must now pass, or its end at once. */
export interface KycStarted {
  readonly reference: string | null;
  readonly random: string | null;
  readonly redirectUrl: string | null;
  readonly outcome: KycOutcome | null;
}

export interface KycCallback {
  /** Which check it is about; by the session's own identifier, which was the request's. */
  readonly sessionId: string;
  readonly reference: string | null;
  /** Null: news that decide nothing. */
  readonly outcome: KycOutcome | null;
  readonly reason: string | null;
}

/** A callback as it came in. */
export interface SignedBody {
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The bytes that were signed. */
  readonly body: Uint8Array;
}

export interface KycProvider {
  readonly name: KycProviderName;
  /** @throws ThenarError `validation_failed` when it needs to know more than it is told */
  check(request: Omit<KycRequest, 'sessionId'>): void;
  /** @throws ThenarError `unavailable`, `kyc_provider_refused` */
  start(request: KycRequest): Promise<KycStarted>;
  /** @throws ThenarError `kyc_signature_invalid` unless the provider signed it lately; `malformed_body` */
  read(callback: SignedBody, now: number): { readonly callbackId: string; readonly said: KycCallback };
}
