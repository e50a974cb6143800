import { ThenarError } from '../../../engine/errors.ts';
import { limits } from '../../../engine/limits.ts';
import type { Clock } from '../../../engine/ports.ts';
import { equalBytes } from '../../../engine/secrets/generate.ts';
import type { Behaviour, Self } from '../../kernel/types.ts';
import { refusing } from '../../refusal.ts';
import { type DeviceChallengeMessage, type DeviceChallengeState, deviceChallengeKind } from './protocol.ts';

export function deviceChallengeBehaviour({
  clock,
}: {
  readonly clock: Clock;
}): Behaviour<DeviceChallengeState, DeviceChallengeMessage> {
  return {
    kind: deviceChallengeKind,
    load: async () => ({ open: null, issued: 0, spent: 0 }),
    receive: refusing((state, message, self) => receive(clock, state, message, self)),
    // It lives as long as its challenge does; its own timer ends both.
    idle: (state) => state.open === null,
    stateName: (state) => (state.open === null ? 'over' : 'open'),
    describe: (state) => ({
      issued: state.issued,
      spent: state.spent,
      expires_at: state.open === null ? null : new Date(state.open.expiresAt).toISOString(),
    }),
  };
}

function receive(
  clock: Clock,
  state: DeviceChallengeState,
  message: DeviceChallengeMessage,
  self: Self<DeviceChallengeMessage>,
): DeviceChallengeState {
  switch (message.type) {
    case 'issue': {
      const { challenge } = message;
      const life = limits.device_challenge_life_ms;
      const issued = { challenge, expiresAt: self.now() + life };
      self.timer('expire', life, { type: 'expire', challenge });
      message.reply.ok(issued);
      const open = { ...issued, dueAt: clock.monotonic() + life };
      return { ...state, open, issued: state.issued + 1 };
    }
    case 'check':
      assertStands(state, message.challenge, clock.monotonic());
      message.reply.ok();
      return state;
    case 'spend':
      assertStands(state, message.challenge, clock.monotonic());
      message.reply.ok();
      self.cancelTimer('expire');
      self.passivate();
      return { ...state, open: null, spent: state.spent + 1 };
    case 'expire':
      if (state.open?.challenge !== message.challenge) return state;
      self.passivate();
      return { ...state, open: null };
    default:
      return message satisfies never;
  }
}

/**
 * @param now of the clock that never jumps: five minutes are five minutes
 * @throws ThenarError device_challenge_invalid: unknown, over and used look the same
 */
function assertStands({ open }: DeviceChallengeState, challenge: string, now: number): void {
  const stands = open !== null && now < open.dueAt;
  if (stands && equalBytes(Buffer.from(open.challenge), Buffer.from(challenge))) return;
  throw new ThenarError(
    'device_challenge_invalid',
    'The challenge is unknown, expired or used; ask for one.',
  );
}
