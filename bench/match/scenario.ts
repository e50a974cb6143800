/** How fast one core compares palms exactly, and how long an image takes to become a probe. */
import { CodeArena, rawScoreCount } from '../../engine/palm/compare.ts';
import { extractProbe, extractTemplate, probeTurns } from '../../engine/palm/extract.ts';
import type { GreyImage } from '../../engine/palm/image.ts';
import type { PalmCode, PalmProbe } from '../../engine/palm/types.ts';
import { compareInPlainTypeScript } from '../../test/oracle/compare.ts';
import { seededWords } from '../../test/oracle/palms.ts';
import { interleave } from '../harness/rounds.ts';
import { scenario } from '../harness/scenario.ts';
import { ratios } from '../harness/statistics.ts';
import { renderPalm } from '../palms/render.ts';

const galleryCodes = 20_000;
/** A batch: what one identification compares, so that codes come from memory and not from the nearest cache. */
const shortlist = 20;

interface Stage {
  readonly probes: readonly PalmProbe[];
  readonly images: readonly GreyImage[];
  readonly codes: readonly PalmCode[];
  readonly arena: CodeArena;
}

/** Rendered palms, and copies of them with an eighth of their bits turned over to fill the gallery. */
function prepare(seed: number, palms: number): Stage {
  const next = seededWords(seed);
  const image = (identity: number, sample: number) =>
    renderPalm({ seed, identity, sample, hand: identity % 2 === 0 ? 'left' : 'right', preset: 'hard' });
  const images = Array.from({ length: palms }, (_, i) => image(i, 1));
  const rendered = Array.from({ length: palms }, (_, i) => extractTemplate(image(i, 0)).code);
  const arena = new CodeArena();
  const codes = Array.from({ length: galleryCodes }, (_, i): PalmCode => {
    const code = rendered[i % palms]!;
    if (i < palms) return code;
    return { ...code, bocv: code.bocv.map((word) => word ^ (next() & next() & next())) };
  });
  for (const code of codes) arena.set(arena.allocate(), code);
  return { probes: images.map((one) => extractProbe(one)), images, codes, arena };
}

/**
 * Milliseconds of processor time that one call of `work` takes: the figures are those of a core, and must not
 * include what other processes do on it meanwhile.
 */
function processorTime(work: () => void): number {
  const from = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

export const match = scenario({
  name: 'match',
  summary: 'exact comparisons a second and core, and how long an image takes to become a probe',
  baseline: 'the same scores in plain TypeScript',
  parameters: {
    palms: { what: 'rendered palms', full: 100, quick: 20 },
    rounds: { what: 'interleaved rounds', full: 15, quick: 3 },
  },
  goals: [
    { of: 'comparisons', least: 100_000, text: '100,000 exact comparisons a second and core' },
    { of: 'probe', most: 2.5, text: 'extraction with all turns within 2.5 ms' },
  ],
  async run(bench) {
    const { palms, rounds } = bench.values;
    const { probes, images, codes, arena } = prepare(bench.seed, palms);
    const next = seededWords(bench.seed + 1);
    const batches = Array.from({ length: 200 }, () => ({
      probe: probes[next() % palms]!,
      slots: Int32Array.from({ length: shortlist }, () => next() % galleryCodes),
    }));
    const plainBatches = batches.slice(0, 5);
    const out = new Float64Array(rawScoreCount);
    for (const { probe, slots } of plainBatches) {
      for (const slot of slots) {
        arena.compareRaw(probe, slot, out, 0);
        const plain = compareInPlainTypeScript(probe, codes[slot]!);
        if (plain.some((value, i) => value !== out[i])) throw new Error('kernel and plain TypeScript differ');
      }
    }
    bench.say(
      `  ${probeTurns.length} turns × 49 shifts and 16 blocks; the scores of both sides are the same bits`,
    );
    const timed = (work: () => void) => async () => processorTime(work);
    const taken = await interleave(
      { rounds },
      {
        kernel: timed(() => {
          for (const { probe, slots } of batches) {
            for (const slot of slots) arena.compareRaw(probe, slot, out, 0);
          }
        }),
        published: timed(() => {
          for (const { probe, slots } of batches) arena.compareMany(probe, slots);
        }),
        plain: timed(() => {
          for (const { probe, slots } of plainBatches) {
            for (const slot of slots) compareInPlainTypeScript(probe, codes[slot]!);
          }
        }),
        probe: timed(() => {
          for (const image of images) extractProbe(image);
        }),
        template: timed(() => {
          for (const image of images) extractTemplate(image);
        }),
      },
    );
    const perSecond = (ms: readonly number[], pairs: number) => ms.map((each) => (pairs * 1000) / each);
    const comparisons = perSecond(taken.kernel, batches.length * shortlist);
    const published = perSecond(taken.published, batches.length * shortlist);
    const plain = perSecond(taken.plain, plainBatches.length * shortlist);
    bench.figure('comparisons', 'comparisons, raw scores', '1/s', 'thenar', comparisons);
    bench.figure('published', 'comparisons, published scores', '1/s', 'thenar', published);
    bench.figure('plain', 'comparisons in plain TypeScript', '1/s', 'baseline', plain);
    const each = (ms: readonly number[]) => ms.map((all) => all / images.length);
    bench.figure('probe', 'extraction of a probe, all turns', 'ms', 'thenar', each(taken.probe));
    bench.figure('template', 'extraction of a template, upright', 'ms', 'thenar', each(taken.template));
    bench.ratio('toPlain', 'comparisons, kernel / plain TypeScript', 'more', ratios(comparisons, plain));
  },
});
