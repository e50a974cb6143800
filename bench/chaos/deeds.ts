/** What a lane may do, as a table: to whom, and how. */
import { consent, takeAway } from './deeds/consent.ts';
import { backUp, client } from './deeds/credentials.ts';
import { enrol, lapse, verify } from './deeds/palms.ts';
import { erase, standing, visit } from './deeds/people.ts';
import { renew, revoke } from './deeds/scanners.ts';
import type { Desk } from './desk.ts';
import type { Person } from './person.ts';
import type { Deed, Step } from './plan.ts';

export interface Round {
  /** Nobody waits for another kill after it. */
  readonly ended: Promise<'ended'>;
  /** Tells the lane whom it is busy with, when that is somebody new. */
  readonly takes: (newcomer: Person) => void;
}

export interface Doing {
  /** Who of those still there it can be done to; left out: it is nobody's. */
  readonly to?: (person: Person) => boolean;
  /** @param person null: there is nobody it could be done to, and whoever must have somebody does nothing */
  readonly run: (desk: Desk, person: Person | null, step: Step, round: Round) => Promise<void>;
}

export const deeds: Readonly<Record<Deed, Doing>> = {
  enrol,
  verify,
  lapse,
  consent,
  takeAway,
  standing,
  visit,
  erase,
  backUp,
  revoke,
  renew,
  client,
};
