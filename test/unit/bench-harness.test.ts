/** The harness of the benches: what it says of a load must be true, or nothing measured with it is. */
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { runScenario } from '../../bench/harness/bench.ts';
import { readCommand, settingsOf } from '../../bench/harness/command.ts';
import { closedLoop, highestRate, openLoop } from '../../bench/harness/load.ts';
import { startPeer } from '../../bench/harness/peer.ts';
import { processorMs, residentBytes } from '../../bench/harness/process.ts';
import { interleave } from '../../bench/harness/rounds.ts';
import { runAll } from '../../bench/harness/run.ts';
import { type Scenario, scenario } from '../../bench/harness/scenario.ts';
import { ratios, spread } from '../../bench/harness/statistics.ts';

const small = scenario({
  name: 'small',
  summary: 'nothing much',
  baseline: 'less',
  parameters: {
    people: { what: 'people', full: 100, quick: 10, least: 2 },
    rounds: { what: 'rounds', full: 9, quick: 3 },
  },
  texts: {
    folder: { what: 'where they are' },
    kind: { what: 'what they are', oneOf: ['plain', 'hard'] },
  },
  goals: [
    { of: 'toLess', least: 2, text: 'twice' },
    { of: 'toLess', most: 2, text: 'no more than twice' },
    { of: 'elsewhere', least: 1, text: 'of another run' },
  ],
  async run(bench) {
    bench.figure('own', 'ours', 'ms', 'thenar', [4, 6, 8]);
    bench.ratio('toLess', 'ours / less', 'more', [2, 3, 4]);
    bench.fact('people', bench.values.people);
    bench.fact('folder', bench.texts.folder ?? 'nowhere');
  },
});
const silence = { write: () => true };

t.test('a stall is charged to every call that was due in it', async (t) => {
  // One call takes 200 ms of the loop; those due meanwhile are answered at once, but late.
  const load = await openLoop({ rate: 200, seconds: 0.5, seed: 7, arrivals: 'even' }, async (number) => {
    if (number === 10) {
      const until = performance.now() + 200;
      while (performance.now() < until);
    }
    return null;
  });
  t.ok(load.latency.getValueAtPercentile(90) > 50_000, 'a fifth of the calls and more waited');
  t.ok(load.done >= 99, 'and none of them was left out');
});

t.test('a load counts what it was refused, by code', async (t) => {
  const load = await closedLoop({ atOnce: 3, calls: 30 }, async (number) =>
    number % 3 === 0 ? 'busy' : number % 5 === 0 ? 'unavailable' : null,
  );
  t.match(load, { done: 16, refused: 14, refusals: { busy: 10, unavailable: 4 } });
  t.equal(load.latency.totalCount, 16, 'a refusal is no latency');
});

t.test('a call that throws ends a load instead of being counted', async (t) => {
  const broken = async (number: number) => {
    if (number === 3) throw new Error('the connection is gone');
    return null;
  };
  await t.rejects(closedLoop({ atOnce: 2, calls: 100 }, broken), { message: 'the connection is gone' });
  await t.rejects(openLoop({ rate: 1_000, seconds: 5, seed: 1 }, broken), { message: /gone/ });
});

t.test('arrivals are the same for the same seed and end when nobody follows', async (t) => {
  const never = new Promise<null>((resolve) => t.teardown(() => resolve(null)));
  const counted = { calls: 0 };
  const overrun = openLoop({ rate: 5_000, seconds: 60, seed: 1, inFlightMax: 20 }, async () => {
    counted.calls += 1;
    return Promise.race([never, pause(300).then(() => null)]);
  });
  t.equal((await overrun).overrun, true);
  t.equal(counted.calls, 21);
});

t.test('the highest rate is one that was held', async (t) => {
  // Refuses whoever comes after the hundredth of a step: 250 a second over 400 ms.
  const served = async (number: number) => (number < 100 ? null : 'busy');
  const { rate, steps } = await highestRate({ seconds: 0.4, seed: 3, from: 400, p99Ms: 10_000 }, served);
  t.equal(steps[0]?.held, false, 'it was tried above');
  const held = steps.filter((step) => step.held).map(({ offered }) => offered);
  t.equal(rate, Math.max(0, ...held));
  t.ok(steps.every((step) => !step.held || step.load.refused === 0));
});

t.test('sides take turns, first and last', async (t) => {
  const order: string[] = [];
  const side = (name: string) => async (round: number) => {
    order.push(name);
    return round;
  };
  const taken = await interleave({ rounds: 2, warmUp: 1 }, { a: side('a'), b: side('b') });
  t.same(order, ['b', 'a', 'a', 'b', 'b', 'a']);
  t.same(taken, { a: [0, 1], b: [0, 1] }, 'the warm-up is not counted');
});

t.test('a run keeps its figures and is held against its goals', async (t) => {
  const asked = readCommand(['small', '--quick', '--people', '7', '--seed', '5'], [small]);
  if (asked.kind !== 'run') throw new Error('it is a run');
  const result = await runScenario(small, settingsOf(small, asked.options, silence));
  t.match(result, { scenario: 'small', quick: true, seed: 5, target: 'own', facts: { people: 7 } });
  t.same(result.parameters, { people: 7, rounds: 3 });
  t.same(result.figures.own?.spread, { rounds: 3, min: 4, median: 6, max: 8, relative: 1 / 6 });
  t.match(result.goals, [
    { text: 'twice', value: 3, reached: true },
    { text: 'no more than twice', value: 3, reached: false },
  ]);
  t.equal(result.goals.length, 2, 'what was not taken is not judged');
});

