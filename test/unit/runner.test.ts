/** The runner of these tests sees every way in which a test file fails, and says which file it was. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { FILE_TIMEOUT_MS } from '../run/plan.ts';
import { type Outcome, runFiles } from '../run/process.ts';

const home = mkdtempSync(join(tmpdir(), 'thenar-runner-'));
t.teardown(() => rmSync(home, { recursive: true, force: true }));

/** @returns what is told of each file, one line a file: its name, what it counts, and why it fails */
async function told(
  names: readonly string[],
  timeoutMs = FILE_TIMEOUT_MS,
): Promise<[string, number[], string][]> {
  const outcomes: Outcome[] = [];
  await runFiles({
    files: names.map((name) => `support/failing/${name}`),
    folder: join(home, names.join('-')),
    told: (outcome) => void outcomes.push(outcome),
    timeoutMs,
  });
  return outcomes.map(({ file, passed, failed, skipped, failures }) => [
    file.replace(/^test\/support\/failing\//, ''),
    [passed, failed, skipped],
    failures.join('\n'),
  ]);
}

/** Of `sound`: one that is skipped passes, as the library counts. */
const SOUND = [5, 0, 1];
const UNREACHED = ['nested.js', [0, 1, 0], 'it was not reached'];

t.test('a failure is of the file it is in, and counts as it would alone', async (t) => {
  const faults: readonly (readonly [string, readonly number[], RegExp])[] = [
    ['nested.js', [0, 1, 0], /outer > inner > a nested assertion/],
    ['outside.js', [1, 1, 0], /an outer assertion/],
    ['throwing.js', [0, 1, 0], /throwing\.js does not load[\s\S]*thrown while it loads/],
    // The test it was left in, and the whole file.
    ['rejecting.js', [0, 2, 0], /rejected unheard/],
    ['ending.js', [1, 1, 0], /thrown at the end/],
  ];
  const outcomes = await told([...faults.map(([name]) => name), 'sound.js']);
  t.same(outcomes.pop(), ['sound.js', SOUND, '']);
  t.same(
    outcomes.map(([name, counts]) => [name, counts]),
    faults.map(([name, counts]) => [name, counts]),
  );
  for (const [at, [name, , reason]] of faults.entries()) t.match(outcomes[at]?.[2], reason, name);
});

t.test('a file that hangs is ended with its process, and the next is not reached', async (t) => {
  // However long it took to load: what is killed before it hangs is told the same.
  const outcomes = await told(['hanging.js', 'nested.js'], 3_000);
  t.match(outcomes[0]?.[2], /its tests were not over: the process ended with SIGKILL/);
  t.same(outcomes, [['hanging.js', [0, 1, 0], outcomes[0]?.[2]], UNREACHED]);
});

for (const [name, reason] of [
  ['planned.js', /a plan/],
  ['leaving.js', /its tests were not over: the process ended with code/],
] as const) {
  t.test(`after ${name}, which ends its process, nothing passes`, async (t) => {
    const [before, at, ...after] = await told(['sound.js', name, 'nested.js']);
    t.same(before, ['sound.js', SOUND, '']);
    t.match(at, [name, [], reason]);
    t.not(at?.[1][1], 0);
    t.same(after, [UNREACHED]);
  });
}
