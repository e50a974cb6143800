/** Metrics as data: names, documentation, dashboard and alerts agree, and a scrape is right and bounded. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { assetPath } from '../../engine/asset.ts';
import { Laps } from '../../engine/index/laps.ts';
import { limits } from '../../engine/limits.ts';
import { Calls, Distribution, Meter } from '../../engine/meter.ts';
import type { ShardStatus } from '../../engine/ports.ts';
import { noSpan } from '../../engine/trace/spans.ts';
import { alertRules, alerts } from '../../transport/ops/metrics/alerts.ts';
import { dashboard } from '../../transport/ops/metrics/dashboard.ts';
import { families } from '../../transport/ops/metrics/families.ts';
import { metricsPage } from '../../transport/ops/metrics/page.ts';
import { rows } from '../../transport/ops/metrics/panels.ts';
import { largestShards } from '../../transport/ops/metrics/reading.ts';
import { Unanswered } from '../../transport/scanner/unanswered.ts';
import { settled, VirtualClock } from '../support/clock.ts';
import { fakeApi } from '../support/fake-api.ts';
import { unmetered } from '../support/http.ts';
import { available } from '../support/require.ts';

/** Series names that Prometheus knows of a family. */
const series = families.flatMap(({ name, type }) =>
  type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
);
/** `up` is made by Prometheus itself. */
const known = new Set([...series, 'up']);
const labels = new Map(families.map((family) => [family.name, new Set(family.labels)]));

/** Names in PromQL that are no word of its own. */
function unknownIn(expression: string): string[] {
  const bare = expression.replace(/"[^"]*"/g, '""');
  const names = bare.match(/\b(thenar|process|nodejs|up)[a-z0-9_]*/g) ?? [];
  return names.filter((name) => !known.has(name));
}

/** Labels that a selector names and its family does not have. */
function unknownLabelsIn(expression: string): string[] {
  return [...expression.matchAll(/\b((?:thenar|process|nodejs)[a-z0-9_]*)\{([^}]*)\}/g)].flatMap(
    ([, name = '', selector = '']) => {
      const own = labels.get(name) ?? labels.get(name.replace(/_(bucket|sum|count)$/, ''));
      return [...selector.matchAll(/([a-z_]+)(?:=~|!=|!~|=)/g)]
        .map(([, label = '']) => label)
        .filter((label) => label !== 'instance' && own?.has(label) !== true);
    },
  );
}

/** Labels by which an expression sums up and that none of its families has. */
function unknownGroupsIn(expression: string): string[] {
  const own = new Set(['le', 'instance']);
  for (const [name] of expression.matchAll(/\b(thenar|process|nodejs)[a-z0-9_]*/g)) {
    for (const label of labels.get(name.replace(/_bucket$/, '')) ?? []) own.add(label);
  }
  return groupsOf(expression).filter((label) => !own.has(label));
}

function groupsOf(expression: string): string[] {
  return [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, by = '']) => by.split(', '));
}

const expressions = [
  ...rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(([expression]) => expression))),
  ...alerts.map(({ expression }) => expression),
];

t.test('the dashboard and the alerts name only metrics and labels that there are', (t) => {
  for (const expression of expressions) {
    t.same(unknownIn(expression), [], expression);
    t.same(unknownLabelsIn(expression), [], expression);
    t.same(unknownGroupsIn(expression), [], expression);
  }
  t.same(unknownIn('rate(thenar_made_up_total[5m]) / up'), ['thenar_made_up_total'], 'others are found');
  t.same(unknownLabelsIn('thenar_actors{kind="x",colour="red"}'), ['colour']);
  t.same(unknownGroupsIn('sum by (kind, colour) (thenar_actors)'), ['colour']);
  for (const [expression, legend] of rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries))) {
    const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
    t.same(
      named.filter((label) => !groupsOf(expression).includes(label)),
      [],
      `${legend} of ${expression}`,
    );
  }
  t.end();
});

