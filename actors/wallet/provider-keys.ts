/**
 * Keys of tenants' identity providers: fetched when they are first needed, looked at again while they are in use, and
 * believed for a day while their provider cannot be reached. One fetch a provider is under way at a time.
 */
import { createHash } from 'node:crypto';
import { ThenarError } from '../../engine/errors.ts';
import { limits } from '../../engine/limits.ts';
import type { HttpSender } from '../../engine/outbound/send.ts';
import type { Clock, Log } from '../../engine/ports.ts';
import { RecentMap } from '../../engine/recent.ts';
import type { IdentityProviderRecord } from '../../engine/records.ts';
import { type ExternalToken, verifyExternalToken } from '../../engine/tokens/external.ts';
import { isUnknownKey, keyFinder, readKeySet } from '../../engine/tokens/jwks.ts';
import { assertTimely, refuseToken } from '../../engine/tokens/refusal.ts';

type KeyFinder = Awaited<ReturnType<typeof keyFinder>>;

/** What is known of one provider's keys. Times are `Clock.monotonic()` milliseconds. */
interface Known {
  /** A changed provider begins anew. */
  readonly provider: IdentityProviderRecord;
  /** Null until they were fetched. */
  find: KeyFinder | null;
  /** To notice that they changed. */
  text: string;
  fetchedAt: number;
  /** Of the last fetch, whatever became of it. */
  triedAt: number;
  failed: boolean;
  fetching: Promise<void> | null;
  /** Tokens whose signature was checked, by their SHA-256. Keys that change forget them. */
  readonly verified: RecentMap<string, ExternalToken>;
}

export class ProviderKeys {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #sender: HttpSender;
  readonly #known = new RecentMap<string, Known>(limits.jwks_cached_max);

  constructor(ports: { readonly clock: Clock; readonly log: Log; readonly sender: HttpSender }) {
    this.#clock = ports.clock;
    this.#log = ports.log;
    this.#sender = ports.sender;
  }

  /**
   * @throws ThenarError invalid_token; `unavailable` when the keys were never seen or are too old to be believed, and
   *   their provider does not answer
   */
  async verify(provider: IdentityProviderRecord, token: string): Promise<ExternalToken> {
    const known = this.#of(provider);
    await this.#renew(known);
    const now = this.#clock.now();
    const digest = createHash('sha256').update(token).digest('base64');
    const seen = known.verified.get(digest);
    if (seen !== undefined) {
      assertTimely(seen.goodFrom, seen.expiresAt, now);
      return seen;
    }
    const { text } = known;
    const verified = await verifyExternalToken(token, this.#finder(known), { ...provider, now });
    // Keys that changed meanwhile may have lost the one that verified it: then it serves this call only.
    if (text === known.text) known.verified.set(digest, verified);
    return verified;
  }

  #of(provider: IdentityProviderRecord): Known {
    const found = this.#known.get(provider.tenantId);
    if (found?.provider === provider) return found;
    const known: Known = {
      provider,
      find: null,
      text: '',
      fetchedAt: Number.NEGATIVE_INFINITY,
      triedAt: Number.NEGATIVE_INFINITY,
      failed: false,
      fetching: null,
      verified: new RecentMap(limits.provider_token_cache_max),
    };
    this.#known.set(provider.tenantId, known);
    return known;
  }

  /** Old keys serve while new ones are on their way; none, or too old ones, are waited for. */
  async #renew(known: Known): Promise<void> {
    const { jwks } = known.provider;
    if (jwks !== null) {
      known.find ??= await keyFinder(readKeySet(jwks));
      return;
    }
    const age = this.#clock.monotonic() - known.fetchedAt;
    if (age < limits.jwks_fresh_ms) return;
    const usable = known.find !== null && age < limits.jwks_stale_max_ms;
    const fetching = this.#fetch(known, known.failed ? limits.jwks_retry_ms : 0);
    if (usable) return;
    await fetching;
    if (known.find === null || this.#clock.monotonic() - known.fetchedAt >= limits.jwks_stale_max_ms) {
      throw new ThenarError('unavailable', 'The keys of the identity provider cannot be had now.', {
        retryAfterMs: limits.jwks_retry_ms,
      });
    }
  }

  /** A key that is not there may be a new one: looked for once, see `limits.jwks_refetch_min_ms`. */
  #finder(known: Known): KeyFinder {
    return async (header, token) => {
      if (known.find === null) throw refuseToken('no keys');
      try {
        return await known.find(header, token);
      } catch (error) {
        if (!isUnknownKey(error) || known.provider.jwksUrl === null) throw error;
        await this.#fetch(known, limits.jwks_refetch_min_ms);
        return known.find(header, token);
      }
    };
  }

  /** Never rejects. @param pauseMs what must have passed since the last try, or nothing is done */
  #fetch(known: Known, pauseMs: number): Promise<void> {
    if (known.fetching !== null) return known.fetching;
    const now = this.#clock.monotonic();
    if (now - known.triedAt < pauseMs) return Promise.resolve();
    known.triedAt = now;
    known.fetching = this.#take(known)
      .then(
        () => {
          known.failed = false;
        },
        (error: unknown) => {
          known.failed = true;
          const { tenantId, jwksUrl } = known.provider;
          this.#log.warn({ tenantId, jwksUrl, error }, 'Keys of an identity provider could not be fetched');
        },
      )
      .finally(() => {
        known.fetching = null;
      });
    return known.fetching;
  }

  async #take(known: Known): Promise<void> {
    const reply = await this.#sender.send({
      endpoint: known.provider.jwksUrl ?? '',
      method: 'GET',
      headers: { accept: 'application/jwk-set+json, application/json' },
      body: '',
      wantsBody: true,
      timeoutMs: limits.jwks_timeout_ms,
    });
    if ('error' in reply) throw new Error(reply.error);
    if (reply.status !== 200) throw new Error(`status ${reply.status}`);
    const keys = readKeySet(JSON.parse(reply.body));
    const text = JSON.stringify(keys);
    const find = text === known.text ? known.find : await keyFinder(keys);
    known.fetchedAt = this.#clock.monotonic();
    if (find === known.find) return;
    known.text = text;
    known.find = find;
    known.verified.clear();
  }
}
