/** A migration of the palm model: it ends or is rolled back, goes on after every stop, and loses nobody's palm. */
import { migrationCommands } from '../../../actors/commands/palm-migration.ts';
import { laneBehaviour } from '../../../actors/enrolment/lane.ts';
import { migrationBehaviour } from '../../../actors/migration/behaviour.ts';
import { migrationKind, resumeMigration } from '../../../actors/migration/protocol.ts';
import { enrolPalms } from '../../../actors/palms/enrol.ts';
import { PALM_MODEL } from '../../../actors/palms/thresholds.ts';
import type { HttpReply, HttpSender } from '../../../engine/outbound/send.ts';
import { palmModel } from '../../../engine/palm/model.ts';
import { reportedModel } from '../../../engine/palm/models.ts';
import type { PalmModel } from '../../../engine/palm/types.ts';
import type { PalmMigrationRecord } from '../../../engine/records.ts';
import type { Model, Trial } from '../harness.ts';
import type { EngineLife } from '../life.ts';
import { palmRow, tenantId, tenantRow, userRow } from '../rows.ts';
import { SimulatedKeys, SimulatedShard, scanOf, templateOf } from '../shard.ts';

const USERS = ['one', 'two', 'three', 'four', 'five', 'six'];
const reply = (status: number, body: object): HttpReply => ({
  status,
  retryAfter: undefined,
  body: JSON.stringify(body),
});
const thresholds = (model: PalmModel) =>
  ({ model, version: 1, thresholds: [0.5], fused: 0.5, createdAt: 0, createdBy: 'engine' }) as const;

