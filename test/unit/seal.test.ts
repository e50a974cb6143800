import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { systemRandom } from '../../engine/system.ts';
import { loadMasterKey } from '../../storage/master-key.ts';
import { openSealer } from '../../storage/seal.ts';

const master = systemRandom.bytes(32);
const plain = Buffer.from('a template');

t.test('a sealed value opens only where it was put, unchanged, under its key and purpose', async (t) => {
  const sealer = openSealer(master, 'records', systemRandom);
  const sealed = sealer.seal(plain, 'palm/1');
  t.strictSame(sealer.open(sealed, 'palm/1'), plain);
  t.strictSame(sealer.open(sealer.seal(new Uint8Array(0), ''), ''), Buffer.alloc(0));
  t.notSame(sealed, sealer.seal(plain, 'palm/1'), 'no two sealings are alike');
  t.throws(() => sealer.open(sealed, 'palm/2'), { code: 'internal' });
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] as number) ^ 1;
    t.throws(() => sealer.open(changed, 'palm/1'), { code: 'internal' }, `byte ${at}`);
  }
  for (let length = 0; length < sealed.length; length++) {
    t.throws(
      () => sealer.open(sealed.subarray(0, length), 'palm/1'),
      { code: 'internal' },
      `${length} bytes`,
    );
  }
  t.throws(() => openSealer(master, 'snapshots', systemRandom).open(sealed, 'palm/1'), { code: 'internal' });
  t.throws(() => openSealer(systemRandom.bytes(32), 'records', systemRandom).open(sealed, 'palm/1'), {
    message: /another master key/,
  });
});

t.test('a mark finds an equal value at its place, and only with the key', (t) => {
  const sealer = openSealer(master, 'records', systemRandom);
  const value = Buffer.from('1087654321');
  t.strictSame(sealer.mark(value, 'tenant/1'), sealer.mark(value, 'tenant/1'));
  t.notSame(sealer.mark(value, 'tenant/1'), sealer.mark(value, 'tenant/2'));
  t.notSame(sealer.mark(Buffer.from('ab'), 'c'), sealer.mark(Buffer.from('b'), 'ca'));
  t.notSame(
    sealer.mark(value, 'tenant/1'),
    openSealer(systemRandom.bytes(32), 'records', systemRandom).mark(value, 'tenant/1'),
  );
  t.end();
});

t.test('the master key is made once, private, and refused when it is damaged', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'thenar-master-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'master.key');
  const made = loadMasterKey(folder, null, systemRandom);
  t.equal(made.length, 32);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.strictSame(loadMasterKey(folder, null, systemRandom), made);
  t.strictSame(loadMasterKey(folder, master, systemRandom), master, 'a configured one wins');
  t.notOk(readFileSync(path, 'utf8').includes(Buffer.from(master).toString('base64')));
  writeFileSync(path, 'short');
  t.throws(() => loadMasterKey(folder, null, systemRandom), { code: 'unavailable', message: /damaged/ });
  t.throws(() => loadMasterKey(folder, new Uint8Array(16), systemRandom), { code: 'unavailable' });
  t.throws(() => loadMasterKey(path, null, systemRandom), { code: 'unavailable' }, 'a file for a folder');
});
