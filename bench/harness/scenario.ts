/** A scenario as data: what it is called, what it can be told, what it must show, and how it is run. */
import type { Bench } from './bench.ts';

/** A whole number that the command line may set: `--people 500`. */
export interface Parameter {
  readonly what: string;
  readonly full: number;
  /** Of a `--quick` run, which is there to show that everything works and roughly where it stands. */
  readonly quick: number;
  /** Smallest value that makes sense. Default 1. */
  readonly least?: number;
}

/** A word that the command line may give: `--dataset DIR`. Without it the scenario does what it does by itself. */
export interface TextParameter {
  readonly what: string;
  /** The only words it may be; any, when left out. */
  readonly oneOf?: readonly string[];
}

/** What a ratio (or, where no baseline exists, a figure) of this name must be. */
export interface Goal {
  /** Name of a ratio or figure of the result; nothing is judged in a run that did not take it. */
  readonly of: string;
  readonly least?: number;
  readonly most?: number;
  /** The goal in the words of whoever set it. */
  readonly text: string;
}

export interface Scenario<P extends string = string, T extends string = string> {
  readonly name: string;
  /** One line: what is measured. */
  readonly summary: string;
  /** One line: what stands beside it in the same run. */
  readonly baseline: string;
  readonly parameters: Readonly<Record<P, Parameter>>;
  readonly texts?: Readonly<Record<T, TextParameter>>;
  readonly goals: readonly Goal[];
  /** Whether `--url` may point it at an engine that is not its own; others kill, fill or look into theirs. */
  readonly remote?: boolean;
  /** Left out of `all` when it is quick: longer than the rest together. */
  readonly onlyFull?: boolean;
  /** Never part of `all`: it holds facts against a ledger and measures nothing. */
  readonly apart?: boolean;
  /** Packages whose versions belong into the result. */
  readonly packages?: readonly string[];
  run(bench: Bench<P, T>): Promise<void>;
}

/** Keeps the parameter names of a scenario as types. */
export function scenario<const P extends string, const T extends string = never>(
  declared: Scenario<P, T>,
): Scenario<P, T> {
  return declared;
}
