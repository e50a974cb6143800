import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { PLATFORM_TENANT } from '../../engine/ports.ts';
import { systemRandom } from '../../engine/system.ts';
import { keepMasterKey, loadMasterKeys, nextMasterKey } from '../../storage/master-key.ts';
import { openSealers } from '../../storage/seal.ts';
import { extendedKey, openExtended, sealExtended } from '../../storage/xaes.ts';
import { fixedKeys, otherKeys } from '../support/keys.ts';

const master = systemRandom.bytes(32);
const plain = Buffer.from('a template');

t.test('XAES-256-GCM seals the vectors of its specification', async (t) => {
  const nonce = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX');
  const text = Buffer.from('XAES-256-GCM');
  const vectors = [
    { byte: 1, additional: '', sealed: 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271' },
    {
      byte: 3,
      additional: 'c2sp.org/XAES-256-GCM',
      sealed: '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d',
    },
  ];
  for (const { byte, additional, sealed } of vectors) {
    const key = extendedKey(Buffer.alloc(32, byte));
    const made = Buffer.concat(sealExtended(key, nonce, text, Buffer.from(additional)));
    t.equal(made.toString('hex'), sealed);
    t.strictSame(openExtended(key, nonce, made, Buffer.from(additional)), text);
  }
});

t.test('a sealed value opens only where it was put, unchanged, under its key and purpose', async (t) => {
  const sealers = openSealers(fixedKeys, 'records', systemRandom);
  const sealer = sealers.of('tenant-1');
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
  const elsewhere = {
    purpose: openSealers(fixedKeys, 'snapshots', systemRandom).of('tenant-1'),
    tenant: sealers.of('tenant-2'),
    platform: sealers,
    deployment: openSealers(otherKeys, 'records', systemRandom).of('tenant-1'),
  };
  for (const [what, other] of Object.entries(elsewhere)) {
    t.throws(() => other.open(sealed, 'palm/1'), { message: /another key/ }, `of another ${what}`);
  }
  t.strictSame(sealers.of(PLATFORM_TENANT).open(sealers.seal(plain, 'x'), 'x'), plain);
  const destroyed = openSealers({ ...fixedKeys, known: () => null }, 'records', systemRandom);
  t.throws(() => destroyed.of('tenant-1').open(sealed, 'palm/1'), { message: /destroyed/ });
});

t.test('a mark finds an equal value at its place, and only with the key', async (t) => {
  const sealers = openSealers(fixedKeys, 'records', systemRandom);
  const sealer = sealers.of('tenant-1');
  const value = Buffer.from('1087654321');
  t.strictSame(sealer.mark(value, 'place/1'), sealer.mark(value, 'place/1'));
  t.notSame(sealer.mark(value, 'place/1'), sealer.mark(value, 'place/2'));
  t.notSame(sealer.mark(Buffer.from('ab'), 'c'), sealer.mark(Buffer.from('b'), 'ca'));
  t.notSame(sealer.mark(value, 'place/1'), sealers.of('tenant-2').mark(value, 'place/1'));
  const other = openSealers(otherKeys, 'records', systemRandom).of('tenant-1');
  t.notSame(sealer.mark(value, 'place/1'), other.mark(value, 'place/1'));
});

t.test('the master key is made once, private, and refused when it is damaged', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'thenar-master-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'master.key');
  const [made] = loadMasterKeys(folder, null, systemRandom);
  t.equal(made.length, 32);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.strictSame(loadMasterKeys(folder, null, systemRandom), [made]);
  t.strictSame(loadMasterKeys(folder, master, systemRandom), [master], 'a configured one wins');
  const next = nextMasterKey(folder, systemRandom);
  t.strictSame(nextMasterKey(folder, systemRandom), next, 'the next one is made once, too');
  t.strictSame(loadMasterKeys(folder, null, systemRandom), [made, next], 'until it took the place');
  keepMasterKey(folder, false);
  t.strictSame(loadMasterKeys(folder, null, systemRandom), [next]);
  keepMasterKey(folder, true);
  t.notOk(existsSync(path), 'a key that is kept elsewhere leaves none here');
  writeFileSync(path, 'short');
  t.throws(() => loadMasterKeys(folder, null, systemRandom), { code: 'unavailable', message: /damaged/ });
  t.throws(() => loadMasterKeys(folder, new Uint8Array(16), systemRandom), { code: 'unavailable' });
  t.throws(() => loadMasterKeys(path, null, systemRandom), { code: 'unavailable' }, 'a file for a folder');
});
