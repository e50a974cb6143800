import type { Random } from '../../engine/ports.ts';
import { type ImageSource, poorScan } from './images.ts';
import type { ChallengeShown, SentScan } from './wire.ts';

/** How simulated scanners behave: probabilities in [0, 1], tried in this order; what is left answers properly. */
export interface Behaviour {
  /** Between being shown a challenge and answering it; evenly spread. */
  readonly delayMs: { readonly least: number; readonly most: number };
  /** The connection breaks instead of an answer. */
  readonly disconnect: number;
  /** Nobody comes; the challenge expires. */
  readonly noAnswer: number;
  /** Somebody else's palm. */
  readonly wrongPalm: number;
  /** An image that no template can be made of; a second try follows. */
  readonly poorQuality: number;
  /** Captures of each hand in an enrolment. */
  readonly samplesPerHand: number;
}

export const goodBehaviour: Behaviour = {
  delayMs: { least: 0, most: 0 },
  disconnect: 0,
  noAnswer: 0,
  wrongPalm: 0,
  poorQuality: 0,
  samplesPerHand: 3,
};

export type Reaction = 'disconnect' | 'no_answer' | 'wrong_palm' | 'poor_quality' | 'answer';

export function chooseReaction(behaviour: Behaviour, random: Random): Reaction {
  const choices: readonly (readonly [Reaction, number])[] = [
    ['disconnect', behaviour.disconnect],
    ['no_answer', behaviour.noAnswer],
    ['wrong_palm', behaviour.wrongPalm],
    ['poor_quality', behaviour.poorQuality],
  ];
  let drawn = random.fraction();
  for (const [reaction, probability] of choices) {
    if (drawn < probability) return reaction;
    drawn -= probability;
  }
  return 'answer';
}

/** Far from every identity in use, and always the same stranger for the same person. */
const STRANGER_OFFSET = 1_000_003;

/**
 * The people of a simulation: which palm belongs to which user, and which samples were captured already, so that no
 * image is ever shown twice.
 */
export class People {
  readonly #images: ImageSource;
  readonly #samples = new Map<string, number>();

  constructor(images: ImageSource) {
    this.#images = images;
  }

  /** The number at the end of the user's external id (`person-17` is 17); else a number derived from the id. */
  identityOf(challenge: Pick<ChallengeShown, 'external_user_id' | 'user_id'>): number {
    const name = challenge.external_user_id ?? challenge.user_id;
    const digits = /(\d{1,6})$/.exec(challenge.external_user_id ?? '')?.[1];
    if (digits !== undefined) return Number(digits);
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
    return 1_000_000 + (hash % 1_000_000_000);
  }

  /** A fresh capture of a palm. */
  capture(identity: number, hand: 'left' | 'right'): SentScan {
    const key = `${identity}/${hand}`;
    const sample = this.#samples.get(key) ?? 0;
    this.#samples.set(key, sample + 1);
    return this.#images.scan({ identity, hand, sample });
  }

  stranger(identity: number, hand: 'left' | 'right'): SentScan {
    return this.capture(identity + STRANGER_OFFSET, hand);
  }

  /** What the scanner sends for a challenge: one capture for a verification, several of each hand to enrol. */
  scansFor(challenge: ChallengeShown, reaction: Reaction, samplesPerHand: number): SentScan[] {
    const identity = this.identityOf(challenge);
    const hands: ('left' | 'right')[] =
      challenge.palm_type === 'both' ? ['left', 'right'] : [challenge.palm_type ?? 'right'];
    const captures = challenge.type === 'enroll' ? samplesPerHand : 1;
    return hands.flatMap((hand) =>
      Array.from({ length: captures }, () => {
        if (reaction === 'poor_quality') return poorScan(hand);
        return reaction === 'wrong_palm' ? this.stranger(identity, hand) : this.capture(identity, hand);
      }),
    );
  }
}
