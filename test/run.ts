/**
 * `npm test`: lint, then every compiled test (the build before it is the type check). The last line is
 * `N passed, N failed, N skipped`, counted over assertions; failures are repeated above it.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { assetPath } from '../engine/asset.ts';
import { FILE_TIMEOUT_MS, plan } from './run/plan.ts';
import { type Outcome, runFiles, temporaryHome } from './run/process.ts';

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

async function runAll(processes: readonly (readonly string[])[]): Promise<Outcome[]> {
  const home = temporaryHome();
  const outcomes: Outcome[] = [];
  const told = (outcome: Outcome): void => {
    outcomes.push(outcome);
    const mark = outcome.failed === 0 ? 'ok  ' : 'FAIL';
    say(`${mark} ${outcome.file} ${outcome.passed} passed in ${outcome.seconds.toFixed(1)} s`);
  };
  const queue = processes.map((files, index) => ({ files, folder: join(home, String(index)) }));
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await runFiles({ ...next, told, timeoutMs: FILE_TIMEOUT_MS });
    }
  };
  // One more than there are cores: a file waits for its database and its timers for a third of its time.
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, worker));
  return outcomes;
}

const [linted, outcomes] = await Promise.all([lint(), runAll(plan(process.argv.slice(2)))]);
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
