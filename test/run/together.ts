/**
 * Runs test files in this process, one after another: `node dist/test/run/together.js FILE…`, paths below `dist/test`.
 * What a file leaves to the end of its tests is done when they are over and before the next file is read; only what
 * `atProcessEnd` is given lasts.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { endsOf, overOf } from './over.ts';
import { FILE_TIMEOUT_MS, pathOf } from './plan.ts';

const ends: (() => unknown)[] = [];

/** The library, which ends what each file leaves when that file is over. */
async function library() {
  const { default: tap } = await import('tap');
  // From here on, where stacks have our own lines in them: the library's maps alone take as long to read as its code.
  process.setSourceMapsEnabled(true);
  // The first call of the library's own would also end everything with the first file.
  tap.teardown = (end: () => unknown) => void ends.push(end);
  return tap;
}

/** Files that bring the library themselves have something to do before: its hook on every promise is not for free. */
const bringsLibrary = (file: string): boolean => readFileSync(pathOf(file), 'utf8').includes("import('tap')");

const load = (file: string): Promise<unknown> => import(pathToFileURL(pathOf(file)).href);

const [first = ''] = process.argv.slice(2);
if (bringsLibrary(first)) {
  process.setSourceMapsEnabled(true);
  // Below it is asked for again, which loads nothing twice, and fails again if it does here.
  await load(first).catch(() => {});
}
const tap = await library();
const { runEnds, shareProcess } = await import('../support/lasting.ts');
const endLasting = shareProcess();

for (const file of process.argv.slice(2)) {
  tap.setTimeout(FILE_TIMEOUT_MS);
  try {
    await load(file);
  } catch (error) {
    tap.fail(`${file} does not load`, { found: inspect(error) });
  }
  // Tests of one level run one after another, so that this one comes when all of the file's are done; what they asserted
  // outside of themselves is said after it.
  await tap.test(endsOf(file), () => runEnds(ends));
  // What nobody waited for has rejected by then.
  await new Promise(setImmediate);
  tap.pass(overOf(file));
}
await endLasting();
