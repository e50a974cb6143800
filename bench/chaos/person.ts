import type { Hand } from '../../engine/palm/types.ts';

/** What was acknowledged about one person: written down outside the engine, the moment the answer arrived. */
export class Person {
  readonly externalId: string;
  /** Number of the palm that this person has. */
  readonly palm: number;
  readonly userId: string;
  /** Hands that are enrolled, when any are: all of them in one commit. */
  readonly hands: readonly Hand[];
  /** The enrolled palms; none before, after they were taken away, and when one was refused as another's. */
  featureIds: readonly string[] = [];
  /** Another's palm looks like one of these, so they are never enrolled. */
  refused = false;
  deleted = false;
  suspended = false;
  consent: 'none' | 'granted' | 'withdrawn' = 'none';
  /** Completed verifications. */
  readonly verified: string[] = [];
  /** Challenges that nobody answers, and when their time is over (epoch milliseconds). */
  readonly lapsing: { readonly challengeId: string; readonly until: number }[] = [];
  readonly counts = {
    enrolled: 0,
    challenges: 0,
    granted: 0,
    withdrawn: 0,
    takenAway: 0,
    suspended: 0,
    reactivated: 0,
    /** Transactions that recognised this person. */
    visits: 0,
  };
  /** The key and the decision of the last transaction. */
  lastVisit: { readonly key: string; readonly decision: string } | null = null;

  constructor(externalId: string, palm: number, hands: readonly Hand[], userId: string) {
    this.externalId = externalId;
    this.palm = palm;
    this.hands = hands;
    this.userId = userId;
  }

  get isEnrolled(): boolean {
    return this.featureIds.length > 0;
  }

  /** Whether a scanner must know these palms. */
  get isKnown(): boolean {
    return this.isEnrolled && !this.deleted && !this.suspended;
  }
}
