/** How fast one core compares palms exactly, and how long an image takes to become a probe. */
import { CodeArena, rawScoreCount } from '../engine/palm/compare.ts';
import { extractProbe, extractTemplate, probeTurns } from '../engine/palm/extract.ts';
import type { GreyImage } from '../engine/palm/image.ts';
import type { PalmCode, PalmProbe } from '../engine/palm/types.ts';
import { compareInPlainTypeScript } from '../test/oracle/compare.ts';
import { seededWords } from '../test/oracle/palms.ts';
import { renderPalm } from './palms/render.ts';
import { type BenchOptions, integerOption, type Scenario, say, spread, writeResult } from './report.ts';

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
function time(work: () => void): number {
  const from = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(from);
  return (user + system) / 1000;
}

function rate(label: string, perSecond: readonly number[]): void {
  const { median, min, max, relative } = spread(perSecond);
  const figures = [median, min, max].map((value) => Math.round(value).toLocaleString('en'));
  say(
    `  ${label.padEnd(34)} ${figures[0]} a second (${figures[1]} to ${figures[2]}, ±${(relative * 100).toFixed(1)} %)`,
  );
}

function duration(label: string, ms: readonly number[]): void {
  const { median, min, max, relative } = spread(ms);
  const figures = [median, min, max].map((value) => value.toFixed(2));
  say(
    `  ${label.padEnd(34)} ${figures[0]} ms (${figures[1]} to ${figures[2]}, ±${(relative * 100).toFixed(1)} %)`,
  );
}

async function run(options: BenchOptions): Promise<void> {
  const seed = integerOption(options, 'seed', 1);
  const rounds = integerOption(options, 'rounds', 15);
  const palms = integerOption(options, 'palms', 100);
  if (rounds < 1 || palms < 1 || palms > galleryCodes) {
    throw new Error(`--rounds wants at least 1, --palms 1 to ${galleryCodes}`);
  }
  say(
    `Rendering ${2 * palms} palms (seed ${seed}), filling a gallery of ${galleryCodes.toLocaleString('en')} codes …`,
  );
  const { probes, images, codes, arena } = prepare(seed, palms);
  const next = seededWords(seed + 1);
  const batches = Array.from({ length: 200 }, () => ({
    probe: probes[next() % palms]!,
    slots: Int32Array.from({ length: shortlist }, () => next() % galleryCodes),
  }));
  const plainBatches = batches.slice(0, 5);
  const out = new Float64Array(rawScoreCount);

  const kernelRound = () => {
    for (const { probe, slots } of batches) for (const slot of slots) arena.compareRaw(probe, slot, out, 0);
  };
  const publishedRound = () => {
    for (const { probe, slots } of batches) arena.compareMany(probe, slots);
  };
  const plainRound = () => {
    for (const { probe, slots } of plainBatches) {
      for (const slot of slots) compareInPlainTypeScript(probe, codes[slot]!);
    }
  };
  const probeRound = () => {
    for (const image of images) extractProbe(image);
  };
  const templateRound = () => {
    for (const image of images) extractTemplate(image);
  };

  const differing = plainBatches.flatMap(({ probe, slots }) =>
    [...slots].filter((slot) => {
      arena.compareRaw(probe, slot, out, 0);
      return compareInPlainTypeScript(probe, codes[slot]!).some((value, i) => value !== out[i]);
    }),
  );
  if (differing.length > 0)
    throw new Error(`the kernel and plain TypeScript differ in ${differing.length} pairs`);

  // Rounds are interleaved so that a machine that speeds up or slows down does so for all of them.
  const taken = { kernel: [], published: [], plain: [], probe: [], template: [] } as Record<string, number[]>;
  const work = {
    kernel: kernelRound,
    published: publishedRound,
    plain: plainRound,
    probe: probeRound,
    template: templateRound,
  };
  for (const one of Object.values(work)) one();
  for (let round = 0; round < rounds; round++) {
    for (const [name, one] of Object.entries(work)) taken[name]!.push(time(one));
  }
  const perSecond = (name: string, pairs: number) => taken[name]!.map((ms) => (pairs * 1000) / ms);
  const each = (name: string) => taken[name]!.map((ms) => ms / images.length);
  const comparisons = {
    kernel: perSecond('kernel', batches.length * shortlist),
    published: perSecond('published', batches.length * shortlist),
    plain: perSecond('plain', plainBatches.length * shortlist),
  };
  const extraction = { probe: each('probe'), template: each('template') };

  say(
    `Exact comparison, a second of one core, ${probeTurns.length} turns x 49 shifts and 16 blocks, ${rounds} rounds:`,
  );
  rate('WebAssembly, raw scores', comparisons.kernel);
  rate('WebAssembly, published scores', comparisons.published);
  rate('plain TypeScript, same scores', comparisons.plain);
  say('Extraction from a 128 x 128 image:');
  duration(`probe, ${probeTurns.length} turns`, extraction.probe);
  duration('template, upright alone', extraction.template);
  const path = writeResult('match', {
    seed,
    palms,
    galleryCodes,
    shortlist,
    turns: probeTurns,
    comparisonsPerSecond: {
      kernel: spread(comparisons.kernel),
      kernelPublished: spread(comparisons.published),
      plainTypeScript: spread(comparisons.plain),
    },
    extractionMs: { probe: spread(extraction.probe), template: spread(extraction.template) },
    targets: { comparisonsPerSecond: 100_000, extractionMs: 2.5 },
  });
  say(`Written to ${path}`);
}

export const match: Scenario = {
  name: 'match',
  summary:
    'exact comparisons a second and core beside plain TypeScript, and extraction time (--palms --rounds --seed)',
  run,
};
