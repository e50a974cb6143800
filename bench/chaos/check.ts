/** The ledger against the engine: what was acknowledged must be there, once, and what was erased must not. */

import { link } from '../../transport/apis/link/facade.ts';
import { ApiClient } from '../../transport/client/client.ts';
import { consoleSession } from '../../transport/client/credentials.ts';
import type { BenchTenant } from '../harness/target.ts';
import { ScannerClient } from '../scanner/client.ts';
import { consentType, isGone, type Lane } from './lane.ts';
import type { Ledger, Person, Revoked } from './person.ts';
import type { Receiver } from './receiver.ts';

export interface CheckOptions {
  readonly tenant: BenchTenant;
  readonly ledger: Ledger;
  readonly deviceUrl: string;
}

/** One person: user, palm, consent, verifications. */
export async function checkPerson(
  { tenant, ledger }: CheckOptions,
  lane: Lane,
  person: Person,
): Promise<void> {
  const { link: api } = tenant.integrator;
  const says = (what: string): void => ledger.finding(`${person.externalId}: ${what}`);
  if (person.deleted) {
    if (!(await isGone(tenant.integrator, person.userId))) says('erased and still there');
    if (await lane.recognised(person)) says('erased and still recognised');
    return;
  }
  const { palms } = await api.call('getUser', { params: { id: person.userId } });
  const shown = palms.map(({ feature_id }) => feature_id);
  const wanted = person.featureId === null ? [] : [person.featureId];
  if (shown.join() !== wanted.join()) says(`palms ${shown.join() || 'none'}, not ${wanted.join() || 'none'}`);
  if (person.featureId !== null && !(await lane.recognised(person))) says('enrolled and not recognised');
  const { consents } = await api.call('getConsent', { params: { user_id: person.userId } });
  const stands = consents.find(({ consent_type }) => consent_type === consentType)?.status ?? 'none';
  if (stands !== person.consent) says(`consent is ${stands}, not ${person.consent}`);
  for (const id of person.verified) {
    const { status, result } = await api.call('getChallenge', { params: { id } });
    if (status !== 'completed' || result?.matched !== true) says(`verification ${id} is ${status}`);
  }
}

/** A revoked certificate opens nothing. */
export async function checkRevoked({ ledger, deviceUrl }: CheckOptions, revoked: Revoked): Promise<void> {
  const client = new ScannerClient({ deviceUrl, credentials: revoked.credentials, reconnect: false });
  try {
    await client.connect();
    ledger.finding(`scanner ${revoked.deviceId}: revoked and let in`);
    await client.close();
  } catch {
    // Refused, by the handshake or right after it.
  }
}

/** Every audit record of a person, by type, against what was acknowledged. */
export async function checkAudit({ tenant, ledger }: CheckOptions): Promise<void> {
  const { baseUrl } = tenant.integrator;
  const console = new ApiClient(link, { baseUrl, credentials: consoleSession(baseUrl, tenant.admin) });
  const counted = new Map<string, Map<string, number>>();
  const query = { page_size: 100, order: 'asc' as const };
  for await (const { user_id, event_type } of console.all('listAuditLogs', { query })) {
    const events = counted.get(user_id ?? '') ?? new Map<string, number>();
    events.set(event_type, (events.get(event_type) ?? 0) + 1);
    counted.set(user_id ?? '', events);
  }
  for (const person of ledger.people) {
    const events = counted.get(person.userId) ?? new Map<string, number>();
    const wanted = {
      user_created: 1,
      palm_enrolled: person.featureId === null ? 0 : 1,
      consent_granted: person.granted,
      consent_withdrawn: person.withdrawn,
      challenge_created: person.verified.length,
      palm_verified: person.verified.length,
      user_deleted: person.deleted ? 1 : 0,
    };
    for (const [event, count] of Object.entries(wanted)) {
      const found = events.get(event) ?? 0;
      if (found !== count)
        ledger.finding(`${person.externalId}: ${found} audit records ${event}, not ${count}`);
    }
  }
}

/** Long after every retry that a kill can have caused. */
const DELIVERED_MS = 60_000;

/** Every acknowledged fact that fires a webhook was told of by one event, however often that was delivered. */
export async function checkWebhooks({ ledger }: CheckOptions, receiver: Receiver): Promise<void> {
  const told = (type: string, field: string, id: string): number =>
    [...receiver.events.values()].filter(
      (event) => event.type === type && (event.body.data as Record<string, unknown>)?.[field] === id,
    ).length;
  const wanted = ledger.people.flatMap((person) => [
    ...person.verified.map((id) => ['verification.complete', 'challenge_id', id, 1] as const),
    ['enrollment.complete', 'user_id', person.userId, person.featureId === null ? 0 : 1] as const,
    ['consent.withdrawn', 'user_id', person.userId, person.withdrawn] as const,
  ]);
  const open = (): typeof wanted =>
    wanted.filter(([type, field, id, count]) => told(type, field, id) < count);
  await receiver.until(() => open().length === 0, DELIVERED_MS);
  for (const [type, field, id, count] of wanted) {
    const found = told(type, field, id);
    if (found !== count) ledger.finding(`${found} webhooks ${type} of ${id}, not ${count}`);
  }
}
