import type { Test } from 'tap';

/** What a test needs of the machine; `THENAR_TEST_REQUIRE=redis,postgres` turns its absence into a failure. */
export type Requirement = 'redis' | 'postgres';

/**
 * Says whether the tests that need `what` can run.
 * @param found whether the machine has it.
 * @returns false after skipping; when it is required and missing, the test fails instead.
 */
export function available(t: Test, what: Requirement, found: boolean): boolean {
  if (found) return true;
  const required = (process.env.THENAR_TEST_REQUIRE ?? '').split(',').map((name) => name.trim());
  if (required.includes(what))
    t.fail(`${what} is required by THENAR_TEST_REQUIRE and is not on this machine`);
  else t.pass(`${what} is not on this machine`, { skip: true });
  return false;
}