t.test('a word that was given reaches its scenario and its result, and no other', async (t) => {
  const { texts: _, ...wordless } = small;
  const other: Scenario = scenario({ ...wordless, name: 'other' });
  const taken = async (words: readonly string[], one: Scenario = small) => {
    const asked = readCommand([...words, '--quick'], [small, other]);
    if (asked.kind !== 'run') throw new Error('it is a run');
    return runScenario(one, settingsOf(one, asked.options, silence));
  };
  const given = await taken(['small', '--folder', '/some/where', '--kind', 'hard']);
  t.same(given.parameters, { people: 10, rounds: 3, folder: '/some/where', kind: 'hard' });
  t.equal(given.facts.folder, '/some/where');
  const without = await taken(['small']);
  t.same(without.parameters, { people: 10, rounds: 3 });
  t.equal(without.facts.folder, 'nowhere');
  t.same((await taken(['small', 'other', '--kind', 'hard'], other)).parameters, { people: 10, rounds: 3 });
  t.throws(() => readCommand(['other', '--kind', 'hard'], [small, other]), {
    message: /--kind is no parameter of other/,
  });
});

t.test('the spread of what has no rounds is kept as it is', async (t) => {
  const interval = { rounds: 300, min: 0, median: 0.25, max: 0.5, relative: 0.4 };
  const estimated = scenario({
    ...small,
    async run(bench) {
      bench.figure('elsewhere', 'an estimate', '%', 'thenar', interval);
    },
  });
  const asked = readCommand(['small'], [estimated]);
  if (asked.kind !== 'run') throw new Error('it is a run');
  const result = await runScenario(estimated, settingsOf(estimated, asked.options, silence));
  t.same(result.figures.elsewhere?.spread, interval);
  t.match(result.goals, [{ of: 'elsewhere', value: 0.25, reached: false }]);
});

t.test('a word that makes no sense is refused by name', async (t) => {
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [['smal'], /no scenario smal; there are small/],
    [['small', '--people', '1'], /--people wants a whole number of at least 2/],
    [['small', '--people', 'many'], /--people wants/],
    [['small', '--poeple', '3'], /--poeple/],
    [['small', '--kind', 'soft'], /--kind wants plain or hard/],
    [['small', '--folder', ''], /--folder wants a word/],
    [['small', '--url', 'http://a', '--device-url', 'https://b'], /--admin-email/],
    [['--compare', 'a.json'], /two files/],
  ];
  for (const [words, message] of refused) t.throws(() => readCommand(words, [small], {}), { message });
  const remote = [
    '--url',
    'http://a',
    '--device-url',
    'https://b',
    '--admin-email',
    'a@b',
    '--admin-password',
    'c',
  ];
  t.throws(() => readCommand(['small', ...remote], [small], {}), { message: /an engine of its own/ });
});

t.test('what was begun is ended when a scenario fails', async (t) => {
  const ended: string[] = [];
  const failing = scenario({
    ...small,
    async run(bench) {
      bench.atEnd(async () => ended.push('first'));
      bench.atEnd(async () => {
        ended.push('second');
        throw new Error('cannot be ended');
      });
      throw new Error('broken');
    },
  });
  const asked = readCommand(['small'], [failing]);
  if (asked.kind !== 'run') throw new Error('it is a run');
  await t.rejects(runScenario(failing, settingsOf(failing, asked.options, silence)), { message: 'broken' });
  t.same(ended, ['second', 'first']);
});

t.test('without a kept result the others are checked, and one alone is refused', async (t) => {
  const said: string[] = [];
  const out = { write: (text: string) => said.push(text) };
  const again = scenario({ ...small, name: 'again' });
  const words = ['--quick', '--check', '--out', t.testdir()];
  const both = readCommand(['small', 'again', ...words], [small, again]);
  const one = readCommand(['small', ...words], [small, again]);
  if (both.kind !== 'run' || one.kind !== 'run') throw new Error('they are runs');
  t.same(await runAll([small, again], both.options, out), []);
  t.equal(said.filter((text) => text.includes('nothing is kept to check this against')).length, 2);
  await t.rejects(runAll([small], one.options, silence), { message: /to check against/ });
});

t.test('a baseline runs in a process of its own and says when it cannot', async (t) => {
  const module = new URL('../support/bench-peer.js', import.meta.url);
  const peer = await startPeer<{ word: string }>(module, { word: 'here', fail: false });
  t.equal(peer.ready.word, 'here');
  t.not(peer.pid, process.pid);
  t.ok(residentBytes(peer.pid) > 1_000_000);
  t.ok(processorMs(peer.pid) >= 0);
  t.same(await peer.ask({ end: false }), { asked: 1 }, 'the settings were no question');
  t.same(await peer.ask({ end: false }), { asked: 2 });
  await peer.stop();
  await t.rejects(startPeer(module, { word: '', fail: true }), { message: /ended with 3/ });
  const ending = await startPeer(module, { word: '', fail: false });
  await t.rejects(ending.ask({ end: true }), { message: /ended with 4/ });
});

t.test('spread and ratios', async (t) => {
  t.match(spread([1, 2, 3, 4, 100]), { median: 3, min: 1, max: 100, rounds: 5 });
  t.equal(spread([0, 0]).relative, 0);
  t.same(ratios([2, 9], [1, 3]), [2, 3]);
});
