/**
 * A provider with the flow of the Saudi Nafath app: a request names a national identifier and is answered with a
 * number of two digits; the person picks that number among others in the app, and the provider calls back.
 */
import { ThenarError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { HttpReply, HttpSender } from '../outbound/send.ts';
import { readSigned, textField } from './callback.ts';
import type { KycOutcome, KycProvider, KycStarted } from './provider.ts';

export interface NafathConfig {
  /** Base URL of its API. */
  readonly url: string;
  readonly appId: string;
  readonly appKey: string;
  /** Of its callbacks: `whsec_` and base64. */
  readonly secret: string;
}

/** What its states mean here; the others decide nothing yet. */
const outcomes: Readonly<Record<string, KycOutcome>> = {
  COMPLETED: 'verified',
  REJECTED: 'rejected',
  EXPIRED: 'expired',
};

export function nafathProvider(config: NafathConfig, sender: HttpSender): KycProvider {
  return {
    name: 'nafath',
    check({ nationalId }) {
      // Citizens have numbers that begin with 1, residents with 2.
      if (nationalId === null || !/^[12]\d{9}$/.test(nationalId)) {
        throw new ThenarError('validation_failed', 'Nafath needs a national_id of ten digits.', {
          details: {
            fields: [{ field: 'national_id', message: 'must be ten digits, beginning with 1 or 2' }],
          },
        });
      }
    },
    async start({ sessionId, nationalId }) {
      const reply = await sender.send({
        endpoint: `${config.url}/api/v1/mfa/request?local=en&requestId=${sessionId}`,
        headers: {
          'Content-Type': 'application/json',
          'APP-ID': config.appId,
          'APP-KEY': config.appKey,
        },
        body: JSON.stringify({ nationalId, service: 'DigitalServiceEnrollmentWithoutBio' }),
        wantsBody: true,
        timeoutMs: limits.kyc_provider_timeout_ms,
      });
      return readStarted(reply);
    },
    read(callback, now) {
      const { callbackId, fields } = readSigned(config.secret, callback, now);
      const said = {
        sessionId: textField(fields, 'requestId'),
        reference: textField(fields, 'transId'),
        outcome: outcomes[textField(fields, 'status')] ?? null,
        reason: null,
      };
      return { callbackId, said };
    },
  };
}

function readStarted(reply: HttpReply): KycStarted {
  if ('error' in reply) throw away(reply.error);
  if (reply.status >= 400 && reply.status < 500 && reply.status !== 429) {
    throw new ThenarError('kyc_provider_refused', 'Nafath refused to check this person.', {
      details: { provider_status: reply.status },
    });
  }
  if (reply.status < 200 || reply.status >= 300) throw away(reply.status);
  const { transId, random } = parse(reply.body);
  // The number goes to a screen, so it is held to what it should be.
  const shown = typeof random === 'number' ? String(random) : random;
  if (typeof transId !== 'string' || typeof shown !== 'string' || !/^\d{1,3}$/.test(shown)) {
    throw away('unreadable');
  }
  return { reference: transId.slice(0, 255), random: shown, redirectUrl: null, outcome: null };
}

function parse(text: string): { readonly transId?: unknown; readonly random?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as object;
  } catch {
    return {};
  }
}

function away(cause: string | number): ThenarError {
  return new ThenarError('unavailable', 'Nafath does not answer at the moment.', {
    cause: new Error(`nafath: ${cause}`),
    retryAfterMs: 5_000,
  });
}
