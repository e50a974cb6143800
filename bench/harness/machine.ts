/** What a result was taken on: machine, versions, commit. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { assetPath } from '../../engine/asset.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly platform: string;
}

/** Versions of what was measured and of what stood beside it, by name. */
export type Versions = Readonly<Record<string, string>>;

export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${release()} ${process.arch}`,
  };
}

/** @param packages whose versions matter to the result, beside Node, OpenSSL and the commit */
export function versions(packages: readonly string[]): Versions {
  const found: Record<string, string> = { node: process.versions.node, openssl: process.versions.openssl };
  const commit = currentCommit();
  if (commit !== null) found.commit = commit;
  for (const name of packages) {
    const version = packageVersion(name);
    if (version !== null) found[name] = version;
  }
  return found;
}

function packageVersion(name: string): string | null {
  try {
    const { version } = JSON.parse(readFileSync(assetPath('node_modules', name, 'package.json'), 'utf8'));
    return typeof version === 'string' ? version : null;
  } catch {
    return null; // A baseline that is not installed has no version, and its scenario says that it is missing.
  }
}

function currentCommit(): string | null {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: assetPath(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return (
      git('rev-parse', '--short', 'HEAD').trim() + (git('status', '--porcelain', '-uno') === '' ? '' : '+')
    );
  } catch {
    return null; // A packed copy has no history; the figures stand without it.
  }
}
