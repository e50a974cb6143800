import t from 'tap';
import { bootstrapIntervals } from '../../bench/accuracy/bootstrap.ts';
import { detPoints, errorRates, rank } from '../../bench/accuracy/rates.ts';
import { accuracy } from '../../bench/accuracy/scenario.ts';
import { imageSource } from '../../bench/accuracy/source.ts';
import { runScenario } from '../../bench/harness/bench.ts';
import { syntheticDataset, writeDataset } from '../../bench/palms/dataset.ts';
import { linearDiscriminant } from '../../bench/palms/discriminant.ts';
import { symmetricEigen } from '../../bench/palms/eigen.ts';
import { SeededRandom } from '../../bench/palms/random.ts';

/** Two subjects; every row meets every column of the other subject. */
function twoSubjects(genuine: readonly number[], impostor: readonly number[]) {
  const half = impostor.length / 2;
  return rank(
    2,
    { scores: Float32Array.from(genuine), subject: Uint32Array.from(genuine, (_, index) => index % 2) },
    {
      scores: Float32Array.from(impostor),
      probe: Uint32Array.from(impostor, (_, index) => (index < half ? 0 : 1)),
      template: Uint32Array.from(impostor, (_, index) => (index < half ? 1 : 0)),
      rows: Float64Array.of(half, half),
      columns: Float64Array.of(1, 1),
    },
  );
}

t.test('rates of a set whose answer is known', async (t) => {
  // Of 10 impostors one reaches 0.8; of 10 genuine pairs one stays at 0.5.
  const impostor = [0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.6, 0.8];
  const genuine = [0.5, 0.7, 0.75, 0.78, 0.85, 0.9, 0.9, 0.92, 0.95, 0.99];
  const rates = errorRates(twoSubjects(genuine, impostor), [0.1, 0.05]);
  t.ok(Math.abs(rates.eer - 0.1) < 1e-9);
  // FMR 0.1 allows the one at 0.8: the threshold is just above 0.6, one genuine pair lies below.
  t.same([...rates.fnmrAt], [0.1, 0.4]);
  t.ok(Math.abs(rates.thresholds[0]! - 0.6) < 1e-6);
  t.ok(Math.abs(rates.thresholds[1]! - 0.8) < 1e-6);
});

t.test('perfect separation is no error, and total confusion is one half', async (t) => {
  t.equal(errorRates(twoSubjects([0.8, 0.9], [0.1, 0.2]), [0.001]).eer, 0);
  const same = Array.from({ length: 100 }, (_, index) => index / 100);
  t.ok(Math.abs(errorRates(twoSubjects(same, same), [0.1]).eer - 0.5) < 0.01);
});

t.test('a subject of weight zero takes its pairs with it', async (t) => {
  const ranked = twoSubjects([0.1, 0.9, 0.1, 0.9], [0.5, 0.5, 0.6, 0.6]);
  t.equal(errorRates(ranked, [0.3]).fnmrAt[0], 0.5);
  t.ok(Number.isNaN(errorRates(ranked, [0.3], Float64Array.of(0, 2)).fnmrAt[0]!));
});

t.test('DET points fall', async (t) => {
  const random = new SeededRandom(3);
  const genuine = Array.from({ length: 300 }, () => 2 + random.gaussian());
  const impostor = Array.from({ length: 400 }, () => random.gaussian());
  const points = detPoints(twoSubjects(genuine, impostor));
  for (let index = 1; index < points.length; index++) {
    t.ok(points[index]![0] > points[index - 1]![0] && points[index]![1] <= points[index - 1]![1]);
  }
});

