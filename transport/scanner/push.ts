import type { Push } from '../../actors/device/protocol.ts';
import { freeform, integer, object, type Schema, string, time, uuid } from '../http/schema.ts';
import { challengeOpenSchema, challengeOpenWire } from '../wire/challenge.ts';
import { timestamp } from '../wire/time.ts';
import { renderCall } from './json-rpc.ts';

const seq = integer({ min: 1 });

/** What each call of the engine carries, for the protocol's document and for tests. */
export const pushCalls: {
  readonly [M in Push['method']]: { readonly summary: string; readonly params: Schema<object> };
} = {
  'challenge.present': {
    summary: 'Ask for a palm.',
    params: object({ seq, challenge: challengeOpenSchema }),
  },
  'challenge.cancel': {
    summary: 'Stop asking.',
    params: object({ seq, challenge_id: uuid, reason: string }),
  },
  'config.update': {
    summary: 'Take over the settings you know.',
    params: object({ seq, config: freeform }),
  },
  'certificate.renew_due': {
    summary: 'Renew the certificate before it expires.',
    params: object({ seq, expires_at: time }),
  },
};

/**
 * The part of a push that does not depend on the receiver, by the object it shows. A configuration that goes to a
 * thousand scanners, or a challenge sent again after a reconnect, is encoded once; only `seq` differs.
 */
const encoded = new WeakMap<object, string>();

function once<T extends object>(shown: T, render: (shown: T) => string): string {
  let text = encoded.get(shown);
  if (text === undefined) {
    text = render(shown);
    encoded.set(shown, text);
  }
  return text;
}

/** The text frame of a call of the engine (CONTRACT: scanner protocol, server calls). */
export function renderPush(push: Push): string {
  return renderCall(push.seq, push.method, `,${paramsOf(push)}`);
}

function paramsOf(push: Push): string {
  switch (push.method) {
    case 'challenge.present':
      return once(
        push.challenge,
        (challenge) => `"challenge":${JSON.stringify(challengeOpenWire(challenge))}`,
      );
    case 'challenge.cancel':
      return `"challenge_id":${JSON.stringify(push.challengeId)},"reason":${JSON.stringify(push.reason)}`;
    case 'config.update':
      return once(push.config, (config) => `"config":${JSON.stringify(config)}`);
    case 'certificate.renew_due':
      return `"expires_at":"${timestamp(push.expiresAt)}"`;
    default:
      return push satisfies never;
  }
}
