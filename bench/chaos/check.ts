/** The ledger against the engine: what was acknowledged must be there, once, and what was erased must not. */

import { setTimeout as pause } from 'node:timers/promises';
import { openStatuses } from '../../engine/identity/challenge.ts';
import { link } from '../../transport/apis/link/facade.ts';
import { ApiClient } from '../../transport/client/client.ts';
import { bearerToken } from '../../transport/client/credentials.ts';
import { ApiError } from '../../transport/client/error.ts';
import type { Credentials } from '../scanner/pair.ts';
import { wasCut } from './cut.ts';
import { standsOf } from './deeds/consent.ts';
import { tokenOf } from './deeds/credentials.ts';
import { isGone } from './deeds/people.ts';
import { isLetIn } from './deeds/scanners.ts';
import type { Desk } from './desk.ts';
import type { Lane } from './lane.ts';
import type { ClientFacts, Renewed } from './ledger.ts';
import type { Person } from './person.ts';

/** One person: user, palm, consent, the last verification and the last transaction. */
export async function checkPerson(desk: Desk, person: Person): Promise<void> {
  const { integrator, ledger } = desk;
  const says = (what: string): void => ledger.finding(`${person.externalId}: ${what}`);
  await checkLapsed(desk, person);
  if (person.deleted) {
    if (!(await desk.rest(() => isGone(desk, person.userId)))) says('erased and still there');
    if (await isRecognised(desk, person)) says('erased and still recognised');
    return;
  }
  const user = await desk.rest(() => integrator.link.call('getUser', { params: { id: person.userId } }));
  const shown = user.palms.map(({ feature_id }) => feature_id).sort();
  const wanted = [...person.featureIds].sort();
  if (shown.join() !== wanted.join()) says(`palms [${shown}], not [${wanted}]`);
  if ((user.status === 'suspended') !== person.suspended) says(`is ${user.status}`);
  const known = await isRecognised(desk, person);
  if (person.isKnown && !known) says('enrolled and not recognised');
  // A palm that was refused looks like somebody else's, who may well be recognised.
  if (!person.isKnown && !person.refused && known) says('recognised, and should not be');
  if (person.consent !== 'none') {
    const stands = await desk.rest(() => standsOf(desk, person));
    if (stands !== person.consent) says(`consent is ${stands}, not ${person.consent}`);
  }
  await checkVerified(desk, person.verified.slice(-1));
  const { lastVisit } = person;
  if (lastVisit === null) return;
  const again = await desk.visit(person, 'right', lastVisit.key);
  if (again !== lastVisit.decision) says(`the same transaction is ${again}, and was ${lastVisit.decision}`);
}

/** Every hand of somebody who should be, any hand of somebody who should not. */
async function isRecognised(desk: Desk, person: Person): Promise<boolean> {
  let recognised = 0;
  for (const hand of person.hands) if (await desk.recognised(person, hand)) recognised += 1;
  return person.isKnown ? recognised === person.hands.length : recognised > 0;
}

/** What the engine must come to by itself it has come to long before. */
const NOTICED_MS = 60_000;
const LOOK_MS = 20;

/** What nobody answered ends: by its time, or with whom it was about. */
async function checkLapsed(desk: Desk, { lapsing }: Person): Promise<void> {
  const due = lapsing.filter((one) => one.until < Date.now());
  for (const one of due) lapsing.splice(lapsing.indexOf(one), 1);
  for (const { challengeId: id, until } of due) {
    const look = () => desk.integrator.link.call('getChallenge', { params: { id } });
    let status = (await desk.rest(look)).status;
    while (isOpen(status) && Date.now() < until + NOTICED_MS) {
      await pause(LOOK_MS);
      status = (await desk.rest(look)).status;
    }
    if (status !== 'expired' && status !== 'cancelled')
      desk.ledger.finding(`challenge ${id} is ${status}, and its time is over`);
  }
}

function isOpen(status: string): boolean {
  return (openStatuses as readonly string[]).includes(status);
}

export async function checkVerified(desk: Desk, challengeIds: readonly string[]): Promise<void> {
  const { integrator, ledger } = desk;
  for (const id of challengeIds) {
    const { status, result } = await desk.rest(() =>
      integrator.link.call('getChallenge', { params: { id } }),
    );
    if (status !== 'completed' || result?.matched !== true) ledger.finding(`verification ${id} is ${status}`);
  }
}

/** A certificate that was revoked, or replaced, opens nothing. */
export async function checkRefused(desk: Desk, credentials: Credentials): Promise<void> {
  const letIn = await desk.rest(() => isLetIn(desk, credentials));
  if (letIn) desk.ledger.finding(`scanner ${credentials.deviceId}: its certificate is over, and was let in`);
}

export async function checkRenewed(desk: Desk, { credentials, old }: Renewed): Promise<void> {
  // The old one first: the new one's use would end it again.
  await checkRefused(desk, old);
  const end = performance.now() + NOTICED_MS;
  // Somebody who is let in may be sent away again by an engine whose database is not back yet.
  while (!(await desk.rest(() => isLetIn(desk, credentials)))) {
    if (performance.now() > end)
      return desk.ledger.finding(`scanner ${credentials.deviceId}: its new certificate is refused`);
    await pause(LOOK_MS);
  }
}

/** A secret that was replaced and a client that was deleted get no token; a token of that client opens nothing. */
export async function checkClient(desk: Desk, client: ClientFacts): Promise<void> {
  const { clientId, oldSecret, secret, token } = client;
  const says = (what: string): void => desk.ledger.finding(`client ${clientId}: ${what}`);
  if (!(await isRefused(desk, () => tokenOf(desk, clientId, oldSecret)))) says('its old secret still opens');
  if (secret !== null) {
    if (await isRefused(desk, () => tokenOf(desk, clientId, secret))) says('its new secret is refused');
    return;
  }
  const { baseUrl } = desk.integrator;
  const bearer = new ApiClient(link, { baseUrl, credentials: bearerToken(token) });
  if (!(await isRefused(desk, () => bearer.call('listDevices', {}))))
    says('deleted, and its token still opens');
}

function isRefused(desk: Desk, work: () => Promise<unknown>): Promise<boolean> {
  return desk.rest(async () => {
    try {
      await work();
      return false;
    } catch (error) {
      if (wasCut(error) || !(error instanceof ApiError) || error.status !== 401) throw error;
      return true;
    }
  });
}

/** Every key of a wallet is there in the version that was acknowledged. */
export async function checkWallet(desk: Desk, atRest: boolean): Promise<void> {
  const { client, keys } = desk.wallet;
  // Written down before it is looked at: whatever comes meanwhile only raises it.
  const wanted = new Map([...keys].map(([keyId, { version }]) => [keyId, version]));
  const versions = await desk.rest(() => client.versions());
  for (const [keyId, version] of wanted) {
    const found = versions.get(keyId) ?? 0;
    if (found < version || (atRest && found > version))
      desk.ledger.finding(`${keyId} of ${client.userId} is of version ${found}, not ${version}`);
  }
}

/** Everybody of a lane but whom it is busy with. */
export async function checkPeople(lane: Lane): Promise<void> {
  for (const person of [...lane.desk.people]) {
    await lane.holding(person, () => checkPerson(lane.desk, person));
  }
  await checkWallet(lane.desk, false);
}
