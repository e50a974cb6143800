/** What a new phone signs: used at most once, not after its time, and good until then unless its engine is gone. */
import { deviceChallengeBehaviour } from '../../../actors/wallet/challenge/behaviour.ts';
import {
  type DeviceChallengeMessage,
  deviceChallengeKind,
  type Issued,
} from '../../../actors/wallet/challenge/protocol.ts';
import { limits } from '../../../engine/limits.ts';
import type { Model, Trial } from '../harness.ts';
import type { EngineLife } from '../life.ts';

const KEYS = ['acme/one/k', 'acme/two/k'];

/** One key's challenge, as far as the outside can know it. */
interface Known extends Issued {
  readonly key: string;
  readonly life: EngineLife;
  spent: boolean;
  /** Another took its place, or an operator had its actor start again. */
  gone: boolean;
}

function begin(trial: Trial) {
  const { random, clock } = trial;
  const known: Known[] = [];
  const ask = <T>(life: EngineLife, key: string, build: (reply: never) => DeviceChallengeMessage) =>
    life.context.directory.ask<DeviceChallengeMessage, T>(
      deviceChallengeKind,
      key,
      trial.deadline,
      build as never,
    );

  const issue = (): void => {
    const key = random.pick(KEYS);
    trial.call(key, async (life) => {
      const challenge = Buffer.from(random.bytes(8)).toString('hex');
      const issued = await ask<Issued>(life, key, (reply) => ({ type: 'issue', challenge, reply }));
      for (const other of known) if (other.key === key) other.gone = true;
      known.push({ ...issued, key, life, spent: false, gone: false });
      trial.note('issued');
      return issued;
    });
  };
  const use = (type: 'check' | 'spend'): void => {
    const one = random.chance(0.7) ? known.at(-1) : random.pick(known);
    if (one === undefined) return;
    trial.call(random.pick(['a', 'b']), async (life) => {
      const { challenge, key } = one;
      try {
        await ask<void>(life, key, (reply) => ({ type, challenge, reply }));
      } catch (error) {
        const stands = !one.gone && !one.spent && clock.now() < one.expiresAt && one.life === life;
        const refusal = (error as { code?: string }).code === 'device_challenge_invalid';
        if (stands && refusal) trial.broken(`a challenge that stands was refused`);
        throw error;
      }
      if (one.spent) trial.broken('a challenge was used twice');
      if (clock.now() >= one.expiresAt) trial.broken('a challenge was used after its time');
      if (one.life !== life) trial.broken('a challenge outlived its engine');
      if (type === 'spend') one.spent = true;
      trial.note(type);
    });
  };
  const wait = (): void => {
    const until = clock.monotonic() + random.fraction() * limits.device_challenge_life_ms;
    clock.after(until - clock.monotonic(), () => trial.note('time passed'));
  };
  return {
    register: (context: EngineLife['context']) =>
      context.directory.register(deviceChallengeBehaviour(context)),
    actions: [
      [4, issue],
      [3, () => use('check')],
      [4, () => use('spend')],
      [1, wait],
    ] as const,
    actors: () => KEYS.map((key) => [deviceChallengeKind.name, key] as const),
    restarted: (_kind: string, key: string) => {
      for (const one of known) if (one.key === key) one.gone = true;
    },
    // Each expires by its own timer, and its actor leaves.
    atRest: () => KEYS.every((key) => !trial.life.context.directory.isLive(deviceChallengeKind, key)),
    check: () => {},
  };
}

export const deviceChallengeModel: Model = {
  kind: deviceChallengeKind.name,
  seeds: 200,
  actions: 25,
  expected: ['issued', 'check', 'spend', 'device_challenge_invalid', 'came twice', 'killed', 'restarted'],
  begin,
};
