/** The judge of the chaos bench: it must find what is missing, doubled, altered or told again, and nothing else. */
import t from 'tap';
import { AuditCopy } from '../../bench/chaos/audit.ts';
import type { Desk } from '../../bench/chaos/desk.ts';
import type { Lane } from '../../bench/chaos/lane.ts';
import { Ledger } from '../../bench/chaos/ledger.ts';
import { Person } from '../../bench/chaos/person.ts';
import type { Receiver } from '../../bench/chaos/receiver.ts';
import { Records } from '../../bench/chaos/records.ts';

/** A world with one enrolled person, whose log, events and deliveries a test may change. */
function world() {
  const ledger = new Ledger(1);
  const person = new Person('somebody', 1, ['right'], 'user-1');
  person.counts.enrolled = 1;
  ledger.people.push(person);
  const log = ['user_created', 'palm_enrolled'].map((event_type, at) => ({
    seq: at + 1,
    hash: `hash-${at + 1}`,
    event_type,
    user_id: 'user-1' as string | null,
    details: {},
  }));
  const events = new Map([['enrollment.complete user-1', 1]]);
  const deliveries = new Map([['del_1', { event: 'evt_1', times: 1 }]]);
  const listed = [{ delivery_id: 'del_1', event_id: 'evt_1' }];
  let busyWith: Person | null = null;
  const console = { send: async () => ({ data: log, pagination: { total: log.length } }) };
  const receiver = {
    count: (event: string, about: string) => events.get(`${event} ${about}`) ?? 0,
    // Nothing comes that has not come.
    until: async (fits: () => boolean) => fits(),
    deliveries,
    findings: [] as string[],
  };
  const records = new Records({
    ledger,
    lanes: [{ isBusyWith: (one: Person) => one === busyWith } as Lane],
    audit: new AuditCopy(console as never, ledger),
    receiver: receiver as unknown as Receiver,
    webhookId: 'webhook-1',
  });
  const desk = {
    rest: (work: () => Promise<unknown>) => work(),
    integrator: { link: { call: async () => listed } },
  } as unknown as Desk;
  const findings = async (): Promise<readonly string[]> => {
    await records.check(desk, true);
    return ledger.findings.splice(0);
  };
  const record = (event_type: string, seq = log.length + 1) =>
    log.push({ seq, hash: `hash-${seq}`, event_type, user_id: 'user-1', details: {} });
  const isBusy = (): void => {
    busyWith = person;
  };
  return { ledger, person, log, events, deliveries, listed, receiver, findings, record, isBusy };
}

t.test('what is there once is no finding', async (t) => {
  const { findings } = world();
  t.same(await findings(), []);
  t.same(await findings(), [], 'however often it is looked at');
});

t.test('a record that is missing, doubled, skipped or altered', async (t) => {
  const missing = world();
  missing.person.counts.granted = 1;
  t.same(await missing.findings(), ['0 audit records consent_granted of user-1, not 1']);
  const doubled = world();
  doubled.record('palm_enrolled');
  t.same(await doubled.findings(), ['2 audit records palm_enrolled of user-1, not 1']);
  const skipped = world();
  skipped.record('palm_health_changed', 4);
  t.same(await skipped.findings(), ['audit record 3 is missing']);
  const altered = world();
  await altered.findings();
  altered.log[1]!.hash = 'another';
  t.same(await altered.findings(), ['audit record 2 is not what it was']);
});

t.test('one more is none of somebody to whom something is being done', async (t) => {
  const { findings, record, isBusy, events } = world();
  isBusy();
  record('consent_granted');
  events.set('enrollment.complete user-1', 2);
  t.same(await findings(), []);
});

t.test('an event that nobody was told of, or was told of twice', async (t) => {
  const untold = world();
  untold.events.clear();
  t.same(await untold.findings(), ['0 webhook events enrollment.complete of user-1, not 1']);
  const twice = world();
  twice.events.set('enrollment.complete user-1', 2);
  t.same(await twice.findings(), ['2 webhook events enrollment.complete of user-1, not 1']);
});

t.test('a delivery that was on record as made and came again, or that never came', async (t) => {
  const again = world();
  again.deliveries.get('del_1')!.times = 2;
  t.same(await again.findings(), [], 'twice before the engine knew is at least once');
  again.deliveries.get('del_1')!.times = 3;
  t.same(await again.findings(), ['delivery del_1 was made, and sent again']);
  const never = world();
  never.listed.push({ delivery_id: 'del_2', event_id: 'evt_2' });
  t.same(await never.findings(), ['delivery del_2 never came']);
});
