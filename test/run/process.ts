/** Runs some test files in a process of their own and reads what it says in the Test Anything Protocol. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type FinalResults, Parser, type Result } from 'tap-parser';
import { assetPath } from '../../engine/asset.ts';
import { endsOf, overOf } from './over.ts';
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

/** Groups of processes that run: what a test has started goes with it. */
const running = new Set<number>();

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  running.delete(pid);
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left of it.
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const pid of running) endGroup(pid);
    process.exit(1);
  });
}

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

/** Where some files run, and who hears of them. */
export interface Run {
  /** Paths below `dist/test`, in the order in which they run. */
  readonly files: readonly string[];
  /** A temporary folder, made here and removed with all that was left in it. */
  readonly folder: string;
  /** Each file's outcome, as soon as its tests are over. */
  readonly told: (outcome: Outcome) => void;
  /** What one file may take. */
  readonly timeoutMs: number;
}

export function runFiles({ files, folder, told, timeoutMs }: Run): Promise<void> {
  mkdirSync(folder);
  // As the machine's own folder is: whatever account a server runs under, it may keep something there.
  chmodSync(folder, 0o1777);
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
      detached: true,
    });
    if (child.pid !== undefined) running.add(child.pid);
    const timer = setTimeout(() => endGroup(child.pid), timeoutMs);
    const reader = new Reader(files, (outcome) => {
      timer.refresh();
      told(outcome);
    });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr = (stderr + text.toString()).slice(-STDERR_KEPT);
    });
    child.stdout.pipe(reader.parser as unknown as NodeJS.WritableStream);
    child.on('exit', () => endGroup(child.pid));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      remove(folder);
      reader.end(`the process ended with ${signal ?? `code ${code}`}\n${stderr}`, code === 0);
      resolve();
    });
  });
}

const untold = (file: string): Outcome => ({
  file: `test/${file}`,
  passed: 0,
  failed: 0,
  skipped: 0,
  failures: [],
  seconds: 0,
});

/** Ascribes what a process says to the file it is at. */
class Reader {
  readonly parser: Parser;
  readonly #files: readonly string[];
  readonly #told: (outcome: Outcome) => void;
  /** Of those files that are over. */
  #count = 0;
  #startedAt = performance.now();
  #current: Outcome;
  #results: FinalResults | null = null;
  #failed = false;

  constructor(files: readonly string[], told: (outcome: Outcome) => void) {
    this.#files = files;
    this.#told = told;
    this.#current = this.#next();
    this.parser = new Parser((final: FinalResults) => {
      this.#results = final;
    });
    this.#watch(this.parser);
    this.parser.on('assert', (result: Result) => this.#counted(result));
  }

  /** What is said after the last file is over is the last one's. */
  #next(): Outcome {
    return untold(this.#files[this.#count] ?? this.#files.at(-1) ?? '');
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
    const file = this.#files[this.#count] ?? '';
    if (!ok) this.#current.failed += 1;
    else if (name === overOf(file)) this.#tell();
    else if (name !== endsOf(file)) this.#current.passed += 1;
  }

  #tell(): void {
    const now = performance.now();
    const others = this.#files.filter((file) => this.#current.file !== `test/${file}`);
    // One file may be what another stumbles over.
    if (this.#current.failed > 0 && others.length > 0)
      this.#current.failures.push(`in one process with ${others.join(', ')}`);
    this.#current.seconds = (now - this.#startedAt) / 1000;
    this.#startedAt = now;
    this.#told(this.#current);
    this.#count += 1;
    this.#current = this.#next();
  }

  /** @param how the process ended, in words, and whether that is as it should */
  end(how: string, ended: boolean): void {
    const isOver = this.#count >= this.#files.length;
    const saidMore = this.#current.failures.length > 0;
    // A process that crashes leaves a plan that does not hold, which counts as a failure but says nothing.
    const isSilent = !this.#failed && !(ended && this.#results?.ok === true);
    if (isOver && !saidMore && !isSilent) return;
    this.#current.failed += 1;
    this.#current.failures.push(`${isOver ? '' : 'its tests were not over: '}${how}`);
    this.#tell();
    for (const file of this.#files.slice(this.#count))
      this.#told({ ...untold(file), failed: 1, failures: ['it was not reached'] });
  }
}
