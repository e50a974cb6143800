/**
 * `npm test`: lint, then every compiled test (the build before it is the type check). The last line is
 * `N passed, N failed, N skipped`, counted over assertions; failures are repeated above it.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type FinalResults, Parser, type Result } from 'tap-parser';
import { assetPath } from '../engine/asset.ts';

interface Outcome {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly string[];
  readonly seconds: number;
}

/** A test file that takes longer is stuck. */
const FILE_TIMEOUT_MS = 420_000;
/** What a crashing test file said last. */
const STDERR_KEPT = 4_000;

/**
 * Started first, so that none of those that take longest is left alone in the end, when the other cores have nothing to
 * do. What is not here goes by its name.
 */
const LONGEST = [
  'contract/chaos',
  'console/browser',
  'console/inspector',
  'simulation/actors',
  'contract/engine-ca-killed',
  'contract/engine-palm-migration-kill',
  'contract/wallet-killed',
  'contract/engine-faults',
  'contract/embedded',
] as const;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Beside the tests: it takes a core for a few seconds. */
function lint(): Promise<boolean> {
  const command = assetPath('node_modules', '.bin', 'biome');
  const child = spawn(command, ['check', '.'], { cwd: assetPath(), stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      said += text.toString();
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      say(said.trimEnd());
      resolve(code === 0);
    });
  });
}

function testFiles(filters: readonly string[]): string[] {
  const folder = assetPath('dist', 'test');
  return (
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.js'))
      // What an earlier build left of a test that was moved is no test.
      .filter((name) => existsSync(assetPath('test', name.replace(/\.js$/, '.ts'))))
      .filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
      .sort((a, b) => place(a) - place(b) || (a < b ? -1 : 1))
      .map((name) => join(folder, name))
  );
}

/** How early a file starts. */
function place(name: string): number {
  const found = LONGEST.findIndex((long) => name === `${long}.test.js`);
  return found === -1 ? LONGEST.length : found;
}

/** Where every file has a folder of its own for what it keeps for a while; tests that are killed leave some. */
function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'thenar-t-'));
  // PostgreSQL runs under another account, and passes through it to its files.
  chmodSync(home, 0o711);
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

/** Runs one file in a process of its own and reads what it says in the Test Anything Protocol. */
function runFile(file: string, folder: string): Promise<Outcome> {
  const startedAt = performance.now();
  const name = relative(assetPath('dist'), file);
  mkdirSync(folder);
  // As the machine's own folder is: whatever account a server runs under, it may keep something there.
  chmodSync(folder, 0o1777);
  return new Promise((resolve) => {
    const failures: string[] = [];
    let skipped = 0;
    let results: FinalResults | null = null;
    const parser = new Parser((final: FinalResults) => {
      results = final;
    });
    const watch = (level: Parser): void => {
      level.on('child', watch);
      level.on('assert', (result: Result) => {
        if (result.skip !== false || result.todo !== false) skipped += 1;
        else if (!result.ok)
          failures.push(`${result.fullname} ${JSON.stringify(result.diag ?? {}, null, 2)}`);
      });
    };
    watch(parser);
    const child = spawn(process.execPath, ['--enable-source-maps', file], {
      cwd: assetPath(),
      // A test that waits for something slow on a busy machine is not stuck; the file's own time says when it is.
      env: {
        ...process.env,
        TAP: '1',
        TAP_TIMEOUT: String(FILE_TIMEOUT_MS / 1_000),
        TMPDIR: folder,
        THENAR_TEST_SHARED: process.env.THENAR_TEST_SHARED ?? tmpdir(),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), FILE_TIMEOUT_MS);
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => {
      stderr = (stderr + text.toString()).slice(-STDERR_KEPT);
    });
    child.stdout.pipe(parser as unknown as NodeJS.WritableStream);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      remove(folder);
      const { pass = 0, fail = 0, ok = false } = results ?? {};
      // A process that crashes leaves a plan that does not hold, which counts as a failure but says nothing.
      const broken = (code !== 0 || !ok) && failures.length === 0;
      if (broken) failures.push(`${name} ended with ${signal ?? `code ${code}`}\n${stderr}`);
      const seconds = (performance.now() - startedAt) / 1000;
      resolve({ file: name, passed: pass, failed: fail + (broken ? 1 : 0), skipped, failures, seconds });
    });
  });
}

async function runAll(files: readonly string[], home: string): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = files.map((file, index) => ({ file, folder: join(home, String(index)) }));
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const outcome = await runFile(next.file, next.folder);
      outcomes.push(outcome);
      const mark = outcome.failed === 0 ? 'ok  ' : 'FAIL';
      say(`${mark} ${outcome.file} ${outcome.passed} passed in ${outcome.seconds.toFixed(1)} s`);
    }
  };
  // One more than there are cores: a file waits for its database and its timers for a third of its time.
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, worker));
  return outcomes;
}

const home = temporaryHome();
process.once('exit', () => remove(home));
const [linted, outcomes] = await Promise.all([lint(), runAll(testFiles(process.argv.slice(2)), home)]);
for (const { file, failures } of outcomes) {
  for (const failure of failures) say(`\n--- ${file}\n${failure}`);
}
if (!linted) say('\n--- lint failed; see above');
const sum = (pick: (outcome: Outcome) => number): number =>
  outcomes.reduce((total, each) => total + pick(each), 0);
const failed = sum((outcome) => outcome.failed) + (linted ? 0 : 1);
say(
  `\n${sum((outcome) => outcome.passed)} passed, ${failed} failed, ${sum((outcome) => outcome.skipped)} skipped`,
);
process.exitCode = failed === 0 && outcomes.length > 0 ? 0 : 1;
