import type { PalmCode, PalmTemplate } from '../../engine/palm/types.ts';
import { toUnitLength, vectorLength } from '../../engine/palm/vector.ts';
import { SeededRandom } from '../palms/random.ts';

/** Where the templates of a bench come from: any sample of any palm, the same each time. */
export type Gallery = (palm: number, sample: number) => PalmTemplate;

/**
 * Variances of the search vector along its principal axes fall off like this on 400 rendered hard-preset palms
 * (participation ratio 160 of 256): few directions stand out, which is hard for any graph.
 */
const SPREAD = 144;
/** Leaves a cosine of about 0.56 between two samples of a palm, as rendered hard-preset palms have. */
const SAMPLE_NOISE = 0.9;

/** Templates drawn from that spectrum; codes are random bits, a tenth of them changed from sample to sample. */
export function drawnGallery(seed: number): Gallery {
  const deviations = Float64Array.from({ length: vectorLength }, (_, i) => Math.exp(-i / SPREAD));
  return (palm, sample) => {
    const identity = new SeededRandom(seed, palm);
    const variation = new SeededRandom(seed, palm, 1 + sample);
    const vector = new Float32Array(vectorLength);
    for (let i = 0; i < vectorLength; i++) {
      vector[i] = deviations[i]! * (identity.gaussian() + SAMPLE_NOISE * variation.gaussian());
    }
    return { vector: toUnitLength(vector), code: drawnCode(identity, variation) };
  };
}

function drawnCode(identity: SeededRandom, variation: SeededRandom): PalmCode {
  const words = (count: number): Uint32Array =>
    Uint32Array.from({ length: count }, () => {
      const word = identity.bits();
      // The conjunction of three random words has an eighth of its bits set.
      return (word ^ (variation.bits() & variation.bits() & variation.bits())) >>> 0;
    });
  return { bocv: words(192), competitive: words(96) };
}
