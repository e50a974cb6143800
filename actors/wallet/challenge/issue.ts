import { ThenarError } from '../../../engine/errors.ts';
import { limits } from '../../../engine/limits.ts';
import { TokenBuckets } from '../../../engine/rate.ts';
import { readVerifyingKey } from '../../../engine/wallet/verifying_key.ts';
import type { EngineApi } from '../../api.ts';
import type { Context } from '../../context.ts';
import {
  type DeviceChallengeMessage,
  deviceChallengeKey,
  deviceChallengeKind,
  type Issued,
} from './protocol.ts';

/** Challenges for new phones, at a pace for each user: every open one is an actor. */
export function deviceChallenges(context: Context): EngineApi['wallet']['deviceChallenge'] {
  const { clock, directory, random } = context;
  const pace = new TokenBuckets();
  return async (call, verifyingKey) => {
    const { tenantId, userId, deadline } = call;
    const { point } = readVerifyingKey(verifyingKey);
    const taken = pace.take(
      `${tenantId}/${userId}`,
      clock.monotonic(),
      limits.device_challenges_per_s,
      limits.device_challenges_burst,
    );
    if (!taken.ok) {
      throw new ThenarError('rate_limited', 'Too many challenges.', { retryAfterMs: taken.retryAfterMs });
    }
    const challenge = Buffer.from(random.bytes(limits.device_challenge_bytes)).toString('hex');
    const key = deviceChallengeKey(tenantId, userId, point);
    return directory.ask<DeviceChallengeMessage, Issued>(deviceChallengeKind, key, deadline, (reply) => ({
      type: 'issue',
      challenge,
      reply,
    }));
  };
}
