/** The door against a model of the node behind it, in virtual time; a seed gives the same run every time. */
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { ModelNode, type Outcome, percentile } from '../support/queueing.ts';
import { SeededRandom } from '../support/random.ts';

const seed = Number(process.env.THENAR_SIMULATION_SEED ?? 1);
const SECONDS = 8;
const node = (outsideMs?: number) => new ModelNode(new SeededRandom(seed), outsideMs);
const tenants = ['a', 'b', 'c', 'd'];
const p99 = (...outcomes: readonly Outcome[]): number =>
  percentile(
    outcomes.flatMap(({ took }) => took),
    99,
  );
/** What a closed loop reaches, calls a second. */
const capacity = node().closed('a', 16, 2_000).perSecond;
const offered = (times: number, seconds = SECONDS) => {
  const rate = (capacity * times) / tenants.length;
  return Object.values(
    node().offer(
      tenants.map((tenant) => ({ tenant, rate })),
      seconds,
    ),
  );
};

t.before(() => t.comment(`seed ${seed}`));

t.test(
  'at three times what can be done, what is accepted takes three times as long as at rest at most',
  async (t) => {
    const unloaded = p99(...offered(0.2, 4 * SECONDS));
    const over = offered(3);
    t.ok(p99(...over) <= 3 * unloaded, `${p99(...over)} ms, ${unloaded} ms at rest`);
    const done = over.reduce((sum, { took }) => sum + took.length, 0) / SECONDS;
    t.ok(done > 0.7 * capacity, `${done} of ${capacity} a second are done`);
    const each = over.map(({ took }) => took.length);
    t.ok(Math.min(...each) > 0.8 * Math.max(...each), `each tenant has its part: ${each}`);
  },
);

t.test('who is refused hears soon', async (t) => {
  t.ok(
    percentile(
      offered(3).flatMap(({ refusedAfter }) => refusedAfter),
      99,
    ) < 50,
  );
});

t.test(
  'a quiet tenant is not refused beside one that floods, and takes twice as long as alone at most',
  async (t) => {
    const quiet = { tenant: 'quiet', rate: capacity * 0.05 };
    const alone = node().offer([quiet], 4 * SECONDS).quiet!;
    const beside = node().offer([quiet, { tenant: 'flood', rate: capacity * 3 }], 4 * SECONDS);
    t.equal(beside.quiet!.refused, 0);
    t.ok(p99(beside.quiet!) <= 2 * p99(alone), `${p99(beside.quiet!)} ms, ${p99(alone)} ms alone`);
    const flood = beside.flood!.took.length / (4 * SECONDS);
    t.ok(flood > 0.08 * capacity, `the flood has ${flood} of ${capacity} a second`);
  },
);

t.test('so many lanes as may wait are never refused, and lose nothing', async (t) => {
  const lanes = limits.calls_waiting_max;
  const many = node().closed('a', lanes, 2_000);
  t.equal(many.refused, 0);
  t.ok(many.perSecond > 0.95 * capacity, `${many.perSecond} of ${capacity} a second`);
});

t.test('calls that wait half a second for somebody outside go on side by side', async (t) => {
  // Few enough that the work of all of them is short beside the half second.
  const lanes = 64;
  const { refused, took } = node(500).closed('a', lanes, 4 * lanes);
  t.equal(refused, 0);
  t.ok(percentile(took, 99) < 1_000, `${percentile(took, 99)} ms`);
});
