import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** False where the command line tool is missing; its tests are then skipped. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A scratch folder with the openssl command in it, as a scanner's maker would use it. */
export class Openssl {
  readonly folder = mkdtempSync(join(tmpdir(), 'thenar-pki-'));

  /** Output of `openssl …`, standard error included; throws when it fails. */
  run(...args: readonly string[]): string {
    const result = spawnSync('openssl', args, { cwd: this.folder, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`openssl ${args.join(' ')}: ${result.stderr}`);
    return result.stdout + result.stderr;
  }

  /** As `run`, while this process goes on, for commands that talk to an engine in it. */
  talk(...args: readonly string[]): Promise<string> {
    return new Promise((resolve) => {
      execFile('openssl', args, { cwd: this.folder, encoding: 'utf8' }, (_error, out, err) =>
        resolve(err + out),
      );
    });
  }

  file(name: string, content: string | Uint8Array): string {
    writeFileSync(join(this.folder, name), content);
    return name;
  }

  /** A fresh key and a CSR of it, by the arguments after `openssl req`. */
  csr(...args: readonly string[]): string {
    return execFileSync(
      'openssl',
      ['req', '-new', '-nodes', '-keyout', 'device.key', '-subj', '/CN=ignored', ...args],
      { cwd: this.folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}

export const EC = ['-newkey', 'ec', '-pkeyopt'] as const;

/** Deterministic bytes and fractions (mulberry32), so that a failing fuzz case can be run again. */
export function seeded(seed: number): { next(below: number): number; bytes(length: number): Uint8Array } {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const next = (below: number): number => Math.floor(fraction() * below);
  return { next, bytes: (length) => Uint8Array.from({ length }, () => next(256)) };
}
