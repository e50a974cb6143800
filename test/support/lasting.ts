/** What lasts longer than one test file, where several share a process. */
import tap from 'tap';

const ends: (() => unknown)[] = [];
let isShared = false;

/** Does something when this process ends: for what all test files of it use. `tap.teardown` is for one file's. */
export function atProcessEnd(end: () => unknown): void {
  if (isShared) ends.push(end);
  else tap.teardown(end);
}

/** From now on several files are run here, and who runs them says when they are over. @returns what ends the lasting */
export function shareProcess(): () => Promise<void> {
  isShared = true;
  return () => runEnds(ends);
}

/** The latest first, and all of them, also after one that fails. */
export async function runEnds(waiting: (() => unknown)[]): Promise<void> {
  const failures: unknown[] = [];
  for (let end = waiting.pop(); end !== undefined; end = waiting.pop()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
