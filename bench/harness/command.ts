/** The words of `thenar bench`: which scenarios, how, against what. */
import { parseArgs } from 'node:util';
import type { Settings } from './bench.ts';
import type { Scenario } from './scenario.ts';
import type { RemoteEngine } from './target.ts';

/** Words that make no sense; its message is all that whoever wrote them needs. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What was asked for. */
export type Asked =
  | { readonly kind: 'list' }
  | { readonly kind: 'run'; readonly scenarios: readonly Scenario[]; readonly options: RunOptions }
  | { readonly kind: 'report' }
  | { readonly kind: 'compare'; readonly before: string; readonly after: string };

export interface RunOptions {
  readonly quick: boolean;
  readonly seed: number;
  /** Fail when a ratio is worse than in the kept result. */
  readonly check: boolean;
  /** Folder for results; null: `bench/results`, or a folder of its own for quick runs. */
  readonly out: string | null;
  readonly remote: RemoteEngine | null;
  /** Parameters given on the command line, by name. */
  readonly given: Readonly<Record<string, number>>;
  /** Words given on the command line, by name. */
  readonly texts: Readonly<Record<string, string>>;
}

const common = {
  quick: { type: 'boolean' },
  check: { type: 'boolean' },
  seed: { type: 'string' },
  out: { type: 'string' },
  compare: { type: 'string' },
  url: { type: 'string' },
  'device-url': { type: 'string' },
  'ops-url': { type: 'string' },
  'ops-token': { type: 'string' },
  'admin-email': { type: 'string' },
  'admin-password': { type: 'string' },
} as const;

/**
 * Reads the command line.
 * @param words what follows `thenar bench`
 * @param environment for THENAR_BENCH_PASSWORD, which a command line should not show
 * @throws UsageError naming what is wrong
 */
export function readCommand(
  words: readonly string[],
  scenarios: readonly Scenario[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Asked {
  const names = new Set(scenarios.flatMap((scenario) => Object.keys(scenario.parameters)));
  const textNames = new Set(scenarios.flatMap((scenario) => Object.keys(scenario.texts ?? {})));
  const parameters = Object.fromEntries(
    [...names, ...textNames].map((name) => [name, { type: 'string' as const }]),
  );
  const { values, positionals } = parse(words, { ...parameters, ...common });
  const text = (name: string): string | undefined => (values as Record<string, string | undefined>)[name];
  if (values.compare !== undefined) {
    const [after] = positionals;
    if (after === undefined)
      throw new UsageError('--compare wants two files: --compare BEFORE.json AFTER.json');
    return { kind: 'compare', before: values.compare, after };
  }
  if (positionals.length === 0) return { kind: 'list' };
  if (positionals[0] === 'report') return { kind: 'report' };
  const quick = values.quick === true;
  const chosen = choose(positionals, scenarios, quick);
  const given: Record<string, number> = {};
  for (const name of names) {
    const value = text(name);
    if (value === undefined) continue;
    const owners = ownersOf(name, chosen, ({ parameters }) => name in parameters);
    given[name] = wholeNumber(
      name,
      value,
      Math.max(...owners.map((one) => one.parameters[name]?.least ?? 1)),
    );
  }
  const texts: Record<string, string> = {};
  for (const name of textNames) {
    const value = text(name);
    if (value === undefined) continue;
    const owners = ownersOf(name, chosen, ({ texts }) => texts !== undefined && name in texts);
    for (const owner of owners) {
      const oneOf = owner.texts?.[name]?.oneOf;
      if (value === '' || oneOf?.includes(value) === false)
        throw new UsageError(`--${name} wants ${oneOf?.join(' or ') ?? 'a word'}`);
    }
    texts[name] = value;
  }
  const remote = readRemote(text, environment);
  const local = chosen.find((scenario) => remote !== null && scenario.remote !== true);
  if (local !== undefined)
    throw new UsageError(`${local.name} measures an engine of its own; --url is not for it`);
  return {
    kind: 'run',
    scenarios: chosen,
    options: {
      quick,
      seed: wholeNumber('seed', values.seed ?? '1', 0),
      check: values.check === true,
      out: values.out ?? null,
      remote,
      given,
      texts,
    },
  };
}

/** The chosen scenarios that know a parameter. @throws UsageError when none does */
function ownersOf(
  name: string,
  chosen: readonly Scenario[],
  knows: (scenario: Scenario) => boolean,
): readonly Scenario[] {
  const owners = chosen.filter(knows);
  if (owners.length > 0) return owners;
  throw new UsageError(`--${name} is no parameter of ${chosen.map((one) => one.name).join(', ')}`);
}

/** Options are strings but for the bare flags. */
function parse<O extends Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>>(
  words: readonly string[],
  options: O,
) {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]);
  }
}

/** The settings of one scenario: given, or its default for this kind of run. */
export function settingsOf<P extends string, T extends string>(
  scenario: Scenario<P, T>,
  { quick, seed, remote, given, texts: givenTexts }: RunOptions,
  out: Settings<P, T>['out'],
): Settings<P, T> {
  const names = Object.keys(scenario.parameters) as P[];
  const values = Object.fromEntries(
    names.map((name) => {
      const declared = scenario.parameters[name];
      return [name, given[name] ?? (quick ? declared.quick : declared.full)];
    }),
  ) as Record<P, number>;
  const texts = Object.fromEntries(
    Object.entries(givenTexts).filter(([name]) => scenario.texts !== undefined && name in scenario.texts),
  ) as Partial<Record<T, string>>;
  return { seed, quick, values, texts, remote, out };
}

function choose(
  names: readonly string[],
  scenarios: readonly Scenario[],
  quick: boolean,
): readonly Scenario[] {
  if (names.length === 1 && names[0] === 'all') {
    return scenarios.filter(({ apart, onlyFull }) => apart !== true && !(quick && onlyFull === true));
  }
  return names.map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found !== undefined) return found;
    const known = scenarios.map((scenario) => scenario.name).join(', ');
    throw new UsageError(`there is no scenario ${name}; there are ${known}, and all`);
  });
}

function wholeNumber(name: string, value: string, least: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number) || number < least) {
    throw new UsageError(`--${name} wants a whole number of at least ${least}`);
  }
  return number;
}

function readRemote(
  text: (name: string) => string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): RemoteEngine | null {
  const url = text('url');
  const deviceUrl = text('device-url');
  if (url === undefined && deviceUrl === undefined) return null;
  const email = text('admin-email');
  const password = text('admin-password') ?? environment.THENAR_BENCH_PASSWORD;
  if (url === undefined || deviceUrl === undefined || email === undefined || password === undefined) {
    throw new UsageError(
      'another engine wants --url, --device-url, --admin-email and --admin-password (or THENAR_BENCH_PASSWORD)',
    );
  }
  const opsUrl = text('ops-url');
  const opsToken = text('ops-token');
  return {
    url,
    deviceUrl,
    administrator: { email, password },
    ...(opsUrl === undefined ? {} : { opsUrl }),
    ...(opsToken === undefined ? {} : { opsToken }),
  };
}
