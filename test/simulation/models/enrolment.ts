/** The lane of a tenant's palm changes: no two people with one palm, whoever enrols beside whom and whatever fails. */
import { inLane, laneBehaviour, laneKind } from '../../../actors/enrolment/lane.ts';
import { enrolPalms } from '../../../actors/palms/enrol.ts';
import { indexCommitted } from '../../../actors/palms/keep.ts';
import { removalEntries, removalWrites } from '../../../actors/palms/remove.ts';
import { PALM_MODEL } from '../../../actors/palms/thresholds.ts';
import type { Hand } from '../../../engine/palm/types.ts';
import type { Model, Trial } from '../harness.ts';
import type { EngineLife } from '../life.ts';
import { tenantId, tenantRow, userRow } from '../rows.ts';
import { SimulatedKeys, SimulatedShard, scanOf } from '../shard.ts';

const PEOPLE = [1, 2, 3, 4];
const USERS = ['one', 'two', 'three', 'four', 'five'];
/** Enrol when nothing fails any more: each person is then somebody, and one alone. */
const LATE = PEOPLE.map((person) => `late ${person}`);

function begin(trial: Trial) {
  const { store, random, world } = trial;
  store.apply({
    tenantId,
    writes: [
      { insert: 'tenants', row: tenantRow() },
      { insert: 'settings', row: { name: PALM_MODEL, value: 'large', version: 1 } },
      ...[...USERS, ...LATE].map((userId) => ({ insert: 'users', row: userRow(userId) }) as const),
    ],
  });
  const personOf = new Map<string, number>();
  const keys = new SimulatedKeys(world);
  let shard = new SimulatedShard(world);
  let answered = 0;

  store.committed = () => {
    const owners = new Map<string, string>();
    for (const { palmId, userId, hand } of store.table('palms')) {
      const palm = `${personOf.get(palmId)} ${hand}`;
      const other = owners.get(palm);
      if (other !== undefined && other !== userId) trial.broken(`palm ${palm} is ${other} and ${userId}`);
      owners.set(palm, userId);
    }
    const log = store.table('palmLog');
    if (log.some(({ position }, index) => position !== index + 1)) trial.broken('the palm log has a gap');
  };
  const enrol = (userId: string, person: number, hands: readonly Hand[], replace: boolean): void => {
    trial.call(`device ${random.below(4)}`, async ({ context }) => {
      try {
        const palms = await enrolPalms(context, {
          tenantId,
          userId,
          deviceId: null,
          scans: hands.map((hand) => scanOf(person, hand)),
          replace,
          deadline: trial.deadline,
          also: (made) => {
            for (const { palmId } of made) personOf.set(palmId, person);
            return { writes: [], audit: [], committed: () => trial.note('enrolled') };
          },
        });
        const logged = store.table('palmLog').map(({ palmId }) => palmId);
        if (!palms.every(({ palmId }) => logged.includes(palmId)))
          trial.broken('acknowledged, and not in the log');
      } finally {
        answered += 1;
      }
    });
  };
  const remove = (userId: string): void => {
    trial.call('operator', ({ context }) =>
      inLane(context, tenantId, 'remove', trial.deadline, async () => {
        const palms = await context.store.list('palms', { where: { tenantId, userId } });
        if (palms.length === 0) return { value: null, position: null };
        const palmLog = removalEntries(palms);
        const { palmPosition } = await context.store.commit({
          tenantId,
          writes: removalWrites(tenantId, palms),
          palmLog,
        });
        context.views.forgetUser(tenantId, userId);
        await indexCommitted(context, tenantId, palmLog, [], palmPosition);
        trial.note('removed');
        return { value: null, position: palmPosition + palmLog.length - 1 };
      }),
    );
  };
  const hands = (): readonly Hand[] => random.pick([['right'], ['left'], ['left', 'right']] as const);
  const owned = (person: number): boolean =>
    store.table('palms').some(({ palmId, hand }) => hand === 'right' && personOf.get(palmId) === person);
  return {
    outside: { subjectKeys: keys },
    inside: () => {
      shard = new SimulatedShard(world);
      return { matcher: shard as never };
    },
    register: (context: EngineLife['context']) => {
      shard.context = context;
      context.directory.register(laneBehaviour(context));
    },
    start: async ({ views }: EngineLife['context']) => {
      views.tenants.set(tenantId, tenantRow());
    },
    actions: [
      [8, () => enrol(random.pick(USERS), random.pick(PEOPLE), hands(), false)],
      [2, () => enrol(random.pick(USERS), random.pick(PEOPLE), hands(), true)],
      [
        2,
        () => {
          // The same palm, by several at once.
          const person = random.pick(PEOPLE);
          for (const userId of USERS) if (random.chance(0.6)) enrol(userId, person, ['right'], false);
        },
      ],
      [3, () => remove(random.pick(USERS))],
    ] as const,
    actors: () => [[laneKind.name, tenantId]] as const,
    recover: () => {
      answered = 0;
      for (const [index, userId] of LATE.entries()) enrol(userId, PEOPLE[index]!, ['right'], false);
    },
    atRest: () => answered >= LATE.length,
    check: () => {
      for (const person of PEOPLE) if (!owned(person)) trial.broken(`nobody could enrol palm ${person}`);
    },
  };
}

export const enrolmentModel: Model = {
  kind: laneKind.name,
  seeds: 200,
  actions: 20,
  expected: [
    'enrolled',
    'removed',
    'palm_already_enrolled',
    'unavailable',
    'killed',
    'restarted',
    'restart true',
  ],
  begin,
};
