import t from 'tap';
import { decide, decideIdentification, decideReported } from '../../engine/palm/decide.ts';
import {
  defaultReportedThresholds,
  defaultThresholds,
  scoreCount,
  toPublished,
} from '../../engine/palm/thresholds.ts';
import type { ResultScan } from '../../engine/palm/types.ts';

const at = defaultThresholds.thresholds;
const exactly = { scores: at, fused: defaultThresholds.fused };

t.test('the published thresholds are those of the API, ten and four', (t) => {
  t.same(at, [0.7072, 0.7253, 0.7018, 0.7211, 0.7426, 0.6929, 0.685, 0.71, 0.7526, 0.7004]);
  t.equal(at.length, scoreCount);
  t.equal(defaultReportedThresholds.thresholds.length, 4);
  t.end();
});

t.test('raw scores map onto the published scale: ends stay, order stays, thresholds meet', (t) => {
  t.same(toPublished(new Array(11).fill(0)), { scores: new Array(10).fill(0), fused: 0 });
  t.same(toPublished(new Array(11).fill(1)), { scores: new Array(10).fill(1), fused: 1 });
  let before = toPublished(new Array(11).fill(0));
  for (let raw = 0.001; raw <= 1; raw += 0.001) {
    const now = toPublished(new Array(11).fill(raw));
    const rises = now.fused > before.fused && now.scores.every((score, i) => score > before.scores[i]!);
    if (!rises) t.fail(`falls at ${raw}`);
    before = now;
  }
  t.equal(
    toPublished([0.678, ...new Array(10).fill(0)]).scores[0],
    at[0],
    'a raw threshold lands on its published one',
  );
  t.equal(toPublished([...new Array(10).fill(0), 0.69]).fused, defaultThresholds.fused);
  t.end();
});

t.test('a score on its threshold passes, a hair below fails, for every score', (t) => {
  t.equal(decide(exactly, defaultThresholds, 'all_thresholds'), true);
  for (let i = 0; i < scoreCount; i++) {
    const below = at.map((score, k) => (k === i ? score - 1e-9 : score));
    t.equal(decide({ scores: below, fused: 1 }, defaultThresholds, 'all_thresholds'), false, `score ${i}`);
    const broken = at.map((score, k) => (k === i ? Number.NaN : score));
    t.equal(
      decide({ scores: broken, fused: 1 }, defaultThresholds, 'all_thresholds'),
      false,
      `score ${i} is NaN`,
    );
  }
  t.equal(decide({ ...exactly, fused: 0 }, defaultThresholds, 'all_thresholds'), true, 'fused plays no part');
  t.end();
});

t.test('the fused policy looks at the fused score alone', (t) => {
  t.equal(decide({ scores: [], fused: defaultThresholds.fused }, defaultThresholds, 'fused'), true);
  t.equal(decide({ scores: at, fused: defaultThresholds.fused - 1e-9 }, defaultThresholds, 'fused'), false);
  t.equal(decide({ scores: at, fused: Number.NaN }, defaultThresholds, 'fused'), false);
  t.end();
});

t.test('scores of another model never match', (t) => {
  t.equal(decide({ scores: [1, 1, 1, 1], fused: 1 }, defaultThresholds, 'all_thresholds'), false);
  t.equal(
    decide({ scores: [], fused: 1 }, { version: 1, thresholds: [], fused: 0.5 }, 'all_thresholds'),
    false,
  );
  t.end();
});

t.test('identification: the highest who passes, nobody when two people are too close', (t) => {
  const candidate = (userId: string, fused: number, scores = at) => ({ userId, fused, scores });
  const who = (...candidates: ReturnType<typeof candidate>[]) =>
    decideIdentification(candidates, defaultThresholds, 'all_thresholds')?.userId ?? null;
  t.equal(who(), null);
  t.equal(
    who(
      candidate(
        'a',
        0.9,
        at.map((s) => s - 0.1),
      ),
    ),
    null,
    'one who fails is nobody',
  );
  t.equal(who(candidate('a', 0.8), candidate('b', 0.85)), 'b');
  t.equal(who(candidate('b', 0.85), candidate('a', 0.8)), 'b', 'in any order');
  t.equal(who(candidate('a', 0.845), candidate('b', 0.85)), null, 'two users within the margin');
  t.equal(who(candidate('a', 0.845), candidate('a', 0.85)), 'a', 'two palms of one user never compete');
  t.equal(who(candidate('a', 0.849, []), candidate('b', 0.85)), 'b', 'one who fails is no rival');
  t.end();
});

t.test('what a device reports is held against thresholds too', (t) => {
  const four = defaultReportedThresholds;
  const report = (matched: boolean, scores: readonly number[]): ResultScan => ({
    format: 'result',
    matched,
    scores,
    featureId: 'f',
    palmType: 'left',
  });
  t.equal(decideReported(report(true, four.thresholds), four), true);
  t.equal(decideReported(report(false, four.thresholds), four), false, 'the device said no');
  t.equal(decideReported(report(true, [0, ...four.thresholds.slice(1)]), four), false, 'a score is too low');
  t.equal(decideReported(report(true, four.thresholds.slice(1)), four), false, 'a score is missing');
  t.equal(decideReported(report(true, []), four), false);
  t.end();
});