t.test('every family is on the dashboard', (t) => {
  const shown = rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries)).join('\n');
  t.same(
    families.map(({ name }) => name).filter((name) => !shown.includes(name)),
    [],
  );
  t.end();
});

t.test('docs/operations is what the tables say: npm run operations writes it', (t) => {
  const committed = (name: string): string => readFileSync(assetPath('docs', 'operations', name), 'utf8');
  t.equal(committed('dashboard.json'), `${JSON.stringify(dashboard(), null, 2)}\n`);
  t.equal(committed('alerts.yml'), alertRules());
  t.end();
});

t.test('docs/operations.md names every family with its type, labels and meaning', (t) => {
  const page = readFileSync(assetPath('docs', 'operations.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `([a-z0-9_]+)` \| (\w+) \| (.*) \| (.*) \|$/gm)].map(
    ([, name, type, labels, help]) => ({ name, type, labels, help }),
  );
  t.same(
    documented,
    families.map(({ name, type, labels, help }) => ({
      name,
      type,
      labels: labels.map((label) => `\`${label}\``).join(', '),
      help,
    })),
  );
  const documentedAlerts = [...page.matchAll(/^\| `(Thenar\w+)` \| (\w+) \|/gm)];
  t.same(
    documentedAlerts.map(([, name, severity]) => [name, severity]),
    alerts.map(({ name, severity }) => [name, severity]),
  );
  t.end();
});

t.test('promtool takes the alert rules', (t) => {
  if (available(t, 'promtool', spawnSync('promtool', ['--version']).status === 0)) {
    const file = assetPath('docs', 'operations', 'alerts.yml');
    const checked = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
    t.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`);
    t.match(checked.stdout, `${alerts.length} rules found`);
  }
  t.end();
});

t.test('a histogram is cumulative, and what is not a duration counts as none', async (t) => {
  const clock = new VirtualClock();
  const metered = unmetered();
  const page = metricsPage(clock, metered);
  const { api } = fakeApi();
  const { scannerCalls } = metered.meter;
  for (const ms of [0.4, 1, 3, 20_000]) scannerCalls.record('signup.start', 'ok', ms);
  scannerCalls.record('signup.start', 'internal', Number.NaN);
  scannerCalls.turnedAway('signup.start', 'engine_busy');
  const text = await page(api);
  const of = (name: string): string | undefined =>
    text
      .split('\n')
      .find((line) => line.startsWith(`thenar_scanner_call${name} `))
      ?.split(' ')
      .at(-1);
  const bucket = (le: string) => of(`_duration_seconds_bucket{method="signup.start",le="${le}"}`);
  t.same([bucket('0.001'), bucket('0.005'), bucket('10'), bucket('+Inf')], ['3', '4', '4', '5']);
  t.equal(of('_duration_seconds_count{method="signup.start"}'), '5');
  t.equal(Number(of('_duration_seconds_sum{method="signup.start"}')).toFixed(4), '20.0044');
  t.equal(of('s_total{method="signup.start",code="ok"}'), '4');
  t.equal(of('s_total{method="signup.start",code="internal"}'), '1');
  t.equal(of('s_total{method="signup.start",code="engine_busy"}'), '1');
  const again = await page(api);
  t.equal(
    again
      .split('\n')
      .filter((line) => line.startsWith('thenar_scanner_calls_total{'))
      .join(),
    text
      .split('\n')
      .filter((line) => line.startsWith('thenar_scanner_calls_total{'))
      .join(),
    'a scrape counts nothing twice',
  );
});

t.test('a worker that is stuck does not take the scrape with it', async (t) => {
  const clock = new VirtualClock();
  const { api } = fakeApi();
  const shards = () => new Promise<never>(() => {});
  const page = metricsPage(clock, unmetered());
  await page(api);
  const text = page({ ...api, ops: { ...api.ops, shards } });
  await settled();
  await clock.advance(limits.metrics_shards_wait_ms);
  t.match(await text, 'thenar_pool_running_tasks{worker="0"} 1');
});

const shard = (at: number): ShardStatus => ({
  tenantId: `t${at}`,
  worker: 0,
  templates: at,
  palms: 1,
  bytes: 10,
  mode: 'flat',
  position: at,
  replayLag: at,
  filePosition: null,
  fileAgeMs: at % 2 === 0 ? null : at,
  recallSample: at === 3 ? 0.5 : null,
});

t.test('only the largest tenants have series of their own', (t) => {
  const many = Array.from({ length: limits.metrics_shards_max + 4 }, (_, at) => shard(at));
  const told = largestShards(many);
  t.equal(told.length, limits.metrics_shards_max + 1);
  t.equal(told[0]?.tenant, `t${limits.metrics_shards_max + 3}`);
  t.same(told.at(-1), {
    tenant: 'other',
    templates: 0 + 1 + 2 + 3,
    palms: 4,
    bytes: 40,
    replayLag: 3,
    fileAgeMs: 3,
    recall: 0.5,
  });
  t.same(
    largestShards([shard(1)]).map(({ tenant }) => tenant),
    ['t1'],
  );
  t.end();
});

t.test('what is observed falls into the first bucket that holds it', (t) => {
  const distribution = new Distribution([1, 2]);
  for (const value of [-1, 0, 1, 1.5, 2, 2.5]) distribution.observe(value);
  t.same([...distribution.counts], [3, 2, 1]);
  t.equal(distribution.sum, 7);
  t.end();
});

t.test('acknowledgements are timed once, and memory for those that never come is bounded', (t) => {
  const meter = new Meter();
  const unanswered = new Unanswered();
  unanswered.sent(1, { method: 'config.update', at: 1_000, span: noSpan });
  unanswered.acknowledged(1, 1_250, meter);
  unanswered.acknowledged(1, 9_000, meter);
  t.ok(unanswered.none);
  t.equal(meter.acknowledgementSeconds.of('config.update').sum, 0.25);
  for (let seq = 2; seq < limits.device_outbox_max + 12; seq += 1)
    unanswered.sent(seq, { method: 'config.update', at: 0, span: noSpan });
  unanswered.acknowledged(11, 9_000, meter);
  t.equal(meter.acknowledgementSeconds.of('config.update').sum, 0.25, 'the oldest are forgotten');
  unanswered.acknowledged(12, 1_000, meter);
  t.equal(meter.acknowledgementSeconds.of('config.update').sum, 1.25);
  t.end();
});

t.test('the time of a match is split, and what is left was waiting', (t) => {
  let now = 0;
  const laps = new Laps({ monotonic: () => now });
  const pass = (ms: number): void => {
    now += ms;
  };
  pass(100);
  laps.start();
  pass(3);
  laps.read();
  pass(2);
  laps.search();
  pass(5);
  laps.compare(7);
  pass(1);
  laps.search();
  pass(4);
  laps.compare(2);
  t.same(laps.spent, { read: 3, search: 3, compare: 9, compared: 9 });
  const meter = new Meter();
  meter.matched('identify', 40, laps.spent);
  const sums = [...meter.matchSeconds].map(([, phase, { sum }]) => [phase, sum]);
  t.same(sums, [
    ['queue', 0.025],
    ['read', 0.003],
    ['search', 0.003],
    ['compare', 0.009],
  ]);
  laps.start();
  t.same(laps.spent, { read: 0, search: 0, compare: 0, compared: 0 }, 'each task has its own');
  t.end();
});

t.test('counting a request allocates nothing', (t) => {
  const calls = new Calls();
  const record = (times: number): void => {
    for (let at = 0; at < times; at += 1) calls.record('createUser', 200, at % 40);
  };
  record(200_000);
  const before = process.memoryUsage().heapUsed;
  record(200_000);
  // One object a request would be several megabytes; what remains is the test's own.
  t.ok(process.memoryUsage().heapUsed - before < 1_000_000);
  t.end();
});
