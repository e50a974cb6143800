import { readFileSync } from 'node:fs';
import { assetPath } from '../../engine/asset.ts';
import type { Hand } from '../../engine/palm/types.ts';
import { cosine, sine } from './mathematics.ts';
import { SeededRandom } from './random.ts';
import { skinTexture } from './texture.ts';

export type CurveKind = 'principal' | 'wrinkle' | 'fine';

/** A quadratic Bézier in palm coordinates ([0, 1] squared is the region); width in pixels of the 128 frame. */
export interface Curve {
  readonly kind: CurveKind;
  /** start x, y, control x, y, end x, y. */
  readonly points: readonly number[];
  readonly deviation: number;
  /** Grey levels the crease is darker than the skin beside it. */
  readonly depth: number;
}

/** What stays the same between samples of one palm. */
export interface PalmIdentity {
  readonly curves: readonly Curve[];
  readonly texture: Float32Array;
  readonly base: number;
  /** Mean and spread of line depth between people is in the curves; the left hand is the mirror image. */
  readonly mirrored: boolean;
}

interface CreaseModel {
  readonly mean: readonly number[];
  readonly chol: readonly (readonly number[])[];
}

let creaseModel: CreaseModel | null = null;

/** Joint Gaussian of the 18 coordinates of life, head and heart line, fitted to 1,000 traced real palms. */
function creases(): CreaseModel {
  creaseModel ??= JSON.parse(
    readFileSync(assetPath('bench', 'palms', 'data', 'crease18.json'), 'utf8'),
  ) as CreaseModel;
  return creaseModel;
}

/** Identities kept ready: many samples of few people is the common order, and a texture is 147 kB. */
const cached_identities_max = 64;
const cache = new Map<string, PalmIdentity>();

/** The palm of one hand of one person; the two hands are as unrelated as two people. */
export function palmIdentity(seed: number, identity: number, hand: Hand): PalmIdentity {
  const key = `${seed}/${identity}/${hand}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const random = new SeededRandom(seed, identity, hand === 'left' ? 1 : 2, 0);
  const made: PalmIdentity = {
    curves: [...principalLines(random), ...wrinkles(random), ...fineCreases(random)],
    base: random.between(120, 165),
    texture: skinTexture(random),
    mirrored: hand === 'left',
  };
  if (cache.size >= cached_identities_max) {
    const oldest = cache.keys().next();
    if (!oldest.done) cache.delete(oldest.value);
  }
  cache.set(key, made);
  return made;
}

function principalLines(random: SeededRandom): Curve[] {
  const { mean, chol } = creases();
  const drawn = mean.map(() => random.gaussian());
  const coordinates = mean.map((value, row) => {
    let sum = value;
    for (let column = 0; column <= row; column++) sum += chol[row]![column]! * drawn[column]!;
    return sum;
  });
  // Seven palms in a hundred show two lines only; which one is missing is a coin's decision between head and heart.
  const missing = random.uniform() < 0.93 ? -1 : 1 + random.below(2);
  const lines: Curve[] = [];
  for (let line = 0; line < 3; line++) {
    const deviation = random.between(1.3, 2.1);
    const depth = random.between(34, 60);
    if (line === missing) continue;
    lines.push({ kind: 'principal', points: coordinates.slice(line * 6, line * 6 + 6), deviation, depth });
  }
  return lines;
}

function wrinkles(random: SeededRandom): Curve[] {
  const preferred = random.between(0, Math.PI);
  return Array.from({ length: 10 + random.below(13) }, () => {
    const angle = random.uniform() < 0.45 ? preferred + random.gaussian(0.2) : random.between(0, Math.PI);
    const length = random.between(0.18, 0.6);
    return crease(random, 'wrinkle', angle, length, random.gaussian(0.12 * length), [0.8, 1.5], [10, 32]);
  });
}

function fineCreases(random: SeededRandom): Curve[] {
  return Array.from({ length: 110 + random.below(81) }, () => {
    const length = random.between(0.04, 0.2);
    const angle = random.between(0, Math.PI);
    return crease(random, 'fine', angle, length, random.gaussian(0.06 * length), [0.6, 1.1], [4, 16]);
  });
}

function crease(
  random: SeededRandom,
  kind: CurveKind,
  angle: number,
  length: number,
  bow: number,
  deviation: readonly [number, number],
  depth: readonly [number, number],
): Curve {
  // Centres reach past the edge so that the border is as busy as the middle after a move.
  const x = random.between(-0.08, 1.08);
  const y = random.between(-0.08, 1.08);
  const alongX = (cosine(angle) * length) / 2;
  const alongY = (sine(angle) * length) / 2;
  // A quadratic's middle lies half way to its control point, so the control is out by twice the bow.
  const controlX = x - (2 * bow * alongY * 2) / length;
  const controlY = y + (2 * bow * alongX * 2) / length;
  return {
    kind,
    points: [x - alongX, y - alongY, controlX, controlY, x + alongX, y + alongY],
    deviation: random.between(...deviation),
    depth: random.between(...depth),
  };
}
