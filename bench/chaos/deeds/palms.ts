/** Palms: enrolled at the scanner or by a challenge, and verified by one. */
import { limits } from '../../../engine/limits.ts';
import type { Hand } from '../../../engine/palm/types.ts';
import { ScannerError } from '../../scanner/pair.ts';
import type { CompletionShown, SentScan } from '../../scanner/wire.ts';
import type { Doing, Round } from '../deeds.ts';
import type { Desk } from '../desk.ts';
import { Person } from '../person.ts';
import type { Step } from '../plan.ts';

/** Of several challenges at once that wait for the next kill. */
const WAITING_MAX = 3;
/** The shortest life that a challenge may have. */
const LAPSE_S = limits.challenge_life_min_s;

export const enrol: Doing = {
  // Somebody whose palm was taken away; else somebody new.
  to: (person) => !person.isEnrolled && !person.refused && !person.suspended,
  async run(desk, before, step, round) {
    const person = before !== null && step.salt % 2 === 0 ? before : await newcomer(desk, step, round);
    const byChallenge = (step.salt >>> 1) % 2 === 0;
    const featureIds = byChallenge
      ? await byAsking(desk, person, step.late, round.ended)
      : await atScanner(desk, person);
    if (featureIds === null) {
      person.refused = true;
      return;
    }
    if (featureIds.length !== person.hands.length)
      desk.ledger.finding(
        `${person.externalId}: ${featureIds.length} palms enrolled of ${person.hands.length}`,
      );
    person.featureIds = featureIds;
    person.counts.enrolled += 1;
    desk.ledger.acknowledge(byChallenge ? 'enrolments by challenge' : 'enrolments');
  },
};

async function newcomer(desk: Desk, { salt }: Step, round: Round): Promise<Person> {
  const { integrator, ledger } = desk;
  const made = desk.people.length + 1;
  const externalId = `chaos-${desk.number}-${made}`;
  const { user_id: userId } = await desk.rest(() =>
    integrator.link.call('createUser', { body: { external_user_id: externalId } }),
  );
  const hands: readonly Hand[] = (salt >>> 2) % 3 === 0 ? ['left', 'right'] : ['right'];
  const person = new Person(externalId, desk.number * 1_000_000 + made, hands, userId);
  round.takes(person);
  desk.people.push(person);
  ledger.people.push(person);
  return person;
}

/** @returns the palms, or null when one was refused: generated palms may look alike */
async function atScanner(desk: Desk, person: Person): Promise<readonly string[] | null> {
  try {
    return await desk.once(
      async () => (await desk.scanner.enrol(person.userId, desk.scansOf(person))).feature_ids,
      () => palmsOf(desk, person),
    );
  } catch (error) {
    if (isAnothers(error)) return null;
    throw error;
  }
}

async function palmsOf({ integrator }: Desk, { userId }: Person): Promise<readonly string[] | null> {
  const { palms } = await integrator.link.call('getUser', { params: { id: userId } });
  return palms.length === 0 ? null : palms.map(({ feature_id }) => feature_id);
}

function isAnothers(error: unknown): boolean {
  return error instanceof ScannerError && error.code === 'palm_already_enrolled';
}

async function byAsking(
  desk: Desk,
  person: Person,
  late: boolean,
  ended: Round['ended'],
): Promise<readonly string[] | null> {
  const [challengeId = ''] = await ask(desk, person, 'enroll', 1);
  if (late) await nextKill(desk, ended);
  const completed = await answer(desk, challengeId, desk.scansOf(person), late);
  return completed?.status === 'completed' ? desk.rest(() => palmsOf(desk, person)) : null;
}

export const verify: Doing = {
  to: (person) => person.isKnown,
  async run(desk, person, step, { ended }) {
    if (person === null) return;
    const ids = await ask(desk, person, 'verify', step.late ? 1 + (step.salt % WAITING_MAX) : 1);
    if (step.late) await nextKill(desk, ended);
    for (const challengeId of ids) {
      const completed = await answer(desk, challengeId, [desk.scanOf(person, 'right')], step.late);
      if (completed === null) continue;
      if (completed.matched !== true)
        desk.ledger.finding(`challenge ${challengeId} is ${completed.status}, and the palm is enrolled`);
      person.verified.push(challengeId);
      desk.ledger.acknowledge('verifications');
    }
  },
};

/** Asks what nobody answers, so that it must end by itself when its time is over, whoever is killed meanwhile. */
export const lapse: Doing = {
  to: (person) => person.isKnown,
  async run(desk, person) {
    if (person === null) return;
    const challengeId = await askOnce(desk, person, 'verify', { expires_in: LAPSE_S });
    person.counts.challenges += 1;
    // It began before this was told.
    person.lapsing.push({ challengeId, until: Date.now() + LAPSE_S * 1_000 });
    desk.ledger.acknowledge('challenges left to lapse');
  },
};

/** Asks for challenges of one person, one after the other. @returns their ids */
async function ask(desk: Desk, person: Person, type: 'enroll' | 'verify', count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    ids.push(await askOnce(desk, person, type));
    person.counts.challenges += 1;
  }
  return ids;
}

function askOnce(
  desk: Desk,
  person: Person,
  type: 'enroll' | 'verify',
  more: { readonly expires_in?: number } = {},
): Promise<string> {
  const { link } = desk.integrator;
  const key = desk.newKey();
  const body = {
    user_id: person.userId,
    hardware_id: desk.hardwareId,
    metadata: { document_id: key },
    ...more,
  };
  return desk.once(
    async () => {
      const made =
        type === 'verify'
          ? await link.call('createVerification', { body })
          : await link.call('createEnrolment', {
              body: { ...body, palm_type: person.hands.length === 2 ? 'both' : 'right' },
            });
      return made.challenge_id;
    },
    async () => {
      for await (const challenge of link.all('listChallenges', { query: { user_id: person.userId } })) {
        if (challenge.metadata?.document_id === key) return challenge.challenge_id;
      }
      return null;
    },
  );
}

/** Nothing is answered before the engine was killed and is back; or there is none to wait for any more. */
async function nextKill(desk: Desk, ended: Round['ended']): Promise<void> {
  const { engine, ledger, scanner } = desk;
  const before = scanner.session?.epoch;
  const what = await ledger.waits(Promise.race([engine.nextStart().then(() => 'killed' as const), ended]));
  if (what === 'ended') return;
  await desk.connected();
  // A new epoch, so that what it lists as pending is the whole truth.
  if (before !== undefined && scanner.session?.epoch === before)
    ledger.finding(`${desk.hardwareId} was taken for one that had missed nothing`);
}

/**
 * @param again whether it was open when the engine was killed
 * @returns null when it was never presented, which is a finding
 */
async function answer(
  desk: Desk,
  challengeId: string,
  scans: readonly SentScan[],
  again: boolean,
): Promise<Pick<CompletionShown, 'status' | 'matched'> | null> {
  const { ledger, scanner } = desk;
  if (!(await desk.presented(challengeId))) {
    ledger.finding(`challenge ${challengeId} was never presented${again ? ' again' : ''}`);
    return null;
  }
  if (again) ledger.acknowledge('challenges presented again');
  try {
    return await desk.atScanner(() => scanner.complete(challengeId, scans, `key-${challengeId}`));
  } catch (error) {
    if (!(error instanceof ScannerError) || !(await hasFailed(desk, challengeId))) throw error;
    return { status: 'failed' };
  }
}

async function hasFailed(desk: Desk, id: string): Promise<boolean> {
  const { link } = desk.integrator;
  return (await desk.rest(() => link.call('getChallenge', { params: { id } }))).status === 'failed';
}
