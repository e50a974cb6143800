import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';

/** What a test needs of the machine; `THENAR_TEST_REQUIRE=redis,postgres` turns its absence into a failure. */
export type Requirement = 'redis' | 'postgres' | 'uws' | 'openssl' | 'chromium' | 'promtool';

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

/** The copy of uWebSockets.js that `THENAR_UWS_PATH` names, or that was installed in that folder; null without one. */
export function uwsFolder(): string | null {
  const named = process.env.THENAR_UWS_PATH;
  if (named === undefined) return null;
  const installed = join(named, 'node_modules', 'uwebsockets');
  return existsSync(installed) ? installed : named;
}
