import type { Comparison, MatchPolicy } from '../../engine/palm/types.ts';
import { type Corpus, samplesByPalm } from './corpus.ts';
import { type Ranked, rank } from './rates.ts';

/** Compares two samples of a corpus, by index, one as probe and one as template; the engine's own comparison. */
export type Compare = (probe: number, template: number) => Comparison;
/** The engine's decision under its shipped thresholds. */
export type Decide = (comparison: Comparison, policy: MatchPolicy) => boolean;

export const policies: readonly MatchPolicy[] = ['all_thresholds', 'fused'];

/** Errors at an operating point, by subject, so that a bootstrap can weigh them. */
export interface OperatingErrors {
  /** Subjects of the genuine pairs that were refused. */
  readonly refused: readonly number[];
  /** Subject pairs of the impostor pairs that were accepted. */
  readonly accepted: readonly (readonly [number, number])[];
}

/** All scores of one protocol. */
export interface Protocol {
  readonly name: 'single' | 'enrolled';
  /** What stands before each of its figures. */
  readonly title: string;
  readonly ranked: Ranked;
  /** Genuine comparisons of each subject. */
  readonly genuineOf: Float64Array;
  readonly atPolicy: Readonly<Record<MatchPolicy, OperatingErrors>>;
}

/** Collects scores in typed arrays of a size known beforehand. */
class Collector {
  private readonly genuine: { scores: Float32Array; subject: Uint32Array };
  private readonly impostor: { scores: Float32Array; probe: Uint32Array; template: Uint32Array };
  private readonly errors = {
    all_thresholds: { refused: [] as number[], accepted: [] as [number, number][] },
    fused: { refused: [] as number[], accepted: [] as [number, number][] },
  };
  private genuineAt = 0;
  private impostorAt = 0;

  constructor(genuine: number, impostor: number) {
    this.genuine = { scores: new Float32Array(genuine), subject: new Uint32Array(genuine) };
    this.impostor = {
      scores: new Float32Array(impostor),
      probe: new Uint32Array(impostor),
      template: new Uint32Array(impostor),
    };
  }

  add(probe: number, template: number, score: number, matches: (policy: MatchPolicy) => boolean): void {
    if (probe === template) {
      this.genuine.scores[this.genuineAt] = score;
      this.genuine.subject[this.genuineAt++] = probe;
    } else {
      this.impostor.scores[this.impostorAt] = score;
      this.impostor.probe[this.impostorAt] = probe;
      this.impostor.template[this.impostorAt++] = template;
    }
    for (const policy of policies) {
      const matched = matches(policy);
      if (probe === template && !matched) this.errors[policy].refused.push(probe);
      else if (probe !== template && matched) this.errors[policy].accepted.push([probe, template]);
    }
  }

  finish(name: Protocol['name'], title: string, rows: Float64Array, columns: Float64Array): Protocol {
    const genuineOf = new Float64Array(rows.length);
    for (const subject of this.genuine.subject) genuineOf[subject]! += 1;
    const ranked = rank(rows.length, this.genuine, { ...this.impostor, rows, columns });
    return { name, title, ranked, genuineOf, atPolicy: this.errors };
  }
}

/** Every sample against every later one: all genuine and all impostor pairs once, as public papers report. */
export function allPairs(corpus: Corpus, compare: Compare, decide: Decide): Protocol {
  const { samples } = corpus;
  const sizes = Float64Array.from(samplesByPalm(corpus), (group) => group.length);
  const pairs = (samples.length * (samples.length - 1)) / 2;
  const genuine = sizes.reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);
  const collector = new Collector(genuine, pairs - genuine);
  for (let later = 1; later < samples.length; later++) {
    const probe = samples[later]!;
    for (let earlier = 0; earlier < later; earlier++) {
      const template = samples[earlier]!;
      const comparison = compare(later, earlier);
      collector.add(probe.subject, template.subject, comparison.fused, (policy) =>
        decide(comparison, policy),
      );
    }
  }
  // Each unordered pair is compared once: rows times half the columns, twice.
  const halves = sizes.map((size) => size / 2);
  return collector.finish('single', 'sample to sample', sizes, halves);
}

/** What a probe scored against every enrolled palm. */
export interface SearchRow {
  readonly subject: number;
  /** Best fused score by palm; -1 for palms that are not enrolled. */
  readonly best: Float32Array;
}

/**
 * The first `enrol` samples of each palm are enrolled, the others are probes; the best template of a palm
 * counts, and under a policy any template that matches. Palms with fewer samples are left out.
 */
export function enrolled(
  corpus: Corpus,
  enrol: number,
  compare: Compare,
  decide: Decide,
): { protocol: Protocol; rows: SearchRow[]; gallery: number } {
  const groups = samplesByPalm(corpus);
  const members = groups.map((group) => (group.length > enrol ? group : []));
  const probes = members.flatMap((group) => group.slice(enrol));
  const gallery = members.filter((group) => group.length > 0).length;
  const collector = new Collector(probes.length, probes.length * Math.max(0, gallery - 1));
  const rows: SearchRow[] = [];
  for (const index of probes) {
    const probe = corpus.samples[index]!;
    const best = new Float32Array(members.length).fill(-1);
    members.forEach((group, subject) => {
      if (group.length === 0) return;
      const comparisons = group.slice(0, enrol).map((template) => compare(index, template));
      best[subject] = Math.max(...comparisons.map(({ fused }) => fused));
      collector.add(probe.subject, subject, best[subject]!, (policy) =>
        comparisons.some((comparison) => decide(comparison, policy)),
      );
    });
    rows.push({ subject: probe.subject, best });
  }
  const probesOf = Float64Array.from(members, (group) => Math.max(0, group.length - enrol));
  const enrolledOf = Float64Array.from(members, (group) => (group.length > 0 ? 1 : 0));
  const title = `best of ${enrol} enrolled`;
  return { protocol: collector.finish('enrolled', title, probesOf, enrolledOf), rows, gallery };
}
