import type { Calls, Count, Distribution, Labelled } from '../../../engine/meter.ts';
import type { Reading } from './reading.ts';

/** Values of a family's labels, in their order. */
type LabelValues = readonly (string | number)[];
export type Sample = readonly [labels: LabelValues, value: number];
export type Series = readonly [labels: LabelValues, distribution: Distribution];

interface Described {
  readonly name: string;
  /** One sentence: the unit is in the name. */
  readonly help: string;
  readonly labels: readonly string[];
}

/** One family of metrics, as data: its name and meaning, and where its values come from. */
export type Family = Described &
  (
    | { readonly type: 'gauge' | 'counter'; readonly read: (reading: Reading) => Iterable<Sample> }
    | { readonly type: 'histogram'; readonly read: (reading: Reading) => Iterable<Series> }
  );

type Read<T> = (reading: Reading) => Iterable<T>;

export const gauge = (name: string, help: string, labels: readonly string[], read: Read<Sample>): Family => ({
  type: 'gauge',
  name,
  help,
  labels,
  read,
});

export const counter = (
  name: string,
  help: string,
  labels: readonly string[],
  read: Read<Sample>,
): Family => ({
  type: 'counter',
  name,
  help,
  labels,
  read,
});

export const histogram = (
  name: string,
  help: string,
  labels: readonly string[],
  read: Read<Series>,
): Family => ({ type: 'histogram', name, help, labels, read });

/** A family of one value. */
export function* only(value: number): Generator<Sample> {
  yield [[], value];
}

/** Of something that is labelled in memory as in the metrics, by one label or two. */
export function* counts(of: Labelled<Count>): Generator<Sample> {
  for (const [one, other, { value }] of of) yield [other === '' ? [one] : [one, other], value];
}

export function* distributions(of: Labelled<Distribution>): Generator<Series> {
  for (const [one, other, each] of of) yield [other === '' ? [one] : [one, other], each];
}

export function* outcomes(calls: Calls, ...before: string[]): Generator<Sample> {
  for (const [operation, { outcomes }] of calls.operations) {
    for (const [outcome, value] of outcomes) yield [[...before, operation, outcome], value];
  }
}

export function* durations(calls: Calls, ...before: string[]): Generator<Series> {
  for (const [operation, { seconds }] of calls.operations) yield [[...before, operation], seconds];
}
