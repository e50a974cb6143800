/**
 * Error rates of a verification system from its comparison scores (ISO/IEC 19795-1). A pair matches when its
 * score is at or above the threshold.
 */

/** Genuine scores, with the subject of each. */
export interface GenuineScores {
  readonly scores: Float32Array;
  readonly subject: Uint32Array;
}

/**
 * Impostor scores, with the two subjects of each. Every set here compares whole rows with whole columns, so the
 * number of comparisons between two subjects is `rows[a] * columns[b]`; resampled totals need no second pass.
 */
export interface ImpostorScores {
  readonly scores: Float32Array;
  readonly probe: Uint32Array;
  readonly template: Uint32Array;
  readonly rows: Float64Array;
  readonly columns: Float64Array;
}

/** Scores sorted and ready for rates under any weighting of subjects. */
export interface Ranked {
  readonly subjects: number;
  /** Genuine, rising. */
  readonly genuine: GenuineScores;
  /** The highest impostor scores, falling; the rest is in the total only. */
  readonly impostor: ImpostorScores;
  readonly genuineCount: number;
  readonly impostorCount: number;
}

/** Impostor scores kept for the walk from the top: the higher part decides every rate of interest. */
const tail_share = 0.25;
const tail_min = 100_000;

export function rank(subjects: number, genuine: GenuineScores, impostor: ImpostorScores): Ranked {
  const order = sortedIndices(genuine.scores, 1);
  const total = impostor.scores.length;
  const keep = Math.min(total, Math.max(tail_min, Math.ceil(total * tail_share)));
  const floor = Float32Array.from(impostor.scores).sort()[total - keep] ?? 0;
  const high: number[] = [];
  for (let index = 0; index < total; index++) if (impostor.scores[index]! >= floor) high.push(index);
  const tail = Uint32Array.from(high);
  const ranking = sortedIndices(gather(impostor.scores, tail), -1).map((index) => tail[index]!);
  return {
    subjects,
    genuine: {
      scores: gather(genuine.scores, order),
      subject: order.map((index) => genuine.subject[index]!),
    },
    impostor: {
      scores: gather(impostor.scores, ranking),
      probe: ranking.map((index) => impostor.probe[index]!),
      template: ranking.map((index) => impostor.template[index]!),
      rows: impostor.rows,
      columns: impostor.columns,
    },
    genuineCount: genuine.scores.length,
    impostorCount: total,
  };
}

export interface Rates {
  readonly eer: number;
  /** FNMR at the lowest threshold whose FMR does not exceed each target. */
  readonly fnmrAt: readonly number[];
  /** Those thresholds: a pair must score above, not at, this value. */
  readonly thresholds: readonly number[];
}

/** Equal error rate and FNMR at FMR targets, each subject counted with its weight (all 1 by default). */
export function errorRates(ranked: Ranked, targets: readonly number[], weights?: Float64Array): Rates {
  const { genuine, impostor } = ranked;
  const below = new Float64Array(genuine.scores.length + 1);
  for (let index = 0; index < genuine.scores.length; index++) {
    below[index + 1] = below[index]! + (weights === undefined ? 1 : weights[genuine.subject[index]!]!);
  }
  const mated = below[below.length - 1]!;
  const total = impostorTotal(impostor, weights);
  const fnmrAt = targets.map(() => Number.NaN);
  const thresholds = targets.map(() => Number.NaN);
  let eer = Number.NaN;
  let gap = Number.POSITIVE_INFINITY;
  let crossed = false;
  let pending = targets.length;
  let accepted = 0;
  for (let index = 0; index < impostor.scores.length && (pending > 0 || !crossed); index++) {
    const score = impostor.scores[index]!;
    const weight =
      weights === undefined ? 1 : weights[impostor.probe[index]!]! * weights[impostor.template[index]!]!;
    if (weight === 0) continue;
    accepted += weight;
    targets.forEach((target, at) => {
      // The small tolerance keeps an exact fraction such as 405 of 405,000 on its own side.
      if (!Number.isNaN(thresholds[at]!) || accepted <= target * total * (1 + 1e-12)) return;
      thresholds[at] = score;
      fnmrAt[at] = below[firstAbove(genuine.scores, score)]! / mated;
      pending--;
    });
    // Two thresholds meet at a score: just above it, where it is refused, and at it, where it is accepted.
    for (const fmr of [(accepted - weight) / total, accepted / total]) {
      if (crossed) break;
      const refused =
        fmr < accepted / total ? firstAbove(genuine.scores, score) : firstAtLeast(genuine.scores, score);
      const fnmr = below[refused]! / mated;
      if (Math.abs(fmr - fnmr) < gap) {
        gap = Math.abs(fmr - fnmr);
        eer = (fmr + fnmr) / 2;
      }
      crossed = fmr >= fnmr;
    }
  }
  return { eer, fnmrAt, thresholds };
}

/** Points (FMR, FNMR) of the DET curve, evenly spread over the logarithm of FMR. */
export function detPoints(ranked: Ranked, wanted = 240): [number, number][] {
  const { genuine, impostor, impostorCount, genuineCount } = ranked;
  const points: [number, number][] = [];
  const factor = Math.max(1.0001, impostor.scores.length ** (1 / wanted));
  for (
    let count = 1;
    count <= impostor.scores.length;
    count = Math.max(count + 1, Math.floor(count * factor))
  ) {
    const threshold = impostor.scores[count - 1]!;
    points.push([count / impostorCount, firstAtLeast(genuine.scores, threshold) / genuineCount]);
  }
  return points;
}

function impostorTotal({ rows, columns }: ImpostorScores, weights?: Float64Array): number {
  let allRows = 0;
  let allColumns = 0;
  let same = 0;
  for (let subject = 0; subject < rows.length; subject++) {
    const weight = weights === undefined ? 1 : weights[subject]!;
    allRows += weight * rows[subject]!;
    allColumns += weight * columns[subject]!;
    same += weight * weight * rows[subject]! * columns[subject]!;
  }
  return allRows * allColumns - same;
}

/** How many of the rising scores are below `value`. */
function firstAtLeast(scores: Float32Array, value: number): number {
  let low = 0;
  let high = scores.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scores[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many of the rising scores are at or below `value`. */
function firstAbove(scores: Float32Array, value: number): number {
  let low = 0;
  let high = scores.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scores[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sortedIndices(scores: Float32Array, direction: 1 | -1): Uint32Array {
  const order = Uint32Array.from(scores, (_, index) => index);
  return order.sort((left, right) => direction * (scores[left]! - scores[right]!) || left - right);
}

function gather(values: Float32Array, indices: Uint32Array): Float32Array {
  return Float32Array.from(indices, (index) => values[index]!);
}
