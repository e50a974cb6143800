/** Seeded codes and probes for tests and benches: noise, or noise that resembles another code. */

import { probeTurns } from '../../engine/palm/model.ts';
import { bocvWords, competitiveWords } from '../../engine/palm/sizes.ts';
import type { PalmCode, PalmProbe, QualityReport } from '../../engine/palm/types.ts';

/** xorshift32; never zero. */
export function seededWords(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

export function noiseCode(next: () => number): PalmCode {
  return {
    bocv: Uint32Array.from({ length: bocvWords }, next),
    competitive: Uint32Array.from({ length: competitiveWords }, next),
  };
}

/** The code moved by whole cells, with about an eighth of its bits turned over. */
export function movedCode(code: PalmCode, dx: number, dy: number, next: () => number): PalmCode {
  const bocv = new Uint32Array(bocvWords);
  for (let i = 0; i < bocvWords; i++) {
    const row = (i & 31) - dy;
    const word = row < 0 || row > 31 ? next() : code.bocv[(i & ~31) + row]!;
    const moved = dx >= 0 ? word << dx : word >>> -dx;
    bocv[i] = moved ^ (next() & next() & next());
  }
  return { bocv, competitive: code.competitive };
}

export const anyQuality: QualityReport = {
  overall: 1,
  contrast: 1,
  sharpness: 1,
  orientation: 1,
  background: 1,
  reasons: [],
};

/** A probe whose code at `turn` is `code`, its others noise. */
export function probeWith(code: PalmCode, turn: number, next: () => number): PalmProbe {
  const codes = probeTurns.map((_, i) => (i === turn ? code : noiseCode(next)));
  return { vector: new Float32Array(256), codes, quality: anyQuality };
}
