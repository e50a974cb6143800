/** Runs some test files in a process of their own and reads what it says in the Test Anything Protocol. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type FinalResults, Parser, type Result } from 'tap-parser';
import { assetPath } from '../../engine/asset.ts';
import { overOf } from './over.ts';
import { FILE_TIMEOUT_MS, pathOf } from './plan.ts';

export interface Outcome {
  readonly file: string;
  passed: number;
  failed: number;
  skipped: number;
  readonly failures: string[];
  seconds: number;
}

/** What a crashing test process said last, in characters. */
const STDERR_KEPT = 4_000;

/** Where every process has a folder of its own for what it keeps for a while; tests that are killed leave some. */
export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'thenar-t-'));
  // PostgreSQL runs under another account, and passes through it to its files.
  chmodSync(home, 0o711);
  process.once('exit', () => remove(home));
  return home;
}

/** Removes a folder, also while a server that was killed is still writing its last files there. */
function remove(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
  } catch {
    // The whole home goes when all files have ended.
  }
}

/**
 * @param folder its temporary folder, made here and removed with all that was left in it
 * @param told each file's outcome, when its tests are over
 */
export function runFiles(
  files: readonly string[],
  folder: string,
  told: (outcome: Outcome) => void,
): Promise<void> {
  mkdirSync(folder);
  // As the machine's own folder is: whatever account a server runs under, it may keep something there.
  chmodSync(folder, 0o1777);
  const reader = new Reader(files, told);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [pathOf(join('run', 'together.js')), ...files], {
      cwd: assetPath(),
      env: {
        ...process.env,
        TAP: '1',
        // A test that waits for something slow on a busy machine is not stuck; the file's own time says when it is.
        TAP_TIMEOUT: String(FILE_TIMEOUT_MS / 1_000),
        TMPDIR: folder,
        THENAR_TEST_SHARED: process.env.THENAR_TEST_SHARED ?? tmpdir(),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), FILE_TIMEOUT_MS * files.length);
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr = (stderr + text.toString()).slice(-STDERR_KEPT);
    });
    child.stdout.pipe(reader.parser as unknown as NodeJS.WritableStream);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      remove(folder);
      reader.end(code === 0 ? null : `ended with ${signal ?? `code ${code}`}\n${stderr}`);
      resolve();
    });
  });
}

/** Ascribes what a process says to the file it is at. */
class Reader {
  readonly parser: Parser;
  readonly #waiting: string[];
  readonly #told: (outcome: Outcome) => void;
  #startedAt = performance.now();
  #current: Outcome;
  #results: FinalResults | null = null;
  #failed = false;

  constructor(files: readonly string[], told: (outcome: Outcome) => void) {
    this.#waiting = [...files];
    this.#told = told;
    this.#current = this.#next();
    this.parser = new Parser((final: FinalResults) => {
      this.#results = final;
    });
    this.#watch(this.parser);
    this.parser.on('assert', (result: Result) => this.#counted(result));
  }

  #next(): Outcome {
    const file = this.#waiting.shift() ?? '';
    return { file: `test/${file}`, passed: 0, failed: 0, skipped: 0, failures: [], seconds: 0 };
  }

  /** Failures and skips, however deep. */
  #watch(level: Parser): void {
    level.on('child', (child: Parser) => this.#watch(child));
    level.on('assert', (result: Result) => {
      if (result.skip !== false || result.todo !== false) this.#current.skipped += 1;
      else if (!result.ok) {
        this.#failed = true;
        this.#current.failures.push(`${result.fullname} ${JSON.stringify(result.diag ?? {}, null, 2)}`);
      }
    });
  }

  #counted({ ok, name }: Result): void {
    const over = `test/${name}` === overOf(this.#current.file);
    if (!ok) this.#current.failed += 1;
    else if (!over) this.#current.passed += 1;
    if (over) this.#tell();
  }

  #tell(): void {
    const now = performance.now();
    this.#current.seconds = (now - this.#startedAt) / 1000;
    this.#startedAt = now;
    this.#told(this.#current);
    this.#current = this.#next();
  }

  /** @param broken how the process ended, where not as it should */
  end(broken: string | null): void {
    const unseen = this.#current.file !== 'test/' || this.#current.failures.length > 0;
    // A process that crashes leaves a plan that does not hold, which counts as a failure but says nothing.
    const silent = !this.#failed && (broken !== null || this.#results?.ok !== true);
    if (!unseen && !silent) return;
    this.#current.failed += 1;
    this.#current.failures.push(broken ?? 'the process ended before the tests of this file were over');
    this.#tell();
    for (const file of this.#waiting) {
      this.#told({
        file: `test/${file}`,
        passed: 0,
        failed: 1,
        skipped: 0,
        failures: ['it was not reached'],
        seconds: 0,
      });
    }
  }
}
