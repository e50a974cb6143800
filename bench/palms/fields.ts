/**
 * Filter responses of palms that were never drawn. A palm's six response planes on the 32 x 32 code grid are a sum
 * of a few bank members, each moved anywhere and flipped, on top of the structure that palms share. So planes have
 * the correlations in space and between orientations that rendered palms have, at a thousandth of the cost.
 */

import { gridRegion, gridResponses } from '../../engine/palm/gabor.ts';
import { box, fieldSide, halve, normalise, regionSide, resize } from '../../engine/palm/image.ts';
import { encodeAt, words } from '../../engine/palm/kernel/extract.ts';
import { bocvWords, competitiveWords, gridSide, orientations } from '../../engine/palm/sizes.ts';
import type { PalmCode } from '../../engine/palm/types.ts';
import type { SeededRandom } from './random.ts';
import { renderPalm } from './render.ts';
import { elasticField, type Warp } from './warp.ts';

const plane = gridSide * gridSide;
export const fieldLength = orientations * plane;

/** Where a sample is put together: the extraction kernel codes responses only in its own memory. */
export const sampleField: Float32Array = gridRegion.view;

/** Rendered palms whose responses are mixed; sharing one of several parts makes no two palms alike. */
const bank_members = 96;
const bank_seed = 31_337;

interface Bank {
  /** Each with what all share taken away, at unit deviation. */
  readonly members: readonly Float32Array[];
  /** Mean of all members on the same scale, for right hands: what palms have in common. */
  readonly shared: Float32Array;
}

let bank: Bank | null = null;

/** Responses on the code grid of a synthetic palm, copied. */
export function renderedResponses(seed: number, identity: number): Float32Array {
  const region = new Float32Array(regionSide * regionSide);
  const normalised = new Float32Array(regionSide * regionSide);
  const field = new Float32Array(fieldSide * fieldSide);
  resize(renderPalm({ seed, identity, hand: 'right', sample: 0, preset: 'hard' }), region);
  normalise(region, normalised);
  halve(box(normalised), field);
  return gridResponses(field).slice();
}

function theBank(): Bank {
  if (bank !== null) return bank;
  const members = Array.from({ length: bank_members }, (_, member) => renderedResponses(bank_seed, member));
  const shared = new Float32Array(fieldLength);
  for (const member of members) {
    scaleToUnit(member);
    for (let at = 0; at < fieldLength; at++) shared[at] = shared[at]! + member[at]! / bank_members;
  }
  for (const member of members) {
    for (let at = 0; at < fieldLength; at++) member[at] = member[at]! - shared[at]!;
    scaleToUnit(member);
  }
  scaleToUnit(shared);
  bank = { members, shared };
  return bank;
}

function scaleToUnit(values: Float32Array): void {
  let squares = 0;
  for (const value of values) squares += value * value;
  const factor = Math.sqrt(values.length / squares);
  for (let at = 0; at < values.length; at++) values[at] = values[at]! * factor;
}

/**
 * Adds a random mixture to `target`: `parts` bank members of equal weight, moved round the grid and flipped, with
 * the deviation `strength` in all. Signs stay: creases are dark and narrow, so a bit is set in 47 of 100 cells.
 */
export function addMixture(
  target: Float32Array,
  random: SeededRandom,
  parts: number,
  strength: number,
): void {
  const { members } = theBank();
  const weight = strength / Math.sqrt(parts);
  for (let part = 0; part < parts; part++) {
    const drawn = random.bits();
    const member = members[drawn % bank_members]!;
    const dx = (drawn >>> 8) & 31;
    const dy = (drawn >>> 13) & 31;
    // Each flip mirrors directions: orientation k becomes 6 - k, and two flips undo it.
    const flipX = (drawn >>> 18) & 1;
    const flipY = (drawn >>> 19) & 1;
    for (let k = 0; k < orientations; k++) {
      const from = (flipX === flipY ? k : (orientations - k) % orientations) * plane;
      for (let r = 0; r < gridSide; r++) {
        const row = from + (((flipY === 1 ? 31 - r : r) + dy) & 31) * gridSide;
        const to = k * plane + r * gridSide;
        if (flipX === 1) {
          for (let c = 0; c < gridSide; c++) {
            target[to + c] = target[to + c]! + weight * member[row + ((31 - c + dx) & 31)]!;
          }
        } else {
          for (let c = 0; c < gridSide; c++) {
            target[to + c] = target[to + c]! + weight * member[row + ((c + dx) & 31)]!;
          }
        }
      }
    }
  }
}

/** Adds what palms have in common, mirrored for left hands. */
export function addShared(target: Float32Array, mirrored: boolean, strength: number): void {
  const { shared } = theBank();
  for (let k = 0; k < orientations; k++) {
    const from = (mirrored ? (orientations - k) % orientations : k) * plane;
    for (let r = 0; r < gridSide; r++) {
      for (let c = 0; c < gridSide; c++) {
        const to = k * plane + r * gridSide + c;
        target[to] = target[to]! + strength * shared[from + r * gridSide + (mirrored ? 31 - c : c)]!;
      }
    }
  }
}

const displacedX = new Float32Array(plane);
const displacedY = new Float32Array(plane);

/** Writes the field as a sample shows it: moved along `warp`, as {@link renderPalm} moves an image. */
export function warpField(source: Float32Array, warp: Warp, target: Float32Array): void {
  elasticField(warp.elasticX, gridSide, displacedX);
  elasticField(warp.elasticY, gridSide, displacedY);
  for (let r = 0; r < gridSide; r++) {
    for (let c = 0; c < gridSide; c++) {
      const at = r * gridSide + c;
      // Cells are four pixels of the 128 frame apart, the first one three from its edge.
      const x = 4 * c + 3 - 64;
      const y = 4 * r + 3 - 64;
      const u = warp.scale * (warp.cosine * x - warp.sine * y) + warp.moveX + displacedX[at]!;
      const v = warp.scale * (warp.sine * x + warp.cosine * y) + warp.moveY + displacedY[at]!;
      const column = Math.min(30.999, Math.max(0, (u + 61) / 4));
      const row = Math.min(30.999, Math.max(0, (v + 61) / 4));
      const left = column | 0;
      const above = row | 0;
      const right = column - left;
      const below = row - above;
      const w00 = (1 - right) * (1 - below);
      const w01 = right * (1 - below);
      const w10 = (1 - right) * below;
      const w11 = right * below;
      for (let from = above * gridSide + left, to = at; to < fieldLength; from += plane, to += plane) {
        target[to] =
          w00 * source[from]! + w01 * source[from + 1]! + w10 * source[from + 32]! + w11 * source[from + 33]!;
      }
    }
  }
}

const coded = words(bocvWords + competitiveWords);

/** Codes {@link sampleField}, by the engine's own kernel: a bit is a negative response, CompCode the most negative. */
export function encodeSample(): PalmCode {
  encodeAt(gridRegion.at, plane * 4, coded.at);
  return { bocv: coded.view.slice(0, bocvWords), competitive: coded.view.slice(bocvWords) };
}
