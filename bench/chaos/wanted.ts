/** What the ledger says must be on record: audit records and webhook events, counted by what they are about. */
import type { Ledger } from './ledger.ts';
import type { Person } from './person.ts';

/** How often something is on record about somebody or something. */
export interface Wanted {
  readonly event: string;
  readonly about: string;
  readonly count: number;
  /** Whom a lane may be busy with, so that more may be on record than was acknowledged. */
  readonly person: Person | null;
  /** Whether a deed that a kill cut off may have been done without anybody being told, and was done again. */
  readonly atLeast?: boolean;
}

/** @param atRest whether every lane has ended, so that nothing is on record that nobody was told yet */
export function wantedRecords(ledger: Ledger, atRest: boolean): Wanted[] {
  const records: Wanted[] = ledger.people.flatMap((person) => {
    const { counts } = person;
    const wanted = {
      user_created: 1,
      palm_enrolled: counts.enrolled,
      palms_erased: counts.takenAway,
      palm_transaction: counts.visits,
      challenge_created: counts.challenges,
      palm_verified: person.verified.length,
      consent_granted: counts.granted,
      consent_withdrawn: counts.withdrawn,
      user_suspended: counts.suspended,
      user_reactivated: counts.reactivated,
      user_deleted: person.deleted ? 1 : 0,
    };
    return Object.entries(wanted).map(([event, count]) => ({ event, count, about: person.userId, person }));
  });
  const of = (event: string, about: string, count = 1, atLeast = false): void => {
    records.push({ event, about, count, person: null, atLeast });
  };
  for (const { deviceId } of [...ledger.revoked, ...ledger.renewed]) of('device_paired', deviceId);
  for (const { deviceId } of ledger.revoked) of('device_revoked', deviceId);
  for (const { deviceId } of ledger.renewed) of('device_certificate_renewed', deviceId, 1, true);
  for (const { clientId, secret } of ledger.clients) {
    of('client_created', clientId);
    if (secret === null) of('client_deleted', clientId);
    else of('client_secret_regenerated', clientId, 1, true);
  }
  for (const wallet of ledger.wallets) {
    of('key_shares_backed_up', wallet.client.userId, wallet.backups, !atRest);
  }
  return records;
}

export function wantedEvents(ledger: Ledger): Wanted[] {
  const people: Wanted[] = ledger.people.flatMap((person) => {
    const { counts, userId } = person;
    const wanted = {
      'enrollment.complete': counts.enrolled,
      'consent.withdrawn': counts.withdrawn,
      'user.suspended': counts.suspended,
      'user.reactivated': counts.reactivated,
      'verification.complete': person.verified.length,
    };
    return [
      ...Object.entries(wanted).map(([event, count]) => ({ event, count, about: userId, person })),
      ...person.verified.map((id) => ({ event: 'verification.complete', count: 1, about: id, person })),
    ];
  });
  const scanners = [...ledger.revoked, ...ledger.renewed].map(({ hardwareId }) => ({
    event: 'device.paired',
    about: hardwareId,
    count: 1,
    person: null,
  }));
  return [...people, ...scanners];
}