t.test('bootstrap intervals cover the value and repeat with their seed', async (t) => {
  const values = Float64Array.from({ length: 50 }, (_, index) => index);
  const mean = (weights: Float64Array): number[] => {
    let [sum, count] = [0, 0];
    weights.forEach((weight, index) => {
      sum += weight * values[index]!;
      count += weight;
    });
    return [sum / count];
  };
  const [first] = bootstrapIntervals(50, 300, 9, [24.5], mean);
  t.same(bootstrapIntervals(50, 300, 9, [24.5], mean)[0], first);
  // The standard error of this mean is 2.04, so the interval is about 8 wide.
  t.ok(first!.low < 24.5 && first!.high > 24.5);
  t.ok(first!.high - first!.low > 6 && first!.high - first!.low < 10);
  // Quartiles of a normal distribution lie 0.674 standard errors from its middle.
  t.ok(first!.relative > 0.04 && first!.relative < 0.075);
});

t.test('eigenvectors rebuild their matrix', async (t) => {
  const order = 12;
  const random = new SeededRandom(8);
  const matrix = new Float64Array(order * order);
  for (let row = 0; row < order; row++) {
    for (let column = row; column < order; column++) {
      matrix[row * order + column] = random.gaussian();
      matrix[column * order + row] = matrix[row * order + column]!;
    }
  }
  const { values, vectors } = symmetricEigen(matrix, order);
  for (let row = 0; row < order; row++) {
    if (row > 0) t.ok(values[row]! <= values[row - 1]!);
    for (let column = 0; column < order; column++) {
      let sum = 0;
      for (let k = 0; k < order; k++) {
        sum += values[k]! * vectors[k * order + row]! * vectors[k * order + column]!;
      }
      t.ok(Math.abs(sum - matrix[row * order + column]!) < 1e-10);
    }
  }
});

t.test('the discriminant finds the direction that tells classes apart, the same every time', async (t) => {
  const random = new SeededRandom(21);
  // Classes differ along axis 0 only; axis 1 is loud but means nothing.
  const classes = Array.from({ length: 30 }, (_, index) =>
    Array.from({ length: 4 }, () => [index + random.gaussian(0.1), random.gaussian(40), random.gaussian()]),
  );
  const found = linearDiscriminant(classes, 1, 0.01);
  t.ok(Math.abs(found.matrix[0]!) > 20 * Math.abs(found.matrix[1]!));
  t.same(linearDiscriminant(classes, 1, 0.01).matrix, found.matrix);
});

t.test('a folder of palms is judged as the generated palms it was written from', async (t) => {
  const folder = t.testdir();
  const set = { seed: 3, palms: 4, samples: 4 };
  writeDataset(folder, syntheticDataset({ ...set, preset: 'hard' }));
  const taken = (texts: Readonly<Record<string, string>>) =>
    runScenario(accuracy, {
      seed: set.seed,
      quick: true,
      values: { palms: set.palms, samples: set.samples, enrol: 3, bootstrap: 20 },
      texts,
      remote: null,
      out: { write: () => true },
    });
  const [generated, read] = [await taken({}), await taken({ dataset: folder })];
  t.same(read.figures, generated.figures);
  t.same(read.plots[0]?.series, generated.plots[0]?.series);
  t.equal(generated.goals.length, accuracy.goals.length, 'every goal is judged');
  t.match(read.facts.source, folder);
  t.match(generated.figures['single.eer'], { unit: '%', spread: { rounds: 20 } });
  // 4 palms × (4 · 3 / 2) genuine pairs, and 3 of 4 images enrolled: 4 probes against 3 strangers.
  t.match(generated.facts['sample to sample: comparisons'], /24 genuine, 96 impostor/);
  t.match(generated.facts['best of 3 enrolled: comparisons'], /4 genuine, 12 impostor/);
  for (const { spread } of Object.values(generated.figures)) {
    t.ok(spread.min <= spread.median && spread.median <= spread.max);
  }
  t.throws(() => imageSource({ dataset: folder, synthetic: 'hard' }, set), { message: /different palms/ });
  t.throws(() => imageSource({ synthetic: 'soft' }, set), { message: /normal or hard/ });
});
