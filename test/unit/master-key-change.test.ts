import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { limits } from '../../engine/limits.ts';
import { crc32 } from '../../engine/palm/crc32.ts';
import { systemRandom } from '../../engine/system.ts';
import { type KeyFile, masterWrapping, openSubjectKeys } from '../../storage/keys/file.ts';
import { SLOT_BYTES, slotState, slotWrapper } from '../../storage/keys/slot.ts';
import { temporaryFolder } from '../support/store.ts';

const before = Buffer.alloc(32, 7);
const after = Buffer.alloc(32, 8);
const folder = temporaryFolder('master-key');
let files = 0;
const newPath = (): string => join(folder, `${files++}.keys`);
const openAt = (path: string, key = before) => openSubjectKeys(path, key, systemRandom);
const hex = (key: Uint8Array | null): string => (key === null ? 'none' : Buffer.from(key).toString('hex'));

const TENANTS = 2 * limits.key_change_batch + 40;
const tenantName = (n: number): string => `tenant-${n}`;

/** Every tenant's key and one subject's of some, as text. */
function keysOf(keys: KeyFile): string[] {
  return Array.from({ length: TENANTS }, (_, n) => {
    const known = keys.known(tenantName(n));
    return `${hex(known)} ${n % 50 === 0 ? hex(keys.find(`subject-${n}`)) : ''}`;
  });
}

async function filled(path: string): Promise<string[]> {
  const keys = await openAt(path);
  for (let n = 0; n < TENANTS; n++) keys.tenant(tenantName(n));
  await keys.settled();
  for (let n = 0; n < TENANTS; n += 50) await keys.ensure(`subject-${n}`, tenantName(n));
  const all = keysOf(keys);
  await keys.close();
  return all;
}

/** How many keys of the file stand under a master key. */
function under(path: string, master: Uint8Array): number {
  const file = readFileSync(path);
  const { id } = masterWrapping(master);
  let found = 0;
  for (let at = SLOT_BYTES; at + SLOT_BYTES <= file.length; at += SLOT_BYTES) {
    if (slotState(file, at) === 'used' && slotWrapper(file, at) === id) found += 1;
  }
  return found;
}

t.test('keys of subjects stand under their tenant, keys of tenants under the master key', async (t) => {
  const path = newPath();
  const keys = await openAt(path);
  const one = await keys.ensure('one', 'tenant-1');
  const other = await keys.ensure('other', 'tenant-2');
  const tenant = keys.tenant('tenant-1');
  t.equal(under(path, before), 3, 'two tenants and the file itself, no subject');
  const stored = readFileSync(path);
  for (const secret of [one, other, tenant, before]) t.notOk(stored.includes(Buffer.from(secret)));
  t.notOk(/tenant-1|one/.test(stored.toString('latin1')), 'and it names nobody');
  await keys.ensure('another', 'tenant-1');
  await keys.destroyTenant('tenant-1');
  t.same([hex(keys.find('one')), hex(keys.find('another')), keys.known('tenant-1')], ['none', 'none', null]);
  t.strictSame(keys.find('other'), other, 'another tenant is unharmed');
  await keys.close();
  const reopened = await openAt(path);
  t.same([hex(reopened.find('one')), reopened.known('tenant-1')], ['none', null]);
  t.strictSame(reopened.find('other'), other);
  t.notSame(reopened.tenant('tenant-1'), tenant, 'made anew it is another key');
  await reopened.close();
});

t.test('a slot that is copied over another opens as nobody else', async (t) => {
  const path = newPath();
  const keys = await openAt(path);
  await keys.ensure('one', 'tenant-1');
  await keys.ensure('other', 'tenant-1');
  await keys.close();
  const file = readFileSync(path);
  // After the header: the file's key, the tenant's, one's, and the other's.
  const [from, to] = [3 * SLOT_BYTES, 4 * SLOT_BYTES];
  const who = Buffer.from(file.subarray(to, to + 16));
  file.copy(file, to, from, from + SLOT_BYTES);
  who.copy(file, to);
  file.writeUInt32BE(crc32(file.subarray(to, to + SLOT_BYTES - 4)), to + SLOT_BYTES - 4);
  writeFileSync(path, file);
  const opened = await openAt(path);
  t.throws(() => opened.find('other'));
  t.not(opened.find('one'), null);
  await opened.close();
});

