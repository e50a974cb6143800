/**
 * Runs test files in this process, one after another: `node dist/test/run/together.js FILE…`, paths below `dist/test`.
 * What a file leaves to the end of its tests is done when they are over and before the next file is read; only what
 * `atProcessEnd` is given lasts.
 */
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import tap from 'tap';
import { runEnds, shareProcess } from '../support/lasting.ts';
import { endsOf, overOf } from './over.ts';
import { FILE_TIMEOUT_MS, pathOf } from './plan.ts';

// From here on, where stacks have our own lines in them: the library's maps alone take as long to read as its code.
process.setSourceMapsEnabled(true);
const endLasting = shareProcess();
const ends: (() => unknown)[] = [];
// The first call of the library's own would also end everything with the first file.
tap.teardown = (end: () => unknown) => void ends.push(end);

for (const file of process.argv.slice(2)) {
  tap.setTimeout(FILE_TIMEOUT_MS);
  try {
    await import(pathToFileURL(pathOf(file)).href);
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
