import type { MatchResult } from '../palm/types.ts';
import type { Sealer } from '../ports.ts';
import type { ChallengeRecord, JsonObject, ReceiptKeyRecord } from '../records.ts';
import { signJws } from '../tokens/jws.ts';
import { KeyRing } from '../tokens/keyRing.ts';
import type { SignedDocument } from './document.ts';

/** By which a receipt is told from every other JWT: no receipt passes for an access token. */
export const RECEIPT_TYPE = 'thenar-receipt+jwt';

/** Signs receipts of verified people for documents, and publishes the keys that verify them. Immutable. */
export class Receipts {
  readonly #ring: KeyRing;
  readonly #published: readonly ReceiptKeyRecord[];
  readonly #issuer: string;

  private constructor(ring: KeyRing, published: readonly ReceiptKeyRecord[], issuer: string) {
    this.#ring = ring;
    this.#published = published;
    this.#issuer = issuer;
  }

  static async load(records: readonly ReceiptKeyRecord[], sealer: Sealer, issuer: string): Promise<Receipts> {
    const armed = records.flatMap(({ privateKey, ...key }) =>
      privateKey === null ? [] : [{ ...key, privateKey }],
    );
    return new Receipts(await KeyRing.load(armed, sealer), records, issuer);
  }

  /**
   * A compact JWS (RFC 7515) that says who verified with a palm for which document, how well, and when.
   * @param receiptId becomes its `jti`
   * @param verifiedAt epoch milliseconds
   * @throws ThenarError `unavailable` when no key signs now
   */
  async sign(
    receiptId: string,
    challenge: ChallengeRecord,
    document: SignedDocument,
    result: MatchResult,
    verifiedAt: number,
  ): Promise<string> {
    const key = this.#ring.signer(verifiedAt);
    const claims = {
      tenant_id: challenge.tenantId,
      challenge_id: challenge.challengeId,
      user_id: challenge.userId,
      external_user_id: challenge.externalUserId,
      device_id: challenge.deviceId,
      document_id: document.documentId,
      document_hash: document.documentHash,
      matched: result.matched,
      confidence: result.confidence,
      threshold_version: result.thresholdVersion,
      verified_at: new Date(verifiedAt).toISOString(),
    };
    return signJws(key, RECEIPT_TYPE, {
      ...claims,
      iss: this.#issuer,
      jti: receiptId,
      iat: Math.floor(verifiedAt / 1000),
    });
  }

  /** Public keys, those included that sign no more. */
  jwks(now: number): readonly JsonObject[] {
    return this.#published.filter((key) => now < key.verifiesUntil).map((key) => key.publicJwk);
  }
}
