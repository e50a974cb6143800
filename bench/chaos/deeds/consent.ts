/** Consent: given, withdrawn, and withdrawn with the palms. */
import type { Doing } from '../deeds.ts';
import type { Desk } from '../desk.ts';
import type { Person } from '../person.ts';

/** A kind of consent that opens nothing, so that enrolment and verification do not depend on it. */
export const consentType = 'newsletter';

export const consent: Doing = {
  to: (person) => person.isKnown,
  async run(desk, person) {
    if (person === null) return;
    if (person.consent === 'granted') await withdraw(desk, person, false);
    else await grant(desk, person);
  },
};

export const takeAway: Doing = {
  to: (person) => person.isKnown,
  async run(desk, person) {
    if (person === null) return;
    if (person.consent !== 'granted') await grant(desk, person);
    await withdraw(desk, person, true);
    person.featureIds = [];
    person.counts.takenAway += 1;
    desk.ledger.acknowledge('palms taken away');
  },
};

async function grant(desk: Desk, person: Person): Promise<void> {
  const { link } = desk.integrator;
  const body = { user_id: person.userId, consent_type: consentType, version: '1' };
  await desk.once(
    async () => {
      await link.call('recordConsent', { body });
      return true;
    },
    async () => ((await standsOf(desk, person)) === 'granted' ? true : null),
  );
  person.consent = 'granted';
  person.counts.granted += 1;
  desk.ledger.acknowledge('consents');
}

async function withdraw(desk: Desk, person: Person, erase: boolean): Promise<void> {
  const { link } = desk.integrator;
  const body = { user_id: person.userId, consent_type: consentType, erase };
  const receipt = await desk.once(
    async () => (await link.call('withdrawConsent', { body })).erasure?.erasure_id ?? 'none',
    async () => ((await standsOf(desk, person)) === 'withdrawn' ? 'unknown' : null),
  );
  if (receipt.includes('-')) desk.ledger.receipts.push(receipt);
  person.consent = 'withdrawn';
  person.counts.withdrawn += 1;
  desk.ledger.acknowledge('withdrawals');
}

/** What the engine says of a person's consent. */
export async function standsOf({ integrator }: Desk, { userId }: Person): Promise<string> {
  const { consents } = await integrator.link.call('getConsent', { params: { user_id: userId } });
  return consents.find(({ consent_type }) => consent_type === consentType)?.status ?? 'none';
}
