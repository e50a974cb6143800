/** The story of a wallet as a newcomer runs it: over HTTP, against an engine in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { assetPath } from '../../engine/asset.ts';
import { FILE_TIMEOUT_MS } from '../support/node.ts';

t.setTimeout(FILE_TIMEOUT_MS);

t.test('a lost phone costs nothing, and a stolen token is not enough', async (t) => {
  const child = spawn(process.execPath, [assetPath('dist', 'transport', 'main.js'), 'demo', '--wallet'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const [code] = await once(child, 'close');
  t.equal(code, 0, said);
  t.equal(said.match(/refused: .*(face_required|face_mismatch)/g)?.length, 3);
  t.match(said, 'Both decrypt on the new phone to what the old one had.');
  t.match(said, 'Nothing is left behind.');
});