t.test('a new master key opens everything, the old one nothing any more', async (t) => {
  const path = newPath();
  const all = await filled(path);
  const keys = await openAt(path);
  const told: string[] = [];
  let made: Uint8Array | null = null;
  await keys.changeMasterKey(after, ({ step, done, total }) => {
    told.push(`${step} ${done}/${total}`);
    // The engine may run on meanwhile.
    made ??= keys.tenant('made meanwhile');
  });
  t.strictSame(keysOf(keys), all, 'nothing changed for whoever had it open');
  await keys.ensure('later', 'tenant-later');
  await keys.close();
  t.equal(told[0], `copying 0/${TENANTS + 1}`);
  t.equal(told.at(-1), `wiping ${TENANTS + 2}/${TENANTS + 2}`);
  t.ok(told.includes(`copying ${limits.key_change_batch}/${TENANTS + 2}`), 'a batch at a time');
  t.equal(under(path, before), 0);
  await t.rejects(openAt(path), { code: 'unavailable', message: /another master key/ });
  const reopened = await openAt(path, after);
  t.strictSame(keysOf(reopened), all);
  t.strictSame(reopened.known('made meanwhile'), made);
  t.not(reopened.find('later'), null);
  await reopened.changeMasterKey(after);
  await reopened.close();
});

t.test('SIGKILL in the middle leaves a key that opens the file, and asking again finishes', async (t) => {
  const program = `
    import { readSync } from 'node:fs';
    import { openSubjectKeys } from ${JSON.stringify(new URL('../../storage/keys/file.js', import.meta.url).href)};
    import { systemRandom } from ${JSON.stringify(new URL('../../engine/system.js', import.meta.url).href)};
    const keys = await openSubjectKeys(process.argv[1], Buffer.alloc(32, 7), systemRandom);
    await keys.changeMasterKey(Buffer.alloc(32, 8), ({ step, done }) => {
      process.stdout.write(step + ' ' + done + '\\n');
      readSync(0, Buffer.alloc(1));
    });`;
  for (const killedAt of ['copying', 'wiping'] as const) {
    for (let batches = 1; batches <= 2; batches++) {
      const path = newPath();
      const all = await filled(path);
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, path], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      for await (const line of createInterface({ input: child.stdout })) {
        const [step, done] = line.split(' ');
        if (step === killedAt && Number(done) === batches * limits.key_change_batch) child.kill('SIGKILL');
        else child.stdin.write('.');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      t.equal(child.signalCode, 'SIGKILL');
      const [opens, refused] = killedAt === 'copying' ? [before, after] : [after, before];
      await t.rejects(openAt(path, refused), {
        message: killedAt === 'copying' ? /not finished/ : /another master key/,
      });
      const keys = await openAt(path, opens);
      t.strictSame(keysOf(keys), all, `killed while ${killedAt}, all keys are there`);
      await keys.changeMasterKey(after);
      await keys.close();
      t.equal(under(path, before), 0, 'nothing is left under the old one');
      const again = await openAt(path, after);
      t.strictSame(keysOf(again), all);
      await again.close();
    }
  }
});

t.test('a change that was given up for a third key leaves no copies', async (t) => {
  const path = newPath();
  const all = await filled(path);
  const third = Buffer.alloc(32, 9);
  const keys = await openAt(path);
  const givenUp = new Error('given up');
  await t.rejects(
    keys.changeMasterKey(third, ({ done }) => {
      if (done > 0) throw givenUp;
    }),
    givenUp,
  );
  t.ok(under(path, third) > 0);
  await keys.changeMasterKey(after);
  await keys.close();
  t.same([under(path, third), under(path, before)], [0, 0]);
  const reopened = await openAt(path, after);
  t.strictSame(keysOf(reopened), all);
  await reopened.close();
});
