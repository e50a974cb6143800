/** The development provider: verifies everybody, at once or when a callback says so. It checks nobody's identity. */
import { ThenarError } from '../errors.ts';
import { readSigned, textField } from './callback.ts';
import type { KycOutcome, KycProvider } from './provider.ts';

const outcomes: readonly string[] = ['verified', 'rejected', 'expired'] satisfies KycOutcome[];

/** @param secret signs callbacks; null: none can come, so every check ends at once */
export function mockProvider(secret: string | null): KycProvider {
  return {
    name: 'mock',
    check() {},
    async start({ sessionId }) {
      const outcome = secret === null ? 'verified' : null;
      return { reference: `mock-${sessionId}`, random: null, redirectUrl: null, outcome };
    },
    read(callback, now) {
      const { callbackId, fields } = readSigned(secret, callback, now);
      const status = textField(fields, 'status');
      if (!outcomes.includes(status)) {
        throw new ThenarError('malformed_body', `status must be one of ${outcomes.join(', ')}.`);
      }
      const reason = typeof fields.reason === 'string' ? fields.reason.slice(0, 255) : null;
      const said = {
        sessionId: textField(fields, 'session_id'),
        reference: null,
        outcome: status as KycOutcome,
        reason,
      };
      return { callbackId, said };
    },
  };
}
