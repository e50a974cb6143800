import { CodeArena } from '../../engine/palm/compare.ts';
import { extractProbe, uprightTurn } from '../../engine/palm/extract.ts';
import type { PalmProbe } from '../../engine/palm/types.ts';
import type { LabelledImage } from '../palms/dataset.ts';
import type { Compare } from './protocols.ts';

/** One image of the set, extracted. The upright code serves as its template. */
export interface Sample {
  /** Index into {@link Corpus.palms}. */
  readonly subject: number;
  readonly probe: PalmProbe;
  /** The quality gate would refuse it. */
  readonly poor: boolean;
}

export interface Corpus {
  readonly palms: readonly string[];
  /** Grouped by palm, in order. */
  readonly samples: readonly Sample[];
  /** Images that could not be read at all: failures to acquire beside the quality gate's. */
  readonly unreadable: number;
}

/** Extracts every image of a set once. An image that cannot be read counts, is told to `say` and skipped. */
export function extractCorpus(images: readonly LabelledImage[], say: (line: string) => void): Corpus {
  const palms: string[] = [];
  const samples: Sample[] = [];
  let unreadable = 0;
  for (const image of images) {
    if (palms.at(-1) !== image.palm) palms.push(image.palm);
    try {
      const probe = extractProbe(image.load());
      samples.push({ subject: palms.length - 1, probe, poor: probe.quality.reasons.length > 0 });
    } catch (error) {
      unreadable++;
      say(`skipped ${image.palm}/${image.sample}: ${String(error)}`);
    }
  }
  return { palms, samples, unreadable };
}

/** Samples of each palm, by index. */
export function samplesByPalm(corpus: Corpus): number[][] {
  const groups: number[][] = corpus.palms.map(() => []);
  corpus.samples.forEach((sample, index) => {
    groups[sample.subject]!.push(index);
  });
  return groups;
}

/** Every sample's upright code laid into an arena once, so that a comparison copies nothing. */
export function corpusArena(corpus: Corpus): {
  readonly arena: CodeArena;
  readonly slots: readonly number[];
} {
  const arena = new CodeArena();
  const slots = corpus.samples.map(({ probe }) => {
    const slot = arena.allocate();
    arena.set(slot, probe.codes[uprightTurn]!);
    return slot;
  });
  return { arena, slots };
}

/** The engine's exact comparison over a corpus. */
export function corpusComparison(corpus: Corpus): Compare {
  const { arena, slots } = corpusArena(corpus);
  return (probe, template) => arena.compare(corpus.samples[probe]!.probe, slots[template]!);
}
