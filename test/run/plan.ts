/** Which test files there are, which of them share a process, and in what order the processes start. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assetPath } from '../../engine/asset.ts';

/**
 * Started first and alone, so that none of those that take longest is left in the end, when the other cores have nothing
 * to do. What is not here goes by its name.
 */
const LONGEST = [
  'contract/chaos',
  'console/browser',
  'console/inspector',
  'simulation/actors',
  'contract/engine-ca-killed',
  'contract/engine-palm-migration-kill',
  'contract/wallet-killed',
  'contract/engine-faults',
  'contract/embedded',
].map((name) => `${name}.test.js`);

/** A test file that takes longer is stuck. */
export const FILE_TIMEOUT_MS = 420_000;

/** Files of one process. More save little, and the last process runs the longer alone. */
const TOGETHER_MAX = 6;

/** Compiled files with one of the words in their names; all without words. */
function testFiles(words: readonly string[]): string[] {
  return (
    readdirSync(assetPath('dist', 'test'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.js'))
      // What an earlier build left of a test that was moved is no test.
      .filter((name) => existsSync(assetPath('test', name.replace(/\.js$/, '.ts'))))
      .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
      .sort()
  );
}

/** Whether a file asks for an engine that others use too. */
const sharesEngine = (name: string): boolean => /sharedTestNode|openWorld/.test(textOf(name));

/** @returns lists of files, each for one process, in the order of their start; paths below `dist/test` */
export function plan(words: readonly string[]): string[][] {
  const files = testFiles(words);
  const longest = LONGEST.filter((name) => files.includes(name));
  const others = files.filter((name) => !LONGEST.includes(name));
  const apart = others.filter((name) => !sharesEngine(name));
  // Those that share an engine go together, before the short files, which fill the end.
  return [
    ...longest.map((name) => [name]),
    ...shares(others.filter(sharesEngine)),
    ...apart.map((name) => [name]),
  ];
}

/** Parts of about equal length. */
function shares(names: readonly string[]): string[][] {
  const count = Math.ceil(names.length / TOGETHER_MAX);
  const at = (part: number) => Math.round((part * names.length) / count);
  return Array.from({ length: count }, (_, part) => names.slice(at(part), at(part + 1)).sort(byClock));
}

/** A file that moves its engine's clock comes last: a shared engine may be of no use to others then. */
function byClock(a: string, b: string): number {
  const moves = (name: string) => Number(/clock\.(moveOn|pass)\(/.test(textOf(name)));
  return moves(a) - moves(b);
}

const textOf = (name: string): string => readFileSync(pathOf(name), 'utf8');

export const pathOf = (name: string): string => join(assetPath('dist', 'test'), name);
