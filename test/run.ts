/**
 * `npm test`: lint, then every compiled test (the build before it is the type check). The last line is
 * `N passed, N failed, N skipped`, counted over assertions; failures are repeated above it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
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
const FILE_TIMEOUT_MS = 240_000;
/** What a crashing test file said last. */
const STDERR_KEPT = 4_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function lint(): boolean {
  const command = assetPath('node_modules', '.bin', 'biome');
  const { status } = spawnSync(command, ['check', '.'], { cwd: assetPath(), stdio: 'inherit' });
  return status === 0;
}

function testFiles(filters: readonly string[]): string[] {
  const folder = assetPath('dist', 'test');
  return (
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.js'))
      // What an earlier build left of a test that was moved is no test.
      .filter((name) => existsSync(assetPath('test', name.replace(/\.js$/, '.ts'))))
      .filter((name) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
      .map((name) => join(folder, name))
      .sort()
  );
}

/** Runs one file in a process of its own and reads what it says in the Test Anything Protocol. */
function runFile(file: string): Promise<Outcome> {
  const startedAt = performance.now();
  const name = relative(assetPath('dist'), file);
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
      env: { ...process.env, TAP: '1', TAP_TIMEOUT: String(FILE_TIMEOUT_MS / 1_000) },
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
      const { pass = 0, fail = 0, ok = false } = results ?? {};
      // A process that crashes leaves a plan that does not hold, which counts as a failure but says nothing.
      const broken = (code !== 0 || !ok) && failures.length === 0;
      if (broken) failures.push(`${name} ended with ${signal ?? `code ${code}`}\n${stderr}`);
      const seconds = (performance.now() - startedAt) / 1000;
      resolve({ file: name, passed: pass, failed: fail + (broken ? 1 : 0), skipped, failures, seconds });
    });
  });
}

async function runAll(files: readonly string[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = [...files];
  const worker = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const outcome = await runFile(file);
      outcomes.push(outcome);
      const mark = outcome.failed === 0 ? 'ok  ' : 'FAIL';
      say(`${mark} ${outcome.file} ${outcome.passed} passed in ${outcome.seconds.toFixed(1)} s`);
    }
  };
  // One more than there are cores: a file waits for its database and its timers for a third of its time.
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, worker));
  return outcomes;
}

const linted = lint();
const outcomes = await runAll(testFiles(process.argv.slice(2)));
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
