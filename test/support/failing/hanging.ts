import { spawn } from 'node:child_process';
import t from 'tap';

t.test('never ends, and neither does what it started', async () => {
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e9)'], { stdio: 'inherit' });
  await new Promise(() => setInterval(() => {}, 1_000));
});