function begin(trial: Trial) {
  const { store, random, world } = trial;
  /** What the verification server knows: the person whose palm each reference is. */
  const features = new Map<string, number>();
  const enrolledSmall = new Set<string>();
  const smallPalm = (userId: string, person: number) => {
    const reference = `f-${features.size}`;
    // Some it has lost.
    if (random.chance(0.9)) features.set(reference, person);
    else features.set(reference, 0);
    return palmRow(userId, { palmId: `small-${userId}`, model: reportedModel, samples: 0, reference });
  };
  store.apply({
    tenantId,
    writes: [
      { insert: 'tenants', row: tenantRow() },
      { insert: 'settings', row: { name: PALM_MODEL, value: 'small', version: 1 } },
      { insert: 'palmThresholds', row: thresholds('small') },
      { insert: 'palmThresholds', row: thresholds('large') },
      ...USERS.map((userId) => ({ insert: 'users', row: userRow(userId) }) as const),
    ],
  });
  for (const [index, userId] of USERS.slice(0, 1 + random.below(5)).entries()) {
    // Now and then two people report one palm, which the large model finds out.
    const row = smallPalm(userId, random.chance(0.1) ? 1 : index + 1);
    enrolledSmall.add(row.palmId);
    store.apply({ tenantId, writes: [{ insert: 'palms', row }] });
  }
  let up = true;
  const keys = new SimulatedKeys(world);
  let shard = new SimulatedShard(world);
  const model = () => store.table('settings')[0]!.value;
  const small = () => store.table('palms').filter((palm) => palm.model === reportedModel);
  const migrations = () => store.table('palmMigrations');

  store.committed = (before) => {
    const palms = new Set(store.table('palms').map(({ palmId }) => palmId));
    const kept = new Set(store.table('palmMigrationPalms').map(({ palmId }) => palmId));
    for (const { palmId } of small()) enrolledSmall.add(palmId);
    for (const palmId of enrolledSmall) {
      if (!palms.has(palmId) && !kept.has(palmId)) trial.broken('a palm of the small model is lost');
    }
    const known = (before.get('palmMigrations') ?? []) as unknown as readonly PalmMigrationRecord[];
    for (const migration of migrations()) {
      const was = known.find(({ migrationId }) => migrationId === migration.migrationId);
      if (was !== migration && was?.status !== migration.status) ended(migration);
    }
  };
  const ended = ({ status, migrationId }: PalmMigrationRecord): void => {
    trial.note(`migration ${status}`);
    if (status === 'completed' && small().length > 0) trial.broken('completed, and small palms are left');
    if (status === 'completed' && model() !== 'large') trial.broken('completed under the small model');
    if (status !== 'failed' && status !== 'rolled_back') return;
    if (model() !== 'small') trial.broken(`${status} under the large model`);
    if (small().length < enrolledSmall.size) trial.broken(`${status}, and small palms are missing`);
    if (status === 'failed') return;
    const made = store.table('palmMigrationUsers').filter((user) => user.migrationId === migrationId);
    const left = store
      .table('palms')
      .some(({ palmId }) => made.some(({ palmIds }) => palmIds.includes(palmId)));
    if (left) trial.broken('rolled back, and copies are left');
  };
  const operatorSender: HttpSender = {
    async send({ endpoint }) {
      await world.sleep(random.fraction() * 40);
      if (!up || (!trial.recovered && random.chance(0.05))) return { error: 'ECONNRESET' };
      const [, reference] = /features\/([^?]+)/.exec(endpoint) ?? [];
      if (reference === undefined) return reply(200, { status: 'ok', vendor: 'v', model: palmModel });
      const person = features.get(reference) ?? 0;
      if (person === 0) return reply(404, { error: { code: 'not_found' } });
      const templates = [Buffer.from(templateOf(person)).toString('base64')];
      return reply(200, { feature_id: reference, templates });
    },
    close() {},
  };
  const call = () => ({ requestId: 'r', address: 'a', actor: 'operator', deadline: trial.deadline }) as never;
  const migrate = (): void =>
    trial.call('operator', async ({ context }) => {
      await migrationCommands(context).migrate(call(), { minShare: random.pick([0, 0.5, 1]) });
    });
  const rollBack = (): void =>
    trial.call('operator', async ({ context }) => {
      await migrationCommands(context).rollBack(call());
    });
  let people = USERS.length;
  /** Enrolments go on meanwhile, under whichever model decides. */
  const enrol = (): void => {
    const userId = random.pick(USERS);
    trial.call('device', async ({ context }) => {
      people += 1;
      const reference = `late-${people}`;
      features.set(reference, people);
      const reported = {
        format: 'result',
        matched: true,
        scores: [0.9],
        featureId: reference,
        palmType: 'right',
      } as const;
      const scan = context.deployment.palmModel === 'small' ? reported : scanOf(people, 'right');
      await enrolPalms(context, {
        tenantId,
        userId,
        deviceId: null,
        scans: [scan],
        replace: false,
        deadline: trial.deadline,
        also: () => ({ writes: [], audit: [], committed: () => trial.note('enrolled') }),
      });
    });
  };
  return {
    outside: { operatorSender, subjectKeys: keys },
    inside: () => {
      shard = new SimulatedShard(world);
      return { matcher: shard as never };
    },
    register: (context: EngineLife['context']) => {
      shard.context = context;
      context.directory.register(laneBehaviour(context));
      context.directory.register(migrationBehaviour(context));
    },
    start: async (context: EngineLife['context']) => {
      const { deployment, views } = context;
      views.tenants.set(tenantId, tenantRow());
      const found = await context.store.get('settings', { name: PALM_MODEL });
      deployment.palmModel = found?.value as PalmModel;
      const server = {
        url: 'http://matcher',
        apiKey: null,
        timeoutMs: 1_000,
        updatedAt: 0,
        updatedBy: 'x',
        version: 1,
      };
      deployment.verificationServer = server;
      await resumeMigration(context);
    },
    upkeep: resumeMigration,
    actions: [
      [2, migrate],
      [1, rollBack],
      [2, enrol],
      [
        1,
        () => {
          up = !up;
        },
      ],
      [6, () => {}],
    ] as const,
    actors: () => [[migrationKind.name, 'deployment']] as const,
    recover: () => {
      up = true;
    },
    atRest: () => {
      const { context, ready } = trial.life;
      const running = migrations().some(({ status }) => status === 'running');
      return ready && !running && context.directory.counts().effects_in_flight === 0;
    },
    check: () => {
      if (trial.life.context.deployment.palmModel !== model())
        trial.broken('memory has another model than the row');
      const log = store.table('palmLog');
      const indexed = new Set(log.filter(({ operation }) => operation === 'add').map(({ palmId }) => palmId));
      for (const { operation, palmId } of log) if (operation === 'remove') indexed.delete(palmId);
      const large = store.table('palms').filter((palm) => palm.model !== reportedModel);
      if (large.length !== indexed.size) trial.broken('the palm log has other palms than the table');
    },
  };
}

export const migrationModel: Model = {
  kind: migrationKind.name,
  seeds: 200,
  actions: 25,
  expected: [
    'migration running',
    'migration completed',
    'migration failed',
    'migration rolled_back',
    'enrolled',
    'palm_model_mismatch',
    'unavailable',
    'killed',
    'restarted',
    'restart true',
  ],
  begin,
};
